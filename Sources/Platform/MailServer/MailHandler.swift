/// Decides about the mail that a ``MailServer`` is offered.
///
/// Called on the connection's loop; must neither block it nor wait without end, for the client waits meanwhile.
package protocol MailHandler: Sendable {
    /// Whether mail to `address` is taken.
    ///
    /// - Parameters:
    ///   - address: As the client wrote it, without angle brackets; its domain may be missing (`postmaster`).
    ///   - sender: Empty for mail that must not be answered.
    func recipient(_ address: String, sender: String) async -> MailReply

    /// Begins to take a mail, whose bytes follow.
    func begin(_ envelope: MailEnvelope) -> any MailIntake
}

/// Takes one mail as it comes, a piece at a time and one call after the other.
package protocol MailIntake: Sendable {
    /// Keeps the next bytes.
    ///
    /// - Returns: A refusal when they cannot be kept: what follows is passed over, and the client is told at the end.
    func take(_ bytes: [UInt8]) async -> MailReply?

    /// Takes responsibility for the mail, or refuses it.
    ///
    /// - Returns: One answer for each of the mail's recipients, in their order. LMTP hands on each; SMTP can give only
    ///   one and gives the worst.
    func finish() async -> [MailReply]

    /// Forgets the mail: the connection broke, or the mail was refused.
    func cancel()
}

/// Who sends a mail, and to whom.
package struct MailEnvelope: Sendable, Equatable {
    /// Empty for the null sender.
    package let sender: String
    /// Those that the handler accepted; at least one.
    package let recipients: [String]
    package let remoteAddress: String
    /// The name that the client gave for itself; nobody has checked it.
    package let helloName: String

    package init(sender: String, recipients: [String], remoteAddress: String, helloName: String) {
        self.sender = sender
        self.recipients = recipients
        self.remoteAddress = remoteAddress
        self.helloName = helloName
    }
}

/// An answer of SMTP with its enhanced status code (RFC 3463): `550 5.1.1 no such mailbox`.
package struct MailReply: Sendable, Equatable {
    package let code: Int
    package let enhanced: String
    package let text: String

    /// - Parameters:
    ///   - code: From 200 to 599.
    ///   - enhanced: Its class has to be that of `code`: a client believes the one or the other.
    ///   - text: One line; control characters become spaces.
    package init(_ code: Int, _ enhanced: String, _ text: String) {
        precondition((200..<600).contains(code), "\(code) is no reply code")
        precondition(enhanced.hasPrefix("\(code / 100)."), "\(code) and \(enhanced) disagree")
        self.code = code
        self.enhanced = enhanced
        self.text = String(text.prefix(400).map { $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
    }

    /// 2yz.
    package var isPositive: Bool { code < 300 }

    var line: String { "\(code) \(enhanced) \(text)\r\n" }
}
