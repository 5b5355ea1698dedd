/// What a report says about one recipient of a mail that did not arrive.
package struct MailBounce: Sendable, Hashable {
    package var recipient: String
    /// Whether trying again helps nothing (RFC 3463: a status of class 5).
    package var isPermanent: Bool
    /// As in `5.1.1`; empty when the report names none.
    package var status: String
    /// The words of the server that refused.
    package var reason: String

    package init(recipient: String, isPermanent: Bool, status: String, reason: String) {
        self.recipient = recipient
        self.isPermanent = isPermanent
        self.status = status
        self.reason = reason
    }

    /// What a mail server answered to a recipient (RFC 5321, RFC 3463).
    package init(recipient: String, replyCode: Int, replyText: String) {
        let status = BounceText.status(in: replyText) ?? ""
        self.init(
            recipient: recipient, isPermanent: replyCode >= 500, status: status,
            reason: status.isEmpty ? "\(replyCode) \(replyText)" : replyText)
    }

    /// Whether it is the address that cannot be reached: not for a mailbox that is full, nor for a mail that was not
    /// liked.
    package var isOfAddress: Bool {
        guard isPermanent else { return false }
        let parts = status.split(separator: ".")
        guard parts.count == 3 else { return true }
        return switch (parts[1], parts[2]) {
        case ("1", "7"), ("1", "8"), ("2", "2"), ("2", "3"): false
        case ("3", _), ("5", _), ("6", _), ("7", _): false
        default: true
        }
    }
}

extension MailMessage {
    private static let maximumBounces = 50

    /// The recipients whom the mail says that another mail did not reach; empty for any mail that is no such report.
    ///
    /// What is said for programs counts first (RFC 3464), then `X-Failed-Recipients`, then what mail servers write for
    /// people: half of them write nothing else.
    package var bounces: [MailBounce] {
        // Nearly no mail is one: its text is looked at when something else says that it may be.
        guard BounceText.isLikely(self) else { return [] }
        let text = BounceText(self)
        if report?.kind == "feedback-report"
            || report?.statuses.contains(where: { $0.contains("Feedback-Type:") }) == true
        {
            return complaints
        }
        if report?.kind == "disposition-notification" { return [] }
        // Microsoft passes complaints on in a form of its own.
        for case .mail(let mail) in body {
            if let address = mail.header("X-HmXmrOriginalRecipient").flatMap({ BounceText.firstAddress($0) }) {
                return [Self.complaint(address)]
            }
        }
        let (statuses, isComplete) = deliveryStatuses(text)
        var found = statuses
        // Nobody is missing of those whom the report names.
        if isComplete { return Array(found.prefix(Self.maximumBounces)) }
        let isReport = text.isReport(self)
        if found.isEmpty {
            found = failedRecipients(text)
            // Aliases are named in the head, and those behind them in the text.
            if !found.isEmpty, isReport, !found.contains(where: { text.names($0.recipient) }) {
                let named = text.bounces(to.map(\.address), isNamed: true)
                if !named.isEmpty { found = named }
            }
        }
        if found.isEmpty, isReport { found = text.bounces(to.map(\.address)) }
        return Array(found.prefix(Self.maximumBounces))
    }

    /// Identifiers of mails that the report is about.
    package var returnedIdentifiers: [String] {
        var found: [String] = []
        if let head = report?.returnedHead { found += Self.identifiers(inHead: head) }
        for case .mail(let mail) in body { found += [mail.messageID].compactMap { $0 } }
        found += inReplyTo + references
        let text = BounceText(self)
        return found + Self.identifiers(inHead: text.text)
    }

    private static func identifiers(inHead head: String) -> [String] {
        head.split(whereSeparator: \.isNewline).prefix(2000).filter { line in
            let start = line.drop { $0 == ">" || $0 == " " || $0 == "|" }.prefix(11).lowercased()
            return start == "message-id:"
        }.flatMap { MessageIdentifiers.all(Array($0.utf8)[...], limit: 2) }
    }

    // MARK: For programs

