import BridgeKit
import ChatModel
import Crypto

/// Remembers which mail became which message, so that answers find their thread in both directions.
struct MailThreads: Sendable {
    private static let maximumReferences = 20

    let context: BridgeContext
    let domain: String

    /// The identifier under which a message leaves; the same at each try.
    func identifier(of message: MessageID) -> String { "m.\(message).\(context.name)@\(domain)" }

    /// The message behind an identifier of our own making.
    func message(ofOwn identifier: String) -> MessageID? {
        let end = ".\(context.name)@\(domain)"
        guard identifier.hasPrefix("m."), identifier.lowercased().hasSuffix(end) else { return nil }
        return Int64(identifier.dropFirst(2).dropLast(end.count)).map { MessageID($0) }
    }

    // MARK: Inwards

    func remember(_ message: Message, identifier: String, subject: String, sender: String?) async throws {
        let store = context.store
        try await store.set("\(message.id)", for: Self.key(identifier, message.channelID))
        try await store.set(subject, for: "subject.\(message.id)")
        if let sender { try await store.set(sender, for: "sender.\(message.id)") }
        // Last: where it stands, the rest stands too.
        try await store.set(identifier, for: "identifier.\(message.id)")
    }

    /// The message that a mail answers: the nearest of those it names that is in the channel.
    func parent(inReplyTo: [String], references: [String], in channel: ChannelID) async throws -> Message? {
        for identifier in (inReplyTo.reversed() + references.reversed()).prefix(Self.maximumReferences) {
            var id = message(ofOwn: identifier)
            if id == nil {
                id = try await context.store.value(Self.key(identifier, channel)).flatMap { Int64($0) }
                    .map { MessageID($0) }
            }
            guard let id, let message = try await context.chat.message(id, in: context.app),
                message.channelID == channel
            else { continue }
            return message
        }
        return nil
    }

    // MARK: Outwards

    /// Whether nothing is noted of a mail behind the message.
    func isUnknown(_ message: MessageID) async throws -> Bool {
        try await context.store.value("identifier.\(message)") == nil
    }

    /// The identifier that the readers of a message know it by.
    func known(_ message: MessageID) async throws -> String {
        try await context.store.value("identifier.\(message)") ?? identifier(of: message)
    }

    func subject(of message: MessageID) async throws -> String? {
        try await context.store.value("subject.\(message)")
    }

    /// Who sent the mail that became a message, if an answer may go there.
    func sender(of message: MessageID) async throws -> String? {
        try await context.store.value("sender.\(message)")
    }

    private static func key(_ identifier: String, _ channel: ChannelID) -> String {
        "mail.\(Hex.encode(Digest.sha256(Array(identifier.utf8)))).\(channel)"
    }
}
