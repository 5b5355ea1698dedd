/// The rules of one SMTP or LMTP connection, without its input and output.
///
/// Each event returns what to do, in order. After `checkRecipient` and `deliver` nothing is to be fed until the answer
/// is in.
///
/// See RFC 5321, RFC 2033, RFC 1870 (SIZE), RFC 2034 (ENHANCEDSTATUSCODES), RFC 2920 (PIPELINING), RFC 6152 (8BITMIME)
/// and RFC 6531 (SMTPUTF8).
struct SMTPSession {
    enum Action: Equatable {
        case write(String)
        case checkRecipient(String, sender: String)
        case readMessage(MailEnvelope)
        /// The message has come whole.
        case deliver
        case close
    }

    static let maximumCommandBytes = 2048

    private let configuration: MailServerConfiguration
    private let remoteAddress: String
    private var helloName: String?
    private var sender: String?
    private var recipients: [String] = []
    private var pendingRecipient: String?
    private var usesUTF8 = false
    private var errorCount = 0

    init(_ configuration: MailServerConfiguration, remoteAddress: String) {
        self.configuration = configuration
        self.remoteAddress = remoteAddress
    }

    private var isLMTP: Bool { configuration.transferProtocol == .lmtp }

    func greeting() -> [Action] {
        [.write("220 \(configuration.hostName) \(isLMTP ? "LMTP" : "ESMTP") ready\r\n")]
    }

    /// A command, without its line end.
    mutating func command(_ line: String) -> [Action] {
        let verb = line.prefix { $0 != " " }.uppercased()
        let argument = line.dropFirst(verb.count).drop { $0 == " " }
        switch verb {
        case "EHLO": return isLMTP ? wrongHello("LHLO") : hello(argument, isExtended: true)
        case "HELO": return isLMTP ? wrongHello("LHLO") : hello(argument, isExtended: false)
        case "LHLO": return isLMTP ? hello(argument, isExtended: true) : wrongHello("EHLO")
        case "MAIL": return mail(argument)
        case "RCPT": return recipient(argument)
        case "DATA": return data(argument)
        case "RSET":
            reset()
            return reply(MailReply(250, "2.0.0", "forgotten"))
        case "NOOP": return reply(MailReply(250, "2.0.0", "still here"))
        case "VRFY": return reply(MailReply(252, "2.0.0", "send some mail and see"))
        case "QUIT": return reply(MailReply(221, "2.0.0", "goodbye")) + [.close]
        default:
            // A browser that was led here brings commands inside its request: it gets no second line.
            if line.contains("HTTP/") { return reply(MailReply(421, "4.7.0", "this is no web server")) + [.close] }
            return reply(MailReply(500, "5.5.1", "unknown command"))
        }
    }

    /// A line that is longer than ``maximumCommandBytes``, not UTF-8, or not ended by CR LF.
    mutating func malformedCommand() -> [Action] {
        reply(MailReply(500, "5.5.2", "the line is too long or badly formed"))
    }

    /// The handler's word about the recipient that was to be checked.
    mutating func recipientChecked(_ answer: MailReply) -> [Action] {
        if let address = pendingRecipient, answer.isPositive { recipients.append(address) }
        pendingRecipient = nil
        return reply(answer)
    }

    /// The whole message has come.
    ///
    /// - Parameter refusal: Why it could not be kept.
    mutating func message(isTooLarge: Bool, refusal: MailReply? = nil) -> [Action] {
        guard let refusal = isTooLarge ? Self.tooLarge : refusal else { return [.deliver] }
        // LMTP wants an answer for each recipient, whatever it is.
        return delivered(recipients.map { _ in refusal })
    }

    /// The handler's words about the mail that was delivered.
    mutating func delivered(_ answers: [MailReply]) -> [Action] {
        let missing = MailReply(451, "4.3.0", "the mail could not be dealt with")
        let answers = recipients.indices.map { answers.indices.contains($0) ? answers[$0] : missing }
        reset()
        if isLMTP { return answers.flatMap { reply($0) } }
        return reply(answers.max { $0.code / 100 < $1.code / 100 } ?? missing)
    }

    /// The client was too slow, or the server wants to end.
    func goodbye(_ enhanced: String, _ text: String) -> [Action] {
        [.write(MailReply(421, enhanced, "\(configuration.hostName) \(text)").line), .close]
    }

