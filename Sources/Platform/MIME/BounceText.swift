internal import HTMLReading

/// What a mail server writes for people about a mail that did not arrive.
struct BounceText {
    /// Without the mail that was returned.
    private let lines: [Substring]
    /// The head of the returned mail, when it stands in the text.
    private let returned: String?
    let text: String

    private static let longestText = 64 << 10

    init(_ mail: MailMessage) {
        let whole = (mail.text ?? mail.html.map { HTMLReading.markdown($0) } ?? "").replacing("\r\n", with: "\n")
        let text = whole.cutToBytes(Self.longestText)
        let all = text.split(separator: "\n", omittingEmptySubsequences: false)
        let cut = all.firstIndex(where: Self.isStartOfReturned) ?? all.count
        lines = Array(all[..<cut])
        self.text = text
        let rest = all[cut...].joined(separator: "\n")
        if let head = mail.report?.returnedHead {
            returned = head
        } else {
            returned = rest.isEmpty ? nil : rest
        }
        enclosedRecipient =
            mail.body.lazy.compactMap { piece -> String? in
                guard case .mail(let enclosed) = piece else { return nil }
                return enclosed.to.first?.address
            }.first
    }

    private let enclosedRecipient: String?

    private static func isStartOfReturned(_ line: Substring) -> Bool {
        let lower = line.prefix(200).lowercased()
        return starts.contains(where: lower.contains)
    }

    private static let starts = [
        "below this line is a copy", "this is a copy of the message", "original message follows",
        "original message headers",
        "the text of your message follows", "--- message header follows", "undelivered message follows",
        "header of the message",
        "--- the header of the original message", "your message follows", "- original message -", "original message:",
        "here is a copy of the", "message text follows", "--- original message ---", "unsent message",
        "received: from ", "return-path: <",
        "message header follows", "included is a copy", "--- attachment is a copy", "returned message follows",
        "content-type: message/rfc822",
    ]

    // MARK: Whether it is one

    /// Whether a mail's head or structure leaves it open that it is a report.
    static func isLikely(_ mail: MailMessage) -> Bool {
        if mail.report != nil || isFromServer(mail) { return true }
        if mail.headers.contains(where: { $0.name.lowercased() == "x-failed-recipients" }) { return true }
        if mail.body.contains(where: { if case .mail = $0 { true } else { false } }) { return true }
        let subject = mail.subject.lowercased()
        return mail.isAutomatic && subjects.contains(where: subject.contains)
    }

    private static func isFromServer(_ mail: MailMessage) -> Bool {
        if mail.header("Return-Path").map({ $0.filter { !$0.isWhitespace } == "<>" }) == true { return true }
        return mail.from.contains { sender in
            let text = "\(sender.address) \(sender.name)".lowercased()
            return senders.contains(where: text.contains)
        }
    }

    /// Whether the mail looks like a report: from a mail server, or with words for one above text about an address.
    func isReport(_ mail: MailMessage) -> Bool {
        let subject = mail.subject.lowercased()
        if mail.report?.kind == "delivery-status" { return true }
        let isFromServer = Self.isFromServer(mail)
        return isFromServer && (Self.subjects.contains(where: subject.contains) || hasFailureWords)
            || Self.subjects.contains(where: subject.contains) && hasFailureWords && mail.isAutomatic
    }

    private static let senders = [
        "mailer-daemon", "mail delivery", "postmaster", "mailer daemon", "mdaemon", "mail administrator",
        "delivery subsystem",
        "system administrator", "message delivery", "majordomo", "mail-daemon", "mailerdaemon", "no-reply", "noreply",
        "failed_mail_bounce",
    ]
    private static let subjects = [
        "undeliver", "delivery status", "delivery failure", "failure notice", "returned mail", "mail delivery",
        "delivery report",
        "delivery notification", "non-deliver", "nondeliver", "could not be delivered", "not delivered",
        "message delayed",
        "delivery delayed", "warning: could not send", "failed", "unzustellbar", "undelivered", "rejected",
        "delivery error",
        "user unknown", "returned to sender", "mail system error", "mail error", "delivery has failed", "non remis",
        "no se puede entregar",
        "impossibile recapitare", "недоставленное", "配信", "エラー", "不達", "notification (failure)", "bounce",
        "mail failure", "email error",
        "dsn", "failure", "rückläufer", "retourn", "reject",
    ]

    private var hasFailureWords: Bool {
        let lower = lines.prefix(60).joined(separator: "\n").lowercased()
        return Self.failures.contains(where: lower.contains) || Self.status(in: lower) != nil
    }

    private static let failures = [
        "could not be delivered", "couldn't be delivered", "cannot be delivered", "not be delivered", "delivery failed",
        "undeliverable",
        "user unknown", "unknown user", "no such user", "does not exist", "doesn't exist", "mailbox full",
        "mailbox is full", "quota",
        "failed permanently", "permanent error", "permanent failure", "rejected", "unable to deliver",
        "unable to relay", "not delivered",
        "failed recipient", "did not reach", "has not been delivered", "delivery to the following", "recipient address",
        "unknown address",
        "unreachable", "invalid recipient", "delivery error", "was not delivered", "nicht zugestellt", "n'a pas pu",
        "non è stato",
        "rcpt to", "smtp error", "host unknown", "mail box", "not found", "could not deliver", "no mailbox", "disabled",
        "suspended",
    ]

