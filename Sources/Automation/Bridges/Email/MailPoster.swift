import BridgeKit
import ChatModel
import Crypto
import MIME
import Text

/// Makes messages of mails.
struct MailPoster: Sendable {
    private static let longestName = 60
    private static let longestAddress = 50
    static let longestSubject = 300
    /// Bridges and bots leave alone what has come through so many automations.
    private static let automaticHops = 7
    /// Of one report.
    private static let mostBounces = 20

    let context: BridgeContext
    let book: AddressBook
    let threads: MailThreads
    let undelivered: UndeliveredMail
    /// The server whose word about senders is believed; nil for none.
    let authenticator: String?

    /// Posts a mail to one address; a repeat of one that was posted before changes nothing.
    ///
    /// - Parameter sender: Of the envelope; empty for mail that must not be answered, nil when it is not known.
    /// - Throws: ``BridgeError``: `giveUp` when the mail can never be posted.
    func post(_ mail: MailMessage, sender: String?, to recipient: String) async throws {
        if let identifier = mail.messageID, try await threads.message(ofOwn: identifier) != nil {
            context.log.info("mail.own_came_back", ["identifier": identifier])
            return
        }
        guard let target = try await book.target(of: recipient) else {
            throw BridgeError.giveUp(reason: "the channel of \(recipient) is not there any more")
        }
        let channel = target.channel
        if try await tellUndelivered(mail, target) { return }
        if let identifier = mail.messageID,
            let earlier = try await threads.earlier(
                identifier, in: channel.id, isLikely: mail.header("list-id") != nil),
            let record = MailRecord(earlier.content), ListCopy.isOne(mail, of: earlier, record)
        {
            context.log.info("mail.repeated", ["identifier": identifier])
            return
        }
        let isAutomatic = mail.isAutomatic || sender?.isEmpty == true
        var parent = try await threads.parent(of: mail, in: channel.id)
        if parent == nil, let answered = target.answered {
            parent = try await threads.message(answered, in: channel.id)
        }
        let root = parent.map { $0.threadRootID ?? $0.id }
        let text = MailText(mail, isAnswer: root != nil)
        let record = MailRecord(
            mail, proof: SenderProof(mail, server: authenticator), elided: text.elided, isAutomatic: isAutomatic)
        var post = BridgePost(
            channel: channel.id, text: text.text, authorName: Self.authorName(of: record), threadRoot: root,
            nonce: "mail-\(Self.digest(mail))", hops: isAutomatic ? Self.automaticHops : 0)
        post.content = record.content
        let message = try await context.chat.post(post, in: context.app)
        if let identifier = mail.messageID {
            try await threads.remember(message, identifier: identifier)
            if let root { try await threads.extend(root, by: identifier) }
        }
        if !isAutomatic, !record.address.isEmpty { try await undelivered.marks.clear(record.address) }
    }

    /// Tells at the message that a mail came back.
    ///
    /// - Returns: Whether the mail was a report about one of ours.
    private func tellUndelivered(_ mail: MailMessage, _ target: AddressBook.Target) async throws -> Bool {
        let bounces = mail.bounces
        guard !bounces.isEmpty else { return false }
        var bounced = target.bounced
        if bounced == nil {
            // Only an identifier with our sign is believed: reports can be written by anybody.
            for identifier in mail.returnedIdentifiers.prefix(20) where bounced == nil {
                bounced = try await threads.message(ofOwn: identifier)
            }
        }
        guard let bounced, let message = try await context.chat.message(bounced, in: context.app) else { return false }
        let elided = MailText(mail, isAnswer: true).text.cutToBytes(4000)
        for bounce in bounces.prefix(Self.mostBounces) {
            try await undelivered.tell(bounce, at: message, elided: elided)
        }
        return true
    }

    /// What makes a mail the same: who wrote it, under which identifier, and what it says.
    ///
    /// The way that it took does not.
    private static func digest(_ mail: MailMessage) -> String {
        var text = [mail.messageID ?? "", mail.from.first?.address.lowercased() ?? "", mail.subject].joined(
            separator: "\0")
        if mail.messageID == nil { text += "\0\(mail.date ?? 0)" }
        append(mail.body, to: &text)
        for attachment in mail.attachments { text += "\0\(attachment.name ?? "")\0\(attachment.size)" }
        return String(Hex.encode(Digest.sha256(Array(text.utf8))).prefix(48))
    }

    private static func append(_ body: [MailPiece], to text: inout String) {
        for piece in body {
            switch piece {
            case .text(let plain, let html): text += "\0\(plain ?? "")\0\(html ?? "")"
            case .event(let event): text += "\0\(event.summary)\0\(event.start)"
            case .mail(let mail):
                text += "\0\(mail.subject)"
                append(mail.body, to: &text)
            }
        }
    }

    // MARK: Names

    /// `Carol <carol@example.org>`, and whether somebody has proved it: a name alone says nothing.
    static func authorName(of record: MailRecord) -> String {
        let name = NameRule.display.cleaned(oneLine(record.name, longestName)) ?? ""
        let address = NameRule.display.cleaned(record.address) ?? ""
        let shown = address.count > longestAddress ? "…\(address.suffix(longestAddress))" : address
        let sender = name.isEmpty || name == address ? shown : shown.isEmpty ? name : "\(name) <\(shown)>"
        guard !sender.isEmpty else { return "Unknown sender" }
        return switch record.proof {
        case .proven: sender
        case .unproven: "\(sender) (unproven)"
        case .failed: "\(sender) (forged?)"
        }
    }

    static func oneLine(_ text: String, _ limit: Int) -> String {
        let words = text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }
        return String(words.joined(separator: " ").prefix(limit))
    }
}
