import BridgeKit
import ChatModel
import Crypto
import MIME

/// Makes messages of mails.
struct MailPoster: Sendable {
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
                channel: channel.id, text: MailText(mail, isAnswer: parent != nil).text,
                authorName: Self.authorName(of: mail), threadRoot: parent.map { $0.threadRootID ?? $0.id },
                nonce: "mail-\(Hex.encode(Digest.sha256(Array(identifier.utf8))).prefix(48))",
                hops: mail.isAutomatic ? Self.automaticHops : 0), in: context.app)
        let address = (mail.replyTo.first ?? mail.from.first)?.address
        try await threads.remember(
            message, identifier: identifier, subject: Self.oneLine(mail.subject, Self.longestSubject),
            sender: mail.isAutomatic ? nil : address.flatMap { EmailBridge.isAddress($0) ? $0 : nil })
    }

    // MARK: Text

    static func authorName(of mail: MailMessage) -> String {
        guard let from = mail.from.first else { return "Unknown sender" }
        let name = oneLine(from.name, longestName)
        if !name.isEmpty { return name }
        let address = oneLine(from.address, longestName)
        return address.isEmpty ? "Unknown sender" : address
    }

    static func oneLine(_ text: String, _ limit: Int) -> String {
        let words = text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } }
        return String(words.joined(separator: " ").prefix(limit))
    }
}
