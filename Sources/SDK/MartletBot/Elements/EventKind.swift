import Foundation

/// A kind of event and the type of what it carries.
public struct EventKind<Payload: Sendable>: Sendable {
    let type: EventType
    let decode: @Sendable (Event) throws -> Payload
}

extension EventKind where Payload: Decodable {
    fileprivate init(decoding type: EventType) {
        self.init(type: type) { event in
            if let payload = event.decodedData as? Payload { return payload }
            do {
                return try JSONDecoder().decode(Payload.self, from: JSONEncoder().encode(event.data))
            } catch {
                throw BotError(.badAnswer, "the server sent a \(event.type) event that this version cannot read")
            }
        }
    }
}

extension EventKind where Payload == Message {
    /// A message was sent; the same as ``messageCreated``.
    public static var message: EventKind { messageCreated }
    /// A message was sent.
    public static var messageCreated: EventKind { EventKind(decoding: .messageCreated) }
    /// A message was changed; the payload is the message as it is now.
    public static var messageUpdated: EventKind { EventKind(decoding: .messageUpdated) }
    /// A message was deleted; the payload is the message without its text.
    public static var messageDeleted: EventKind { EventKind(decoding: .messageDeleted) }
}

extension EventKind where Payload == Reaction {
    /// Somebody reacted to a message.
    public static var reactionAdded: EventKind { EventKind(decoding: .reactionAdded) }
    /// Somebody took a reaction back.
    public static var reactionRemoved: EventKind { EventKind(decoding: .reactionRemoved) }
}

extension EventKind where Payload == Member {
    /// Somebody became a member of a channel.
    public static var memberAdded: EventKind { EventKind(decoding: .memberAdded) }
    /// Somebody is no member of a channel any more.
    public static var memberRemoved: EventKind { EventKind(decoding: .memberRemoved) }
}

extension EventKind where Payload == Channel {
    /// A channel was made.
    public static var channelCreated: EventKind { EventKind(decoding: .channelCreated) }
    /// A channel was changed or archived.
    public static var channelUpdated: EventKind { EventKind(decoding: .channelUpdated) }
}

extension EventKind where Payload == JSONValue {
    /// An event of any type, with its data as it came.
    public static func any(_ type: EventType) -> EventKind { EventKind(type: type) { $0.data } }
}

/// A reaction that was added to a message or taken back.
public struct Reaction: Sendable, Codable, Hashable {
    /// The message under which it stands.
    public var messageID: MessageID
    /// The message's number in its channel.
    public var seq: Int64
    /// Who reacted.
    public var user: Author
    /// The emoji in its one form: `👍`, whatever it was asked for by.
    public var emoji: String

    /// Makes a value; nothing is sent.
    public init(messageID: MessageID, seq: Int64, user: Author, emoji: String) {
        self.messageID = messageID
        self.seq = seq
        self.user = user
        self.emoji = emoji
    }

    enum CodingKeys: String, CodingKey {
        case seq, user, emoji
        case messageID = "message_id"
    }
}
