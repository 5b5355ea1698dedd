import BridgeKit
import ChatModel
import Foundation
import MIME
import Markdown
import Telemetry

/// Writes the mails of one message.
///
/// A person has said what is in them: they carry nothing that marks a machine's mail (RFC 3834, section 5).
struct MailWriter: Sendable {
    private static let longestSubject = 80

    let context: BridgeContext
    let book: AddressBook
    let threads: MailThreads
    let message: Message
    let channel: Channel
    /// The channel's.
    let address: String
    /// The message that began the thread; nil when the message stands alone.
    let root: Message?
    /// The mail that began the thread.
    let record: MailRecord?
    /// Whom all mail comes from, by the file.
    let from: String?

    /// For those who follow the channel.
    func listMail() async throws -> MailComposer {
        var mail = try await mail(to: MailAddress(name: "#\(channel.name)", address: address))
        let label = String(decoding: channel.name.lowercased().utf8.map(Self.labelByte), as: UTF8.self)
        mail.headers = [("List-Id", "<\(label).\(book.domain)>")]
        return mail
    }

    /// For the one whose mail began the thread.
    func answer(to recipient: String) async throws -> MailComposer {
        let name = record?.address.lowercased() == recipient.lowercased() ? record?.name ?? "" : ""
        return try await mail(to: MailAddress(name: name, address: recipient))
    }

    private func mail(to recipient: MailAddress) async throws -> MailComposer {
        let identifier = try await threads.identifier(of: message.id)
        var mail = MailComposer(
            from: MailAddress(name: message.author.name, address: from ?? address), to: [recipient],
            subject: "[\(channel.name)] \(Self.firstLine(message.text))", text: message.text,
            html: MarkdownHTML.render(message.text), date: Timestamp.parse(message.createdAt) ?? context.now(),
            messageID: identifier)
        let answered = root?.id ?? message.id
        mail.replyTo = [
            MailAddress(name: "#\(channel.name)", address: try await book.replyAddress(address, to: answered))
        ]
        guard let root else { return mail }
        // What began the thread, then what was mailed in it since; an odd identifier is left out, never the answer.
        let first = if let record { record.identifier } else { String?.some(try await threads.identifier(of: root.id)) }
        let chain = try await threads.chain(of: root.id).filter { $0 != identifier }
        var seen: Set<String> = []
        mail.references = ((record?.references ?? []) + [first].compactMap { $0 } + chain)
            .filter { MailComposer.isIdentifier($0) && seen.insert($0).inserted }
        mail.inReplyTo = mail.references.last
        let subject = record?.subject ?? "[\(channel.name)] \(Self.firstLine(root.text))"
        if !subject.isEmpty { mail.subject = subject.lowercased().hasPrefix("re:") ? subject : "Re: \(subject)" }
        return mail
    }

    private static func labelByte(_ byte: UInt8) -> UInt8 {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) ? byte : 0x2D
    }

    private static func firstLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        let words = MailPoster.oneLine(line, longestSubject + 1)
        return words.count > longestSubject ? "\(words.prefix(longestSubject))…" : words
    }
}
