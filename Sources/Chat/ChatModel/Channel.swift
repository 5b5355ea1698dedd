/// Where messages are written and counted.
public struct Channel: Sendable, Codable, Hashable {
    /// Who can find and join a channel.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Found and joined by every member of the app.
        case `public`
        /// Found by its members; others are added by them.
        case `private`
        /// A few people without a name.
        case group
        /// Two people; there is one for each pair.
        case direct
    }

    /// What a member sees of what was said before it came.
    public enum History: String, Sendable, Codable, CaseIterable {
        /// Everything.
        case all
        /// Nothing: messages, answers, searches and events begin where the member came.
        case sinceJoined = "since_joined"
    }

    /// Numbers the channel.
    public var id: ChannelID
    /// Who can find and join it.
    public var kind: Kind
    /// Unique in the app for public and private channels; empty for the others.
    public var name: String
    /// What the channel is for.
    public var topic: String
    /// The number of the newest message; messages are counted from 1 without a gap.
    public var lastSeq: Int64
    /// An archived channel can be read but not written.
    public var isArchived: Bool
    /// What a member sees of what was said before it came.
    public var history: History
    /// Whether only moderators and owners send in it; others answer and react.
    public var isAnnouncement: Bool
    /// Seconds that a member waits from one message to the next; 0 for none.
    public var slowMode: Int
    /// When it was made, RFC 3339.
    public var createdAt: String
    /// How the asking user stands to the channel; nil when it is not a member.
    public var membership: Membership?
    /// What the asking user may do in it; nil where nobody asked for themselves, as in events.
    public var ownCapabilities: Capability?

    /// Makes a value; nothing is stored.
    public init(
        id: ChannelID, kind: Kind, name: String, topic: String, lastSeq: Int64, isArchived: Bool, createdAt: String,
        history: History = .all, isAnnouncement: Bool = false, slowMode: Int = 0, membership: Membership?,
        ownCapabilities: Capability? = nil
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.topic = topic
        self.lastSeq = lastSeq
        self.isArchived = isArchived
        self.createdAt = createdAt
        self.history = history
        self.isAnnouncement = isAnnouncement
        self.slowMode = slowMode
        self.membership = membership
        self.ownCapabilities = ownCapabilities
    }

    enum CodingKeys: String, CodingKey {
        case id, kind, name, topic, history, membership
        case lastSeq = "last_seq"
        case isArchived = "is_archived"
        case isAnnouncement = "is_announcement"
        case slowMode = "slow_mode"
        case ownCapabilities = "own_capabilities"
        case createdAt = "created_at"
    }

    /// Reads what a server of any version sends.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(ChannelID.self, forKey: .id)
        kind = try values.decode(Kind.self, forKey: .kind)
        name = try values.decode(String.self, forKey: .name)
        topic = try values.decode(String.self, forKey: .topic)
        lastSeq = try values.decode(Int64.self, forKey: .lastSeq)
        isArchived = try values.decode(Bool.self, forKey: .isArchived)
        history = try values.decodeIfPresent(History.self, forKey: .history) ?? .all
        createdAt = try values.decode(String.self, forKey: .createdAt)
        isAnnouncement = try values.decodeIfPresent(Bool.self, forKey: .isAnnouncement) ?? false
        slowMode = try values.decodeIfPresent(Int.self, forKey: .slowMode) ?? 0
        membership = try values.decodeIfPresent(Membership.self, forKey: .membership)
        ownCapabilities = try values.decodeIfPresent(Capability.self, forKey: .ownCapabilities)
    }
}

/// How one user stands to one channel.
public struct Membership: Sendable, Codable, Hashable {
    /// What a member may do in the channel.
    public enum Role: String, Sendable, Codable, CaseIterable {
        /// May change and archive the channel, and everything below.
        case owner
        /// May delete others' messages, add and remove members.
        case moderator
        /// May read and write.
        case member
    }

    /// The role in the channel.
    public var role: Role
    /// The number of the last message that the user has read.
    public var readSeq: Int64
    /// How many messages came after it.
    public var unreadCount: Int64
    /// How many of those mention the user, all members, or one of the user's keywords; 1,000 is the most that is counted.
    public var mentionCount: Int64

    /// Makes a value; nothing is stored.
    public init(role: Role, readSeq: Int64, unreadCount: Int64, mentionCount: Int64 = 0) {
        self.role = role
        self.readSeq = readSeq
        self.unreadCount = unreadCount
        self.mentionCount = mentionCount
    }

    enum CodingKeys: String, CodingKey {
        case role
        case readSeq = "read_seq"
        case unreadCount = "unread_count"
        case mentionCount = "mention_count"
    }

    /// Reads what a server of any version sends.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        role = try values.decode(Role.self, forKey: .role)
        readSeq = try values.decode(Int64.self, forKey: .readSeq)
        unreadCount = try values.decode(Int64.self, forKey: .unreadCount)
        mentionCount = try values.decodeIfPresent(Int64.self, forKey: .mentionCount) ?? 0
    }
}

/// One member of a channel.
public struct Member: Sendable, Codable, Hashable {
    /// Who it is.
    public var user: Author
    /// The role in the channel.
    public var role: Membership.Role
    /// The number of the last message that the member has read.
    public var readSeq: Int64
    /// When that was said last, RFC 3339; nil while nothing was.
    public var readAt: String?
    /// The number of the newest message that has reached the member, on any device; never below ``readSeq``.
    public var deliveredSeq: Int64
    /// When that was said last, RFC 3339; nil while nothing was.
    public var deliveredAt: String?
    /// When the member joined, RFC 3339.
    public var joinedAt: String

    /// Makes a value; nothing is stored.
    ///
    /// - Parameter deliveredSeq: ``readSeq`` when left out.
    public init(
        user: Author, role: Membership.Role, readSeq: Int64, readAt: String? = nil, deliveredSeq: Int64? = nil,
        deliveredAt: String? = nil, joinedAt: String
    ) {
        self.user = user
        self.role = role
        self.readSeq = readSeq
        self.readAt = readAt
        self.deliveredSeq = max(readSeq, deliveredSeq ?? readSeq)
        self.deliveredAt = deliveredAt
        self.joinedAt = joinedAt
    }

    enum CodingKeys: String, CodingKey {
        case user, role
        case readSeq = "read_seq"
        case readAt = "read_at"
        case deliveredSeq = "delivered_seq"
        case deliveredAt = "delivered_at"
        case joinedAt = "joined_at"
    }

    /// Reads what a server of any version sends.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        user = try values.decode(Author.self, forKey: .user)
        role = try values.decode(Membership.Role.self, forKey: .role)
        readSeq = try values.decode(Int64.self, forKey: .readSeq)
        readAt = try values.decodeIfPresent(String.self, forKey: .readAt)
        deliveredSeq = try values.decodeIfPresent(Int64.self, forKey: .deliveredSeq) ?? readSeq
        deliveredAt = try values.decodeIfPresent(String.self, forKey: .deliveredAt)
        joinedAt = try values.decode(String.self, forKey: .joinedAt)
    }
}
