import BridgeKit
import ChatModel
import Foundation
import HTTPClient
import MIME
import Settings
import Telemetry

/// Makes mails of messages and hands them to the relay.
struct MailSender: Sendable {
    /// Who gets one mail, and what it says of that.
    private enum Audience {
        /// Those who follow the channel: the mail is to the channel itself, and who gets it is nobody else's business.
        case list
        /// Whoever wrote the mail that is answered: a mail from one person to another.
        case sender(String)
    }

    private let context: BridgeContext
    private let book: AddressBook
    private let threads: MailThreads
    private let undelivered: UndeliveredMail
    private let server: SMTPDelivery.Server
    private let from: String?
    private let to: [String]
    private let sendsToMembers: Bool
    private let answersSenders: Bool
    private let recipientsPerMail: Int
    private let client: any BridgeMailClient

    init(
        settings: Settings, relay: Settings, context: BridgeContext, book: AddressBook, threads: MailThreads,
        undelivered: UndeliveredMail
    ) {
        self.context = context
        self.book = book
        self.threads = threads
        self.undelivered = undelivered
        server = MailRelay.server(relay, helloName: book.domain)
        from = relay.optionalString("from")
        to = settings.strings("to")
        sendsToMembers = settings.boolean("members")
        answersSenders = settings.boolean("answer_senders")
        recipientsPerMail = settings.integer("recipients_per_mail")
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
        let root = try await root(of: message)
        let record = if let root { try await threads.record(of: root) } else { MailRecord?.none }
        var progress = try await MailProgress(of: message.id, in: context.store)
        let letters = try await letters(message, record)
        guard letters.contains(where: { !$0.recipients.allSatisfy(progress.isSettled) }) else { return }
        let author = MailWriter(
            context: context, book: book, threads: threads, message: message, channel: channel, address: address,
            root: root, record: record, from: from)
        var failure: BridgeError?
        for (audience, recipients) in letters {
            do {
                try await send(audience, recipients, author, &progress)
            } catch let error as BridgeError {
                // What befalls one of the two mails does not keep back the other.
                failure = failure ?? error
            }
        }
        if !progress.reached.isEmpty, let root {
            try await threads.extend(root.id, by: threads.identifier(of: message.id))
        }
        try await settle(progress, failure, message)
    }

    private func root(of message: Message) async throws -> Message? {
        guard let id = message.threadRootID else { return nil }
        return try await context.chat.message(id, in: context.app)
    }

    // MARK: Recipients

    private func letters(
        _ message: Message, _ record: MailRecord?
    ) async throws -> [(audience: Audience, recipients: [String])] {
        var all = to
        if sendsToMembers {
            all += try await context.chat.emailAddresses(in: message.channelID, of: context.app)
                .filter { $0.user.id != message.author.id }.map(\.email)
        }
        var seen: Set<String> = []
        var letters: [(audience: Audience, recipients: [String])] = []
        if answersSenders, let sender = record?.answersTo, isUsable(sender) {
            seen.insert(sender.lowercased())
            letters.append((.sender(sender), [sender]))
        }
        let list = all.filter { isUsable($0) && seen.insert($0.lowercased()).inserted }
        if !list.isEmpty { letters.append((.list, list)) }
        return letters
    }

    /// Mail to ourselves would come back as a message.
    private func isUsable(_ address: String) -> Bool { EmailBridge.isAddress(address) && !book.isOwn(address) }

    // MARK: Sending

    private func send(
        _ audience: Audience, _ recipients: [String], _ author: MailWriter, _ progress: inout MailProgress
    ) async throws {
        var waiting: [String] = []
        for recipient in recipients where !progress.isSettled(recipient) {
            if let reason = try await undelivered.marks.reason(recipient) {
                progress.refused.insert(recipient.lowercased())
                let bounce = MailBounce(recipient: recipient, isPermanent: true, status: "", reason: reason)
                try await undelivered.tell(bounce, at: author.message)
            } else {
                waiting.append(recipient)
            }
        }
        guard !waiting.isEmpty else { return }
        let mail: [UInt8]
        do {
            mail =
                switch audience {
                case .list: try await author.listMail().compose()
                case .sender(let address): try await author.answer(to: address).compose()
                }
        } catch let error as MailError {
            throw BridgeError.giveUp(reason: "the mail cannot be written: \(error)")
        }
        let sender = if let from { from } else { try await book.bounceAddress(author.address, of: author.message.id) }
        while !waiting.isEmpty {
            let group = Array(waiting.prefix(recipientsPerMail))
            waiting.removeFirst(group.count)
            let refused = try await deliver(mail, sender: sender, to: group)
            let reached = Set(group).subtracting(refused.map(\.recipient))
            for recipient in reached { progress.reached.insert(recipient.lowercased()) }
            for refusal in refused {
                // A relay that takes fewer in one go takes the others in the next.
                if refusal.replyCode == 452, !reached.isEmpty {
                    waiting.append(refusal.recipient)
                } else {
                    try await note(refusal, author.message, &progress)
                }
            }
            if !waiting.isEmpty { try await progress.save(in: context.store) }
        }
    }

    /// - Returns: Who was refused, and how.
    private func deliver(
        _ mail: [UInt8], sender: String, to recipients: [String]
    ) async throws -> [SMTPReceipt.Refusal] {
        do {
            return try await client.sendMail(
                SMTPDelivery(server: server, sender: sender, recipients: recipients, message: mail)
            ).refused
        } catch let error as HTTPClientError {
            // The relay had nothing against the mail, but against each of those who should get it.
            if Set(error.refusals.map(\.recipient)).isSuperset(of: recipients) { return error.refusals }
            throw MailRelay.failure(error)
        }
    }

    private func note(
        _ refusal: SMTPReceipt.Refusal, _ message: Message, _ progress: inout MailProgress
    ) async throws {
        context.log.warn(
            "mail.refused",
            [
                "message": "\(message.id)", "code": "\(refusal.replyCode)",
                "reply": String(refusal.replyText.prefix(200)),
            ])
        guard !refusal.isRetriable else {
            progress.waiting[refusal.recipient.lowercased()] = "\(refusal.replyCode) \(refusal.replyText)"
            return
        }
        progress.refused.insert(refusal.recipient.lowercased())
        progress.wasRefused = true
        let bounce = MailBounce(
            recipient: refusal.recipient, replyCode: refusal.replyCode, replyText: refusal.replyText)
        try await undelivered.tell(bounce, at: message)
    }

    /// Keeps who has got the mail, and asks for the event again when somebody has not.
    private func settle(_ progress: MailProgress, _ failure: BridgeError?, _ message: Message) async throws {
        var progress = progress
        if progress.waiting.isEmpty {
            if let failure {
                if progress.isWorthKeeping { try await progress.save(in: context.store) }
                throw failure
            }
            if progress.reached.isEmpty, progress.wasRefused, !progress.wasKept {
                throw BridgeError.giveUp(reason: "the relay refused all recipients for good")
            }
            return
        }
        let now = context.now()
        guard let again = progress.nextTry(now) else {
            // RFC 5321, section 4.5.4.1: a sender gives up after some days.
            for (recipient, reason) in progress.waiting {
                progress.refused.insert(recipient)
                try await undelivered.tell(
                    MailBounce(recipient: recipient, isPermanent: false, status: "", reason: reason), at: message)
            }
            progress.waiting = [:]
            try await progress.save(in: context.store)
            return
        }
        try await progress.save(in: context.store)
        // The others in the channel do not wait for it.
        throw failure ?? BridgeError.later(at: again)
    }
}