    // MARK: What it says

    /// What is said about an address that is known to have failed.
    func bounce(of recipient: String) -> MailBounce {
        let near = context(of: recipient)
        let said = near.isEmpty ? lines.joined(separator: " ") : near
        let status = Self.status(in: said) ?? Self.status(in: lines.joined(separator: " ")) ?? ""
        let code = Self.replyCode(in: said) ?? Self.replyCode(in: lines.joined(separator: " "))
        let isTemporary =
            isDelay || (status.isEmpty ? code.map { $0.hasPrefix("4") } ?? isTemporary : status.hasPrefix("4"))
        return MailBounce(
            recipient: recipient, isPermanent: !isTemporary, status: status, reason: near.cutToBytes(500).trimmingSpaces
        )
    }

    /// - Parameters:
    ///   - own: The addresses that the report came to: ours.
    ///   - isNamed: Whether only those count that the server names in its own words.
    func bounces(_ own: [String], isNamed: Bool = false) -> [MailBounce] {
        let own = Set(own.map { $0.lowercased() })
        var found: [String] = []
        for (index, line) in lines.enumerated() where found.count < 20 {
            guard let address = Self.recipient(in: line, above: index > 0 ? lines[index - 1] : "") else { continue }
            if !own.contains(address.lowercased()) { found.append(address) }
        }
        if found.isEmpty, !isNamed, let address = returned.flatMap(Self.recipient(inHead:)) ?? enclosedRecipient {
            found = [address]
        }
        if found.isEmpty, !isNamed {
            let any = lines.lazy.compactMap(Self.firstAddress).first { address in
                !own.contains(address.lowercased()) && !Self.senders.contains { address.lowercased().contains($0) }
            }
            if let any { found = [any] }
        }
        var seen: Set<String> = []
        return found.filter { seen.insert($0.lowercased()).inserted }.map(bounce)
    }

    /// The recipient that a line names in a way in which servers name them.
    private static func recipient(in line: Substring, above: Substring) -> String? {
        var text = line.prefix(500).trimmingSpaces
        // `550 <a@b>... User unknown`.
        if text.prefix(3).allSatisfy(\.isNumber), text.dropFirst(3).first == " " {
            text = text.dropFirst(4).trimmingSpaces
        }
        let lower = text.lowercased()
        guard lower.contains("@") else { return nil }
        // `<a@b>:`, `a@b:`, `<a@b>... User unknown`, `<a@b>`, `a@b` alone.
        let bare = text.first == "<" ? text.dropFirst().prefix { $0 != ">" } : text.prefix { !" :,;<(".contains($0) }
        if let address = firstAddress(bare), address.count == bare.count {
            let rest = text.dropFirst(bare.count + (text.first == "<" ? 2 : 0)).trimmingSpaces
            if rest.isEmpty, text.first != "<" { return address }
            let isAlone = above.allSatisfy(\.isWhitespace) || above.trimmingSpaces.hasSuffix(":") || above.contains("@")
            if rest.isEmpty ? isAlone : [":", "...", "(", "-", ",", "<"].contains(where: rest.hasPrefix) {
                return address
            }
        }
        // Where to turn to is no recipient.
        guard !advice.contains(where: lower.contains) else { return nil }
        for word in names {
            guard let place = lower.firstRange(of: word) else { continue }
            if let address = firstAddress(lower[place.upperBound...].prefix(longestBeforeAddress)) {
                // In the letters in which it was written.
                if let same = text.lowercased() == lower ? text.firstRange(of: address)?.lowerBound : nil {
                    return String(text[same...].prefix(address.count))
                }
                return address
            }
        }
        return nil
    }

    private static let longestBeforeAddress = 120
    private static let advice = [
        "contact", "assistance", "question", "for help", "report this", "forward this", "postmaster@",
    ]

    private static let names = [
        "rcpt to:", "rcpt to ", "failed recipient:", "recipient:", "recipients:", "final-recipient:",
        "original-recipient:", "to:", "user:",
        "unknown user:", "user unknown:", "invalid recipient", "unknown recipient", "recipient address:", "mailbox:",
        "for ", "deliver to",
        "could not be delivered to", "not delivered to", "your message to", "your mail to", "mail to", "message to",
        "email to", "the address",
        "send to", "delivered to", "delivery to", "recipient <", "user <", "address <", "mailbox <", "account ",
        "userid:", "user name:", "username:",
    ]

    /// Whether an address stands in it.
    func names(_ recipient: String) -> Bool { !context(of: recipient).isEmpty }

