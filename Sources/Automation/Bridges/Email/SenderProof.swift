import MIME

/// What is known of whether a mail comes from whom it names.
enum SenderProof: String, Sendable {
    /// The mail server in front has checked it, and it holds.
    case proven
    /// It has checked it, and it does not hold.
    case failed
    /// Nobody whom we trust has said anything.
    case unproven

    private static let maximumResults = 100

    /// Reads the topmost `Authentication-Results` of the one server that is believed (RFC 8601): any other may have been
    /// written by the sender.
    ///
    /// - Parameter server: Its name for itself; nil when none is believed.
    init(_ mail: MailMessage, server: String?) {
        self = .unproven
        guard let server = server?.lowercased(), let from = mail.from.first, mail.from.count == 1,
            let domain = from.address.lowercased().split(separator: "@").last.map(String.init)
        else { return }
        let results = mail.headers.lazy.filter { $0.name.lowercased() == "authentication-results" }
            .map { Self.withoutComments($0.value.lowercased()).split(separator: ";").map { $0.split(separator: " ") } }
            .first { $0.first?.first.map(String.init) == server }
        guard let results else { return }
        var isAligned = false
        for result in results.dropFirst().prefix(Self.maximumResults) {
            guard let method = result.first?.split(separator: "="), method.count == 2 else { continue }
            let name = method[0].prefix { $0 != "/" }
            if name == "dmarc" {
                self = method[1] == "pass" ? .proven : method[1] == "fail" ? .failed : .unproven
                if self != .unproven { return }
            }
            guard method[1] == "pass" else { continue }
            for property in result.dropFirst() {
                let parts = property.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { continue }
                let key: Substring = parts[0]
                let value = parts[1].split(separator: "@").last.map { $0.filter { $0 != "\"" } } ?? ""
                let isSender =
                    name == "dkim" && (key == "header.d" || key == "header.i")
                    || name == "spf" && key == "smtp.mailfrom"
                if isSender, value == domain || domain.hasSuffix(".\(value)") && value.contains(".") {
                    isAligned = true
                }
            }
        }
        if isAligned { self = .proven }
    }

    private static func withoutComments(_ text: String) -> String {
        var depth = 0
        var result = ""
        for character in text {
            if character == "(" {
                depth += 1
            } else if character == ")" {
                depth = max(0, depth - 1)
            } else if depth == 0 {
                result.append(character)
            }
        }
        return result
    }
}