    /// - Returns: Whom the mail did not reach, and whether anybody is named at all.
    private func deliveryStatuses(_ text: BounceText) -> ([MailBounce], isComplete: Bool) {
        var found: [MailBounce] = []
        var isComplete = false
        for status in report?.statuses ?? [] {
            for fields in StatusFields.groups(status) {
                guard let recipient = fields.recipient else { continue }
                isComplete = true
                let action = fields["action"]?.lowercased() ?? "failed"
                guard !["delivered", "relayed", "expanded"].contains(where: action.hasPrefix) else { continue }
                let reason = fields["diagnostic-code"].map { StatusFields.withoutType($0) } ?? ""
                var status = BounceText.status(in: fields["status"] ?? "") ?? ""
                // What the other server said is more exact than what the own one makes of it.
                if status.hasSuffix(".0.0") || status.isEmpty, let exact = BounceText.status(in: reason) {
                    status = exact
                }
                let isDelayed = action.hasPrefix("delayed")
                let code = BounceText.replyCode(in: reason)
                let isTemporary =
                    isDelayed || (status.isEmpty ? code?.hasPrefix("4") ?? text.isTemporary : status.hasPrefix("4"))
                found.append(
                    MailBounce(recipient: recipient, isPermanent: !isTemporary, status: status, reason: reason))
            }
        }
        return (Self.unique(found), isComplete)
    }

    private var complaints: [MailBounce] {
        var recipients: [String] = []
        for status in report?.statuses ?? [] {
            for fields in StatusFields.groups(status) {
                // Nobody has complained: a server has judged a mail that may be forged.
                if fields["feedback-type"]?.lowercased() == "auth-failure" { continue }
                for name in ["original-rcpt-to", "removal-recipient"] {
                    let values = (fields[name] ?? "").split(separator: "\n")
                    recipients += values.compactMap { BounceText.firstAddress($0) }
                }
            }
        }
        if recipients.isEmpty, let head = report?.returnedHead, let address = BounceText.recipient(inHead: head) {
            recipients = [address]
        }
        return Self.unique(recipients.map(Self.complaint))
    }

    private static func complaint(_ recipient: String) -> MailBounce {
        MailBounce(recipient: recipient, isPermanent: true, status: "", reason: "reported as unwanted mail")
    }

    private func failedRecipients(_ text: BounceText) -> [MailBounce] {
        let addresses = headers.filter { $0.name.lowercased() == "x-failed-recipients" }.flatMap {
            AddressList(Array($0.value.utf8)[...], charset: nil, limit: 50).addresses
        }
        return Self.unique(addresses.map { text.bounce(of: $0.address) })
    }

    private static func unique(_ bounces: [MailBounce]) -> [MailBounce] {
        var seen: Set<String> = []
        return bounces.filter { seen.insert($0.recipient.lowercased()).inserted }
    }
}

/// The groups of fields of a status part (RFC 3464, section 2.1).
struct StatusFields {
    private var fields: [String: String] = [:]

    subscript(name: String) -> String? { fields[name] }

    /// The address that the mail was last on its way to, else the one that it was sent to.
    var recipient: String? {
        for name in ["final-recipient", "original-recipient", "x-actual-recipient", "recipient"] {
            if let address = fields[name].map(Self.withoutType).flatMap(BounceText.firstAddress) { return address }
        }
        return nil
    }

    static func groups(_ text: String) -> [StatusFields] {
        var groups: [StatusFields] = []
        var current = StatusFields()
        var last: String?
        for line in text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).prefix(
            5000)
        {
            if line.allSatisfy(\.isWhitespace) {
                if !current.fields.isEmpty { groups.append(current) }
                (current, last) = (StatusFields(), nil)
            } else if line.first?.isWhitespace == true {
                if let last, let value = current.fields[last], value.utf8.count < 2000 {
                    current.fields[last] = value + " " + line.trimmingSpaces
                }
            } else if let colon = line.firstIndex(of: ":") {
                let name = line[..<colon].trimmingSpaces.lowercased()
                // A group for each recipient, though some programs leave out the empty line between.
                if name == "final-recipient", current.fields[name] != nil {
                    groups.append(current)
                    current = StatusFields()
                }
                if name == "original-rcpt-to", let value = current.fields[name], value.utf8.count < 4000 {
                    current.fields[name] = value + "\n" + line[line.index(after: colon)...].trimmingSpaces
                } else if current.fields[name] == nil {
                    current.fields[name] = line[line.index(after: colon)...].trimmingSpaces
                }
                last = name
            }
        }
        if !current.fields.isEmpty { groups.append(current) }
        return groups
    }

    /// `rfc822; a@example.org` without the type.
    static func withoutType(_ value: String) -> String {
        guard let semicolon = value.firstIndex(of: ";"), value.distance(from: value.startIndex, to: semicolon) < 20
        else {
            return value
        }
        return value[value.index(after: semicolon)...].trimmingSpaces
    }
}
