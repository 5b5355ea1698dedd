extension MailMessage {
    /// Whether a program wrote the mail, so that no program should answer it (RFC 3834, section 2).
    ///
    /// The null reverse path says the same, and is part of the envelope.
    package var isAutomatic: Bool {
        if report != nil { return true }
        for (name, value) in headers {
            let value = value.lowercased().filter { !$0.isWhitespace }
            switch name.lowercased() {
            case "auto-submitted": if value.prefix(while: { $0 != ";" }) != "no" { return true }
            case "precedence": if ["bulk", "junk", "list", "auto_reply", "autoreply"].contains(value) { return true }
            case "x-auto-response-suppress": if value != "none", !value.isEmpty { return true }
            case "return-path": if value == "<>" { return true }
            case "x-failed-recipients", "x-vacation": return true
            case let name where name.hasPrefix("x-auto") && name != "x-auto-response-suppress":
                if value != "no", value != "false" { return true }
            case let name where name.hasPrefix("list-"): return true
            default: break
            }
        }
        return from.contains { Self.isRobot($0.address) }
    }

    /// An address that says that nobody reads what is sent to it.
    private static func isRobot(_ address: String) -> Bool {
        let localPart = address.lowercased().prefix { $0 != "@" && $0 != "+" }
        let word = localPart.filter { $0.isLetter }
        return ["mailerdaemon", "postmaster", "donotreply", "donotrespond", "noresponse", "autoreply", "autoresponder"]
            .contains(word) || word.hasPrefix("noreply") || word.hasSuffix("noreply")
            || ["bounce", "bounces", "mdaemon"].contains(word)
    }
}
