/// Something that happened, as every interface sends it: to browsers, bots, webhooks and bridges alike.
public struct Event: Sendable, Codable, Hashable {
    /// Its place in the log; the same at each repeat.
    public var cursor: Cursor
    /// What happened: `message.created`.
    public var type: EventType
    /// The version of the shape of `data`.
    public var version: Int
    /// Where it happened, when it belongs to a channel.
    public var channelID: ChannelID?
    /// Who did it.
    public var actorID: UserID?
    /// What it happened to: the message, the member.
    public var subjectID: Int64?
    /// How many automations it came through.
    public var hops: Int
    /// When it was stored, RFC 3339.
    public var at: String
    /// Set when ``data`` is not what was written then: the message was deleted or edited since.
    public var redacted: Redaction?
    /// What there is to know, in the shape that `type` and `version` tell.
    public var data: JSONValue {
        get { content.json }
        set { content = .json(newValue) }
    }

    /// Why the data of an event is another one than was written.
    public enum Redaction: String, Sendable, Codable, CaseIterable {
        /// The message was deleted: it comes without its text and attachments.
        case deleted
        /// The message was edited: it comes with its present text.
        case edited
    }

    var content: Content

    /// Makes a value; nothing is stored.
    public init(
        cursor: Cursor, type: EventType, version: Int = 1, channelID: ChannelID?, actorID: UserID?,
        subjectID: Int64? = nil, hops: Int = 0, at: String, redacted: Redaction? = nil, data: JSONValue
    ) {
        self.cursor = cursor
        self.type = type
        self.version = version
        self.channelID = channelID
        self.actorID = actorID
        self.subjectID = subjectID
        self.hops = hops
        self.at = at
        self.redacted = redacted
        content = .json(data)
    }

    package enum CodingKeys: String, CodingKey {
        case cursor, type, version, hops, at, redacted
        case content = "data"
        case channelID = "channel_id"
        case actorID = "actor_id"
        case subjectID = "subject_id"
    }
}

/// The name of a kind of event; a server may send kinds that an older client does not know.
public struct EventType: Sendable, Hashable, Codable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The dotted name.
    public let description: String

    /// Takes any dotted name.
    public init(_ name: String) { description = name }
    /// Takes any dotted name.
    public init(stringLiteral value: String) { description = value }

    /// Reads a JSON string.
    public init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes a JSON string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// A message was sent; `data` is the ``Message``.
    public static let messageCreated: EventType = "message.created"
    /// A message was changed; `data` is the ``Message`` as it is now.
    public static let messageUpdated: EventType = "message.updated"
    /// A message was deleted; `data` is the ``Message`` without its text.
    public static let messageDeleted: EventType = "message.deleted"
    /// Somebody reacted; `data` has `message_id`, `seq`, `user`, `emoji`.
    public static let reactionAdded: EventType = "reaction.added"
    /// Somebody took a reaction back.
    public static let reactionRemoved: EventType = "reaction.removed"
    /// Somebody became a member; `data` is the ``Member``.
    public static let memberAdded: EventType = "member.added"
    /// A member has another role.
    public static let memberUpdated: EventType = "member.updated"
    /// Somebody is no member any more.
    public static let memberRemoved: EventType = "member.removed"
    /// A channel was made; `data` is the ``Channel``.
    public static let channelCreated: EventType = "channel.created"
    /// A channel was changed or archived.
    public static let channelUpdated: EventType = "channel.updated"
    /// A channel gives or takes something beside the roles; `data` is the ``ChannelOverride``.
    public static let overrideUpdated: EventType = "override.updated"
    /// An override is no more; `data` has `subject` and `subject_id`.
    public static let overrideDeleted: EventType = "override.deleted"
    /// A user was made; `data` has `id`, `handle`, `name`, `kind`.
    public static let userCreated: EventType = "user.created"
    /// A user was changed or closed.
    public static let userUpdated: EventType = "user.updated"
    /// The user has read up to `read_seq`; only that user gets it.
    public static let readUpdated: EventType = "read.updated"
    /// Somebody chose other words at which they want to be told.
    public static let keywordsUpdated: EventType = "keywords.updated"
    /// One of the user's log-ins was ended; only that user gets it.
    public static let sessionEnded: EventType = "session.ended"
    /// A role of the app's own was made; `data` has `id`, `name`, `capabilities`, `rank`.
    public static let roleCreated: EventType = "role.created"
    /// A role of the app's own was changed.
    public static let roleUpdated: EventType = "role.updated"
    /// A role of the app's own is no more.
    public static let roleDeleted: EventType = "role.deleted"
    /// A user was given a role of the app's own; `data` has `user` and `role`.
    public static let userRoleAdded: EventType = "user.role_added"
    /// A role of the app's own was taken from a user.
    public static let userRoleRemoved: EventType = "user.role_removed"
    /// A message was refused or marked by a rule; administrators get it.
    public static let moderationActed: EventType = "moderation.acted"
    /// An incoming webhook was made; administrators get it.
    public static let hookCreated: EventType = "hook.created"
    /// Somebody else answers for an incoming webhook; administrators get it.
    public static let hookUpdated: EventType = "hook.updated"
    /// An incoming webhook was revoked; administrators get it.
    public static let hookDeleted: EventType = "hook.deleted"
    /// A bot was made; administrators get it.
    public static let botCreated: EventType = "bot.created"
    /// A bot's account was changed; administrators get it.
    public static let botUpdated: EventType = "bot.updated"
    /// A bot got a new token; administrators get it.
    public static let botTokenRotated: EventType = "bot.token_rotated"
    /// A bot was closed; administrators get it.
    public static let botDeleted: EventType = "bot.deleted"
    /// A bridge has begun to work; administrators get it, as they get all that follow.
    public static let bridgeStarted: EventType = "bridge.started"
    /// A bridge works by another file than before.
    public static let bridgeChanged: EventType = "bridge.changed"
    /// A bridge was switched off, or its file was taken away.
    public static let bridgeStopped: EventType = "bridge.stopped"
    /// The file of a bridge has errors.
    public static let bridgeBroken: EventType = "bridge.broken"
    /// A bridge rests.
    public static let bridgePaused: EventType = "bridge.paused"
    /// A bridge goes on.
    public static let bridgeResumed: EventType = "bridge.resumed"
    /// What a bridge writes to does not answer.
    public static let bridgeTargetDown: EventType = "bridge.target_down"
    /// What a bridge writes to answers again.
    public static let bridgeTargetBack: EventType = "bridge.target_back"
    /// A bridge has given an event up.
    public static let bridgeDeadLetter: EventType = "bridge.dead_letter"

    /// Every kind that this version sends.
    public static let all: [EventType] = [
        messageCreated, messageUpdated, messageDeleted, reactionAdded, reactionRemoved, memberAdded, memberUpdated,
        memberRemoved,
        channelCreated, channelUpdated, overrideUpdated, overrideDeleted, userCreated, userUpdated, readUpdated,
        keywordsUpdated, sessionEnded, roleCreated, roleUpdated, roleDeleted, userRoleAdded, userRoleRemoved,
        moderationActed,
        hookCreated, hookUpdated, hookDeleted, botCreated, botUpdated, botTokenRotated, botDeleted, bridgeStarted,
        bridgeChanged,
        bridgeStopped, bridgeBroken, bridgePaused, bridgeResumed, bridgeTargetDown, bridgeTargetBack,
        bridgeDeadLetter,
    ]
}
