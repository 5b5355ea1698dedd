/// Something that was said in a channel.
public struct Message: Sendable, Codable, Hashable {
    /// How a message is meant and shown.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Somebody said it.
        case text
        /// Somebody does it: `/me waves`.
        case action
        /// An announcement that no program must answer (RFC 2812, NOTICE).
        case notice
        /// The system reports it: somebody joined, the topic changed.
        case system
    }

    /// Numbers the message on the whole server.
    public var id: MessageID
    /// Numbers the message in its channel, from 1 without a gap; what clients order by.
    public var seq: Int64
    /// Where it was said.
    public var channelID: ChannelID
    /// Who said it.
    public var author: Author
    /// How it is meant.
    public var kind: Kind
    /// What was said, Markdown; empty once it was deleted.
    public var text: String
    /// What goes with the text: attachments and blocks in Slack's shape.
    public var content: JSONValue?
    /// Whom the text mentions; nil when it mentions nobody.
    public var mentions: MessageMentions?
    /// The message that this one answers, when it belongs to a thread.
    public var threadRootID: MessageID?
    /// How many messages answer this one.
    public var replyCount: Int
    /// Who reacted with what.
    public var reactions: [ReactionCount]
    /// The sender's own mark of this message; sending it again does not send twice.
    public var nonce: String?
    /// The moderation rules that marked it.
    public var flags: [String]
    /// How many automations this message came through; 0 when a person wrote it.
    public var hops: Int
    /// When it was said, RFC 3339.
    public var createdAt: String
    /// When it was last changed, RFC 3339.
    public var editedAt: String?
    /// When it was deleted, RFC 3339.
    public var deletedAt: String?

    /// Makes a value; nothing is stored.
    public init(
        id: MessageID, seq: Int64, channelID: ChannelID, author: Author, kind: Kind = .text, text: String,
        content: JSONValue? = nil, mentions: MessageMentions? = nil, threadRootID: MessageID? = nil,
        replyCount: Int = 0, reactions: [ReactionCount] = [], nonce: String? = nil, flags: [String] = [], hops: Int = 0,
        createdAt: String, editedAt: String? = nil, deletedAt: String? = nil
    ) {
        self.id = id
        self.seq = seq
        self.channelID = channelID
        self.author = author
        self.kind = kind
        self.text = text
        self.content = content
        self.mentions = mentions
        self.threadRootID = threadRootID
        self.replyCount = replyCount
        self.reactions = reactions
        self.nonce = nonce
        self.flags = flags
        self.hops = hops
        self.createdAt = createdAt
        self.editedAt = editedAt
        self.deletedAt = deletedAt
    }

    enum CodingKeys: String, CodingKey {
        case id, seq, author, kind, text, content, mentions, reactions, nonce, flags, hops
        case channelID = "channel_id"
        case threadRootID = "thread_root_id"
        case replyCount = "reply_count"
        case createdAt = "created_at"
        case editedAt = "edited_at"
        case deletedAt = "deleted_at"
    }

    /// Reads what a server of any version sends; what is missing has its default.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(MessageID.self, forKey: .id)
        seq = try values.decode(Int64.self, forKey: .seq)
        channelID = try values.decode(ChannelID.self, forKey: .channelID)
        author = try values.decode(Author.self, forKey: .author)
        kind = try values.decodeIfPresent(Kind.self, forKey: .kind) ?? .text
        text = try values.decode(String.self, forKey: .text)
        content = try values.decodeIfPresent(JSONValue.self, forKey: .content)
        mentions = try values.decodeIfPresent(MessageMentions.self, forKey: .mentions)
        threadRootID = try values.decodeIfPresent(MessageID.self, forKey: .threadRootID)
        replyCount = try values.decodeIfPresent(Int.self, forKey: .replyCount) ?? 0
        reactions = try values.decodeIfPresent([ReactionCount].self, forKey: .reactions) ?? []
        nonce = try values.decodeIfPresent(String.self, forKey: .nonce)
        flags = try values.decodeIfPresent([String].self, forKey: .flags) ?? []
        hops = try values.decodeIfPresent(Int.self, forKey: .hops) ?? 0
        createdAt = try values.decode(String.self, forKey: .createdAt)
        editedAt = try values.decodeIfPresent(String.self, forKey: .editedAt)
        deletedAt = try values.decodeIfPresent(String.self, forKey: .deletedAt)
    }
}

/// One emoji under a message and how often it stands there.
public struct ReactionCount: Sendable, Codable, Hashable {
    /// The emoji in its one form: `👍`, whatever it was asked for by.
    public var emoji: String
    /// How many users reacted with it.
    public var count: Int

    /// Makes a value; nothing is stored.
    public init(emoji: String, count: Int) {
        self.emoji = emoji
        self.count = count
    }
}
