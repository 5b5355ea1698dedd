import BridgeKit
import ChatModel
import Crypto
import MIME

/// Makes messages of mails.
struct MailPoster: Sendable {
    private static let longestText = 15_000
    private static let longestName = 100
    private static let longestSubject = 300
    /// Bridges and bots leave alone what has come through so many automations.
    private static let automaticHops = 7

    let context: BridgeContext
    let book: AddressBook
    let threads: MailThreads

    /// - Throws: ``BridgeError``: `giveUp` when the mail can never be posted.
    func post(_ mail: MailMessage, bytes: [UInt8], to recipient: String) async throws {
        let identifier = mail.messageID ?? "\(Hex.encode(Digest.sha256(bytes)))@missing"
        guard threads.message(ofOwn: identifier) == nil else {
            context.log.info("mail.own_came_back", ["identifier": identifier])
            return
        }
        guard let channel = try await book.channel(for: recipient) else {
            throw BridgeError.giveUp(reason: "the channel of \(recipient) is not there any more")
        }
        let parent = try await threads.parent(
            inReplyTo: mail.inReplyTo, references: mail.references, in: channel.id)
        let message = try await context.chat.post(
            BridgePost(
                channel: channel.id, text: Self.text(of: mail, isAnswer: parent != nil),
                authorName: Self.authorName(of: mail), threadRoot: parent.map { $0.threadRootID ?? $0.id },
                nonce: "mail-\(Hex.encode(Digest.sha256(Array(identifier.utf8))).prefix(48))",
                hops: mail.isAutomatic ? Self.automaticHops : 0), in: context.app)
        let address = (mail.replyTo.first ?? mail.from.first)?.address
        try await threads.remember(
            message, identifier: identifier, subject: Self.oneLine(mail.subject, Self.longestSubject),
            sender: mail.isAutomatic ? nil : address.flatMap { EmailBridge.isAddress($0) ? $0 : nil })
    }

    // MARK: Text

    static func text(of mail: MailMessage, isAnswer: Bool) -> String {
        var body = mail.text ?? ""
        if body.allSatisfy(\.isWhitespace), let html = mail.html { body = HTMLText.plain(html) }
        let subject = oneLine(mail.subject, longestSubject)
        // What was forwarded is meant to be read.
        let isForwarded = ["fwd:", "fw:", "wg:"].contains { subject.lowercased().hasPrefix($0) }
        if !isForwarded { body = ReplyTrimmer.trim(body).visible }
        var parts: [String] = []
        if !isAnswer, !subject.isEmpty { parts.append("**\(subject.replacing("*", with: "\\*"))**") }
        let clean = printable(body)
        if !clean.isEmpty { parts.append(cut(clean)) }
        if !mail.attachments.isEmpty {
            let names = mail.attachments.prefix(10).map { oneLine($0.name ?? $0.type, 80) }.joined(separator: ", ")
            parts.append("_Attachments left out: \(names)_")
        }
        return parts.isEmpty ? "_An empty mail_" : parts.joined(separator: "\n")
    }

    static func authorName(of mail: MailMessage) -> String {
        guard let from = mail.from.first else { return "Unknown sender" }
        let name = oneLine(from.name, longestName)
        if !name.isEmpty { return name }
        let address = oneLine(from.address, longestName)
        return address.isEmpty ? "Unknown sender" : address
    }

    private static func cut(_ text: String) -> String {
        guard text.unicodeScalars.count > longestText else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(longestText))) + "…"
    }

    private static func printable(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.replacing("\r\n", with: "\n").unicodeScalars
        where scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\n" || scalar == "\t" {
            scalars.append(scalar)
        }
        let view = Substring(String(scalars)).drop { $0.isWhitespace }
        var text = view
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    static func oneLine(_ text: String, _ limit: Int) -> String {
        let words = text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }
        return String(words.joined(separator: " ").prefix(limit))
    }
}
