import Crypto
import Settings

/// The files that `tls:` names, looked at before anything is started.
struct ServerTLS {
    /// With the places in the configuration; empty when the server can use the files, or is to use none.
    private(set) var problems: [SettingsProblem] = []
    /// What keeps clients from trusting a certificate that can be used; nil when nothing does.
    private(set) var trouble: String?
    /// When the certificate ends, in seconds since 1970.
    private(set) var notAfter: Int64?

    /// - Parameter now: Seconds since 1970.
    init(_ settings: Settings, now: Int64) {
        guard let certificate = settings.optionalString("tls.certificate") else {
            if settings.optionalString("tls.key") != nil {
                problems = [
                    settings.problem(
                        at: "tls.key",
                        "a key without a certificate serves nothing; expected tls.certificate too, or neither")
                ]
            }
            return
        }
        let files = TLSFiles(certificate: certificate, key: settings.optionalString("tls.key") ?? certificate)
        problems = files.problems.map { problem in
            let isGiven = problem.file == .key && settings.isGiven("tls.key")
            return settings.problem(at: isGiven ? "tls.key" : "tls.certificate", problem.message)
        }
        notAfter = files.notAfter
        if let end = files.notAfter, end <= now {
            trouble = "the certificate \(certificate) has ended on \(MachineCheck.date(end)): clients refuse it"
        } else if let begin = files.notBefore, begin > now {
            trouble =
                "the certificate \(certificate) begins on \(MachineCheck.date(begin)): clients refuse it until then"
        }
    }
}
