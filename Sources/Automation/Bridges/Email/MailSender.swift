import BridgeKit
import ChatModel
import Foundation
import HTTPClient
import MIME
import Settings
import Telemetry

/// Makes mails of messages and hands them to the relay.
struct MailSender: Sendable {
    private static let longestSubject = 80
    /// Milliseconds after which nobody is still noting whose mail became a message.
    private static let longestNoting: Int64 = 60_000

    private let context: BridgeContext
    private let book: AddressBook
    private let threads: MailThreads
    private let server: SMTPDelivery.Server
    private let from: String?
    private let to: [String]
    private let sendsToMembers: Bool
    private let answersSenders: Bool
    private let client: any BridgeMailClient

    init(settings: Settings, relay: Settings, context: BridgeContext, book: AddressBook, threads: MailThreads) {
        self.context = context
        self.book = book
        self.threads = threads
        server = MailRelay.server(relay, helloName: book.domain)
        from = relay.optionalString("from")
        to = settings.strings("to")
        sendsToMembers = settings.boolean("members")
        answersSenders = settings.boolean("answer_senders")
        client = context.targets.mail()
    }

    func close() { client.close() }

    /// Sends what a person has said in a channel that has an address.
    ///
    /// - Throws: ``BridgeError``.
    func send(_ event: BridgeEvent) async throws {
        let message = try event.message()
        guard message.author.kind == .person, message.kind == .text || message.kind == .action,
            message.deletedAt == nil, event.app == context.app,
            let channel = try await context.chat.channel(message.channelID, in: event.app),
            let address = book.address(of: channel)
        else { return }
        try await waitForMail(behind: message)
        let delivered = try await deliveredRecipients(of: message.id)
        let recipients = try await recipients(of: message).filter { !delivered.contains($0) }
        guard !recipients.isEmpty else { return }
        let mail: [UInt8]
        do {
            mail = try await compose(message, in: channel, address: address).compose()
        } catch let error as MailError {
            throw BridgeError.giveUp(reason: "the mail cannot be written: \(error)")
        }
        let receipt: SMTPReceipt
        do {
            receipt = try await client.sendMail(
                SMTPDelivery(server: server, sender: from ?? address, recipients: recipients, message: mail))
        } catch let error as HTTPClientError {
            throw MailRelay.failure(error)
        }
        try await settle(receipt, message.id, recipients, delivered)
    }

    // MARK: Recipients

    private func recipients(of message: Message) async throws -> [String] {
        var all = to
        if sendsToMembers {
            all += try await context.chat.emailAddresses(in: message.channelID, of: context.app)
                .filter { $0.user.id != message.author.id }.map(\.email)
        }
        if answersSenders, let root = message.threadRootID, let sender = try await threads.sender(of: root) {
            all.append(sender)
        }
        var seen: Set<String> = []
        // Mail to ourselves would come back as a message.
        return all.filter { EmailBridge.isAddress($0) && !book.isOwn($0) && seen.insert($0.lowercased()).inserted }
    }

    /// A bot may answer a mail's message before it is noted whose mail it was.
    private func waitForMail(behind message: Message) async throws {
        guard let id = message.threadRootID, try await threads.isUnknown(id),
            let root = try await context.chat.message(id, in: context.app),
            root.author.kind == .bot, root.author.handle == "bridge-\(context.name)",
            let time = Timestamp.parse(root.createdAt), context.now() - time < Self.longestNoting
        else { return }
        throw BridgeError.retry(after: .milliseconds(100), reason: "the mail that it answers is still being taken in")
    }

    /// Those whom an earlier try has reached.
    private func deliveredRecipients(of message: MessageID) async throws -> Set<String> {
        let text = try await context.store.value("delivered.\(message)") ?? ""
        return Set(text.split(separator: "\n").map(String.init))
    }

    /// Some may have been refused while the mail went to the others.
    private func settle(
        _ receipt: SMTPReceipt, _ message: MessageID, _ recipients: [String], _ delivered: Set<String>
    ) async throws {
        for refusal in receipt.refused {
            context.log.warn(
                "mail.refused",
                [
                    "message": "\(message)", "code": "\(refusal.replyCode)",
                    "reply": String(refusal.replyText.prefix(200)),
                ])
        }
        guard let later = receipt.refused.first(where: \.isRetriable) else { return }
        let refused = Set(receipt.refused.filter(\.isRetriable).map(\.recipient))
        let done = delivered.union(recipients.filter { !refused.contains($0) })
        try await context.store.set(done.sorted().joined(separator: "\n"), for: "delivered.\(message)")
        throw BridgeError.retry(reason: "the relay refused a recipient for now: \(later.replyCode)")
    }

    // MARK: The mail

    private func compose(_ message: Message, in channel: Channel, address: String) async throws -> MailComposer {
        var mail = MailComposer(
            from: MailAddress(name: message.author.name, address: from ?? address),
            // The list itself: who gets the mail is nobody else's business.
            to: [MailAddress(name: "#\(channel.name)", address: address)],
            subject: "[\(channel.name)] \(Self.firstLine(message.text))", text: message.text,
            date: Timestamp.parse(message.createdAt) ?? context.now(),
            messageID: threads.identifier(of: message.id))
        mail.replyTo = [MailAddress(name: "#\(channel.name)", address: address)]
        if let root = message.threadRootID {
            let known = try await threads.known(root)
            mail.inReplyTo = known
            mail.references = [known]
            if let subject = try await threads.subject(of: root) {
                mail.subject = subject.lowercased().hasPrefix("re:") ? subject : "Re: \(subject)"
            } else if let first = try await context.chat.message(root, in: context.app) {
                mail.subject = "Re: [\(channel.name)] \(Self.firstLine(first.text))"
            }
        }
        let label = String(decoding: channel.name.lowercased().utf8.map(Self.labelByte), as: UTF8.self)
        mail.headers = [
            ("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"), ("Precedence", "list"),
            ("List-Id", "<\(label).\(book.domain)>"),
        ]
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