    // MARK: Commands

    private static let tooLarge = MailReply(552, "5.3.4", "the message is too big")

    private mutating func hello(_ argument: Substring, isExtended: Bool) -> [Action] {
        let name = argument.prefix(255).filter { !$0.isWhitespace }
        guard !name.isEmpty else { return reply(MailReply(501, "5.5.4", "who are you?")) }
        reset()
        helloName = String(name)
        guard isExtended else { return [.write("250 \(configuration.hostName)\r\n")] }
        let lines = [
            configuration.hostName, "PIPELINING", "SIZE \(configuration.maximumMessageBytes)", "8BITMIME", "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
        ]
        let text = lines.enumerated().map { "250\($0.offset == lines.count - 1 ? " " : "-")\($0.element)\r\n" }
        return [.write(text.joined())]
    }

    private mutating func wrongHello(_ right: String) -> [Action] {
        reply(MailReply(500, "5.5.1", "use \(right) here"))
    }

    private mutating func mail(_ argument: Substring) -> [Action] {
        guard helloName != nil else { return reply(MailReply(503, "5.5.1", "say hello first")) }
        guard sender == nil else { return reply(MailReply(503, "5.5.1", "one sender at a time")) }
        guard let path = MailPath(argument, keyword: "FROM") else {
            return reply(MailReply(501, "5.1.7", "the sender cannot be read"))
        }
        var isUTF8 = false
        for (name, value) in path.parameters {
            switch name {
            case "SIZE":
                guard let value, let size = Int(value), size >= 0 else {
                    return reply(MailReply(501, "5.5.4", "the size cannot be read"))
                }
                guard size <= configuration.maximumMessageBytes else { return reply(Self.tooLarge) }
            case "BODY":
                guard ["7BIT", "8BITMIME"].contains(value?.uppercased()) else {
                    return reply(MailReply(501, "5.5.4", "unknown kind of body"))
                }
            case "SMTPUTF8" where value == nil: isUTF8 = true
            default: return reply(MailReply(555, "5.5.4", "unknown parameter"))
            }
        }
        guard isUTF8 || path.address.utf8.allSatisfy({ $0 < 0x80 }) else { return reply(Self.needsUTF8) }
        usesUTF8 = isUTF8
        sender = path.address
        return reply(MailReply(250, "2.1.0", "sender noted"))
    }

    private static let needsUTF8 = MailReply(553, "5.6.7", "the address needs SMTPUTF8")

    private mutating func recipient(_ argument: Substring) -> [Action] {
        guard let sender else { return reply(MailReply(503, "5.5.1", "name the sender first")) }
        guard let path = MailPath(argument, keyword: "TO"), !path.address.isEmpty else {
            return reply(MailReply(501, "5.1.3", "the recipient cannot be read"))
        }
        guard path.parameters.isEmpty else { return reply(MailReply(555, "5.5.4", "unknown parameter")) }
        guard usesUTF8 || path.address.utf8.allSatisfy({ $0 < 0x80 }) else { return reply(Self.needsUTF8) }
        guard recipients.count < configuration.maximumRecipients else {
            return reply(MailReply(452, "4.5.3", "too many recipients"))
        }
        pendingRecipient = path.address
        return [.checkRecipient(path.address, sender: sender)]
    }

    private mutating func data(_ argument: Substring) -> [Action] {
        guard argument.isEmpty else { return reply(MailReply(501, "5.5.4", "DATA has no argument")) }
        guard sender != nil, !recipients.isEmpty else {
            return reply(MailReply(503, "5.5.1", "name a sender and a recipient first"))
        }
        let envelope = MailEnvelope(
            sender: sender ?? "", recipients: recipients, remoteAddress: remoteAddress, helloName: helloName ?? "")
        return [.write("354 end with a dot on a line of its own\r\n"), .readMessage(envelope)]
    }

    private mutating func reset() {
        sender = nil
        recipients = []
        pendingRecipient = nil
        usesUTF8 = false
    }

    private mutating func reply(_ reply: MailReply) -> [Action] {
        guard reply.code >= 400, reply.code != 421 else { return [.write(reply.line)] }
        errorCount += 1
        guard errorCount == configuration.maximumErrors else { return [.write(reply.line)] }
        return [.write(reply.line)] + goodbye("4.7.0", "sees too many errors")
    }
}
