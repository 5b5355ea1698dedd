import BridgeKit
import HTTPClient
import Settings

/// The relay that a kind sends its mail through, as its file says.
enum MailRelay {
    static let addressRule = "expected an address such as name@example.org"

    /// The keys of a relay, and who sends.
    ///
    /// - Parameter sender: What is said of `from`.
    static func spec(sender: String, isSenderRequired: Bool = false) -> SettingsSpec {
        SettingsSpec {
            SettingKey(
                "host", .string, "The relay.", example: "mail.example.org", required: true,
                validation: {
                    TargetRules.isHost($0.string ?? "") ? nil : "expected a host such as mail.example.org, without port"
                })
            SettingKey("port", .integer(1...65_535), "Its port.", default: 587)
            SettingKey(
                "security", .enumeration(["none", "starttls", "starttls_required", "tls"]),
                "How the connection is protected; starttls takes what the relay offers.", default: "starttls_required")
            SettingKey("user", .string, "For authentication.", example: "chat")
            SettingKey("password", .string, "For authentication.", secret: true)
            SettingKey(
                "from", .string, sender, example: "chat@example.org", required: isSenderRequired,
                validation: { EmailBridge.isAddress($0.string ?? "") ? nil : addressRule })
        }
    }

    /// What is wrong with the keys beside one another.
    static func problems(in relay: Settings) -> [SettingsProblem] {
        let (user, password) = (relay.optionalString("user"), relay.optionalString("password"))
        if user != nil, password == nil {
            return [relay.problem(at: "user", "expected a password too; nobody logs in with a name alone")]
        }
        if user == nil, password != nil {
            return [relay.problem(at: "password", "not used without `user`").asWarning]
        }
        return []
    }

    static func server(_ relay: Settings, helloName: String) -> SMTPDelivery.Server {
        let security: SMTPDelivery.Security =
            switch relay.string("security") {
            case "none": .none
            case "starttls": .startTLSOpportunistic
            case "tls": .tls
            default: .startTLSRequired
            }
        return SMTPDelivery.Server(
            host: relay.string("host"), port: UInt16(clamping: relay.integer("port")), security: security,
            user: relay.optionalString("user"), password: relay.optionalString("password"), helloName: helloName)
    }

    /// What a failure to hand a mail over means.
    static func failure(_ error: HTTPClientError) -> BridgeError {
        switch error.code {
        case .smtp: error.isRetriable ? .retry(reason: error.description) : .giveUp(reason: error.description)
        case .connection, .tls: .targetDown(reason: "the relay cannot be reached: \(error)")
        case .timeout: .targetSilent(reason: "the relay does not answer: \(error)")
        case .invalidAddress: .giveUp(reason: error.description)
        default: .retry(reason: error.description)
        }
    }
}
