import BridgeKit
import ChatModel
import Crypto
import Foundation
import MIME

/// Finds the thread of a mail, and what an answer to it has to name.
struct MailThreads: Sendable {
    private static let maximumReferences = 20
    /// Identifiers in the chain of a thread; RFC 5322 lets the middle be left out.
    private static let longestChain = 20

    let context: BridgeContext
    let domain: String
    let key: MailKey
    private let memory: MailMemory

    init(context: BridgeContext, domain: String, key: MailKey) {
        self.context = context
        self.domain = domain
        self.key = key
        memory = MailMemory(context.store)
    }

    /// The identifier under which a message leaves; the same at each try.
    func identifier(of message: MessageID) async throws -> String {
        "m.\(message).\(try await key().sign(.identifier, message)).\(context.name)@\(domain)"
    }

    /// The message behind an identifier of our own making.
    func message(ofOwn identifier: String) async throws -> MessageID? {
        let end = ".\(context.name)@\(domain)"
        guard identifier.hasPrefix("m."), identifier.lowercased().hasSuffix(end.lowercased()) else { return nil }
        let parts = identifier.dropFirst(2).dropLast(end.count).split(separator: ".")
        guard parts.count == 2, let message = Int64(parts[0]).map({ MessageID($0) }),
            try await key().isSigned(parts[1], .identifier, message)
        else { return nil }
        return message
    }

    // MARK: Inwards

    /// Notes which message a mail has become; the first mail with an identifier keeps it.
    func remember(_ message: Message, identifier: String) async throws {
        try await memory.keep("\(message.id)", for: Self.key(identifier, message.channelID))
    }

    /// The message that an earlier mail with this identifier became.
    ///
    /// - Parameter isLikely: Whether it is looked for although none came lately.
    func earlier(_ identifier: String, in channel: ChannelID, isLikely: Bool) async throws -> Message? {
        let key = Self.key(identifier, channel)
        guard isLikely || memory.isRecent(key),
            let id = try await context.store.value(key).flatMap({ Int64($0) })
        else { return nil }
        return try await message(MessageID(id), in: channel)
    }

    /// The message that a mail answers: the nearest of those it names that is in the channel.
    func parent(of mail: MailMessage, in channel: ChannelID) async throws -> Message? {
        for identifier in (mail.inReplyTo.reversed() + mail.references.reversed()).prefix(Self.maximumReferences) {
            var id = try await message(ofOwn: identifier)
            if id == nil {
                id = try await context.store.value(Self.key(identifier, channel)).flatMap { Int64($0) }
                    .map { MessageID($0) }
            }
            if let id, let message = try await message(id, in: channel) { return message }
        }
        return nil
    }

    func message(_ id: MessageID, in channel: ChannelID) async throws -> Message? {
        guard let message = try await context.chat.message(id, in: context.app), message.channelID == channel else {
            return nil
        }
        return message
    }

    // MARK: Outwards

    /// The mail that a message was; nil when it was none of this bridge's.
    func record(of message: Message) async throws -> MailRecord? {
        // What others say in `content` is not believed: it would send mail to whom they like.
        guard message.author.kind == .bot, message.author.id == (try await context.chat.bot(in: context.app)) else {
            return nil
        }
        if let record = MailRecord(message.content) { return record }
        return try await oldRecord(of: message.id)
    }

    /// What earlier versions kept beside the message.
    private func oldRecord(of message: MessageID) async throws -> MailRecord? {
        guard let identifier = try await context.store.value("identifier.\(message)") else { return nil }
        var record = MailRecord(["mail": .object([:])])
        record?.identifier = identifier
        record?.subject = try await context.store.value("subject.\(message)") ?? ""
        record?.answersTo = try await context.store.value("sender.\(message)")
        return record
    }

    /// The identifiers of the thread's mails so far, the first one first.
    func chain(of root: MessageID) async throws -> [String] {
        let text = try await context.store.value("chain.\(root)") ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// Notes one more mail of a thread.
    func extend(_ root: MessageID, by identifier: String) async throws {
        guard MailComposer.isIdentifier(identifier) else { return }
        var chain = try await chain(of: root)
        guard !chain.contains(identifier) else { return }
        chain.append(identifier)
        if chain.count > Self.longestChain { chain.remove(at: 1) }
        try await context.store.set(chain.joined(separator: "\n"), for: "chain.\(root)")
    }

    private static func key(_ identifier: String, _ channel: ChannelID) -> String {
        "mail.\(Hex.encode(Digest.sha256(Array(identifier.utf8)))).\(channel)"
    }
}