    private func context(of recipient: String) -> String {
        let recipient = recipient.lowercased()
        guard let place = lines.firstIndex(where: { $0.lowercased().contains(recipient) }) else { return "" }
        return lines[place..<min(lines.count, place + 8)].joined(separator: " ")
    }

    /// Whether it is a warning that the mail is still on its way.
    private var isDelay: Bool {
        let lower = lines.prefix(40).joined(separator: " ").lowercased()
        return Self.delays.contains(where: lower.contains)
    }

    private static let delays = [
        "this is a warning message only", "you do not need to resend", "will continue to try", "will be retried",
        "still being retried",
        "has not yet been delivered", "delivery attempts will continue", "will keep trying", "still trying",
    ]

    /// Whether its words, without any number, mean that it may work later.
    var isTemporary: Bool {
        let lower = lines.joined(separator: " ").lowercased()
        return Self.temporary.contains(where: lower.contains)
    }

    private static let temporary = [
        "temporar", "try again later", "connection timed out", "timed out", "connection refused", "deferred",
        "too many connections",
        "retry time not reached", "unable to contact", "greylist", "queue too long", "delayed",
    ]

    // MARK: Numbers and addresses

    /// The first status by RFC 3463 in a text: `5.1.1`.
    static func status(in text: some StringProtocol) -> String? {
        let bytes = Array(text.utf8)
        func digits(_ start: Int) -> Int { bytes[start...].prefix(3).prefix { (0x30...0x39).contains($0) }.count }
        var index = 0
        while index + 4 < bytes.count {
            defer { index += 1 }
            guard bytes[index] == 0x34 || bytes[index] == 0x35, bytes[index + 1] == 0x2E,
                index == 0 || !isWordByte(bytes[index - 1])
            else { continue }
            let second = digits(index + 2)
            let dot = index + 2 + second
            guard second > 0, dot + 1 < bytes.count, bytes[dot] == 0x2E else { continue }
            let third = digits(dot + 1)
            let end = dot + 1 + third
            guard third > 0,
                end == bytes.count || !isWordByte(bytes[end])
                    || bytes[end] == 0x2E && (end + 1 == bytes.count || !isWordByte(bytes[end + 1]))
            else { continue }
            return String(decoding: bytes[index..<end], as: UTF8.self)
        }
        return nil
    }

    /// The first reply of SMTP that refuses in a text: `550`.
    static func replyCode(in text: some StringProtocol) -> String? {
        let bytes = Array(text.utf8)
        var index = 0
        while index + 3 <= bytes.count {
            defer { index += 1 }
            guard bytes[index] == 0x34 || bytes[index] == 0x35, index == 0 || !isWordByte(bytes[index - 1]),
                (0x30...0x35).contains(bytes[index + 1]), (0x30...0x39).contains(bytes[index + 2]),
                index + 3 == bytes.count || [0x20, 0x2D, 0x0A, 0x3A].contains(bytes[index + 3])
            else { continue }
            return String(decoding: bytes[index..<(index + 3)], as: UTF8.self)
        }
        return nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E: true
        default: byte >= 0x80
        }
    }

    /// The first address in a text.
    static func firstAddress(_ text: some StringProtocol) -> String? {
        let text = Substring(text.prefix(1000))
        guard let sign = text.firstIndex(of: "@") else { return nil }
        let isPart = { (character: Character) in
            character.isASCII
                && (character.isLetter || character.isNumber || "!#$%&'*+-/=?^_`{|}~.".contains(character))
        }
        var local = String(text[..<sign].reversed().prefix(while: isPart).reversed())
        if text[..<sign].last == "\"", let quoted = text[..<sign].dropLast().lastIndex(of: "\"") {
            local = String(text[quoted..<sign])
        }
        for prefix in ["mailto=", "mailto:", "rfc822="] where local.lowercased().hasPrefix(prefix) {
            local = String(local.dropFirst(prefix.count))
        }
        let domain = text[text.index(after: sign)...].prefix {
            $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".")
                || $0.unicodeScalars.allSatisfy { $0.value > 0x7F && $0.properties.isAlphabetic }
        }.reversed().drop { $0 == "." || $0 == "-" }.reversed()
        let host = String(domain)
        guard !local.isEmpty, !host.isEmpty else {
            return firstAddress(text[text.index(after: sign)...])
        }
        return "\(local)@\(host)"
    }

    /// The first recipient in the head of a mail.
    static func recipient(inHead head: String) -> String? {
        for name in ["x-hmxmroriginalrecipient:", "to:", "x-original-to:", "envelope-to:", "delivered-to:", "cc:"] {
            let lines = head.split(whereSeparator: \.isNewline).prefix(500)
            for (index, line) in lines.enumerated() {
                let start = line.drop { $0 == ">" || $0 == " " || $0 == "|" }
                guard start.lowercased().hasPrefix(name) else { continue }
                let next = index + 1 < lines.count ? lines[lines.startIndex + index + 1] : ""
                if let address = firstAddress(start.dropFirst(name.count)) ?? firstAddress(next) { return address }
            }
        }
        return nil
    }
}
