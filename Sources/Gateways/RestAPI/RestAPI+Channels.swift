import ChatModel
import ChatService
import HTTPRouting

struct ChannelList: Codable, Sendable {
    var channels: [Channel]
    /// Where the next page begins; nil at the end.
    var next: ChannelID?
}

enum ChannelScope: String, CaseIterable, QueryChoice {
    case joined, `public`
}

struct NewChannelBody: Codable, Sendable, SchemaDescribing {
    var kind: Channel.Kind
    var name: String?
    var topic: String?
    var members: [UserID]?
    var history: Channel.History?
    var isAnnouncement: Bool?
    var slowMode: Int?

    enum CodingKeys: String, CodingKey {
        case kind, name, topic, members, history
        case isAnnouncement = "is_announcement"
        case slowMode = "slow_mode"
    }

    static let schemaDescription = SchemaRefinement(properties: [
        "name": .init(
            "For public and private channels.", minimumLength: 1, maximumLength: ChatLimits.channelName,
            example: "general"),
        "topic": .init("What it is about.", maximumLength: ChatLimits.topic),
        "members": .init("Who else is in it from the start.", maximumItems: ChatLimits.usersPerRequest),
        "is_announcement": ChannelChanges.announcement, "slow_mode": ChannelChanges.slowness,
    ])
}

struct ChannelChanges: Codable, Sendable, SchemaDescribing {
    var name: String?
    var topic: String?
    var isArchived: Bool?
    var history: Channel.History?
    var isAnnouncement: Bool?
    var slowMode: Int?

    enum CodingKeys: String, CodingKey {
        case name, topic, history
        case isArchived = "is_archived"
        case isAnnouncement = "is_announcement"
        case slowMode = "slow_mode"
    }

    static let announcement = SchemaRefinement.Property(
        "Whether only moderators and owners send in it; others answer and react.")
    static let slowness = SchemaRefinement.Property(
        "Seconds that a member waits from one message to the next; 0 for none.",
        minimum: ChatLimits.slowMode.lowerBound, maximum: ChatLimits.slowMode.upperBound)

    static let schemaDescription = SchemaRefinement(properties: [
        "name": .init("A new name.", minimumLength: 1, maximumLength: ChatLimits.channelName),
        "topic": .init("What it is about.", maximumLength: ChatLimits.topic),
        "is_archived": .init("Whether nobody may write any more."),
        "is_announcement": announcement, "slow_mode": slowness,
    ])
}

struct MemberList: Codable, Sendable {
    var members: [Member]
    var next: UserID?
}

struct NewMembersBody: Codable, Sendable, SchemaDescribing {
    var users: [UserID]
    var role: Membership.Role?

    static let schemaDescription = SchemaRefinement(properties: [
        "users": .init("Who comes in.", maximumItems: ChatLimits.usersPerRequest),
        "role": .init("What they may do there; `member` when left out."),
    ])
}

struct MemberChanges: Codable, Sendable {
    var role: Membership.Role
}

struct ReadBody: Codable, Sendable, SchemaDescribing {
    var seq: Int64

    static let schemaDescription = SchemaRefinement(properties: [
        "seq": .init("The number of the last message that was read.")
    ])
}

struct DeliveredBody: Codable, Sendable, SchemaDescribing {
    var seq: Int64

    static let schemaDescription = SchemaRefinement(properties: [
        "seq": .init("The number of the newest message that has come.")
    ])
}

struct ReadPosition: Codable, Sendable {
    var readSeq: Int64
    var unreadCount: Int64
    var mentionCount: Int64

    enum CodingKeys: String, CodingKey {
        case readSeq = "read_seq"
        case unreadCount = "unread_count"
        case mentionCount = "mention_count"
    }
}

extension RestAPI {
    var channels: [Route<Principal>] {
        [
            .get(
                "/v1/channels", "Your channels, or those you may join", tag: "channels",
                query: [
                    .choice("scope", ChannelScope.self, "Which channels."),
                    .integer("after", "Only channels with a higher id."),
                    .integer(
                        "limit", "Rows of the page; when left out, \(ChatLimits.channelsPerList) of yours, 50 others.",
                        in: 1...ChatLimits.channelsPerList),
                ], returns: ChannelList.self
            ) { context in
                let scope = try context.query("scope", ChannelScope.self) ?? .joined
                let after = ChannelID(try context.query("after", Int64.self) ?? 0)
                let limit = try context.query(
                    "limit", Int.self, default: scope == .joined ? ChatLimits.channelsPerList : 50,
                    in: 1...ChatLimits.channelsPerList)
                let channels =
                    switch scope {
                    case .joined:
                        try await service.joinedChannels(after: after, limit: limit, for: context.principal)
                    case .public:
                        try await service.publicChannels(after: after, limit: limit, for: context.principal)
                    }
                return ChannelList(channels: channels, next: channels.count == limit ? channels.last?.id : nil)
            },
            .post(
                "/v1/channels", "Make a channel", tag: "channels", body: NewChannelBody.self, returns: Channel.self,
                status: 201
            ) { context, body in
                try await service.createChannel(
                    kind: body.kind, name: body.name, topic: body.topic, history: body.history ?? .all,
                    isAnnouncement: body.isAnnouncement ?? false, slowMode: body.slowMode ?? 0,
                    members: body.members ?? [], by: context.principal)
            },
            .get("/v1/channels/{channel_id}", "One channel", tag: "channels", returns: Channel.self) { context in
                try await service.channel(try Self.channel(context), for: context.principal)
            },
            .get(
                "/v1/channels/by-name/{name}", "The channel of a name", tag: "channels",
                path: [.string("name", "The name, with or without #.")], returns: Channel.self
            ) { context in
                try await service.channel(named: context.string("name"), for: context.principal)
            },
            .patch(
                "/v1/channels/{channel_id}", "Change a channel", tag: "channels", body: ChannelChanges.self,
                returns: Channel.self
            ) { context, body in
                try await service.updateChannel(
                    try Self.channel(context), name: body.name, topic: body.topic, isArchived: body.isArchived,
                    history: body.history, isAnnouncement: body.isAnnouncement, slowMode: body.slowMode,
                    by: context.principal)
            },
            .delete("/v1/channels/{channel_id}", "Archive a channel", tag: "channels") { context in
                _ = try await service.updateChannel(
                    try Self.channel(context), name: nil, topic: nil, isArchived: true, by: context.principal)
            },
            .post(
                "/v1/channels/{channel_id}/read", "Move your read position forward", tag: "channels",
                body: ReadBody.self, returns: ReadPosition.self
            ) { context, body in
                let position = try await service.markRead(
                    try Self.channel(context), upTo: body.seq, by: context.principal)
                return ReadPosition(
                    readSeq: position.readSeq, unreadCount: position.unreadCount, mentionCount: position.mentionCount)
            },
            .post(
                "/v1/channels/{channel_id}/delivered", "Say how far messages have reached a device of yours",
                tag: "channels", body: DeliveredBody.self
            ) { context, body in
                try await service.markDelivered(try Self.channel(context), upTo: body.seq, by: context.principal)
            },
        ]
    }

    var members: [Route<Principal>] {
        [
            .get(
                "/v1/channels/{channel_id}/members", "Who is in a channel", tag: "members",
                query: [.integer("after", "Only users with a higher id."), Self.limit], returns: MemberList.self
            ) { context in
                let limit = try Self.page(context)
                let members = try await service.members(
                    of: try Self.channel(context), after: UserID(try context.query("after", Int64.self) ?? 0),
                    limit: limit, for: context.principal)
                return MemberList(members: members, next: members.count == limit ? members.last?.user.id : nil)
            },
            .post(
                "/v1/channels/{channel_id}/members", "Add users to a channel", tag: "members",
                body: NewMembersBody.self, returns: MemberList.self
            ) { context, body in
                let added = try await service.addMembers(
                    body.users, role: body.role, to: try Self.channel(context), by: context.principal)
                return MemberList(members: added, next: nil)
            },
            .patch(
                "/v1/channels/{channel_id}/members/{user_id}", "Give a member another role", tag: "members",
                body: MemberChanges.self, returns: Member.self
            ) { context, body in
                try await service.setRole(
                    body.role, of: UserID(try context.id("user_id")), in: try Self.channel(context),
                    by: context.principal)
            },
            .delete("/v1/channels/{channel_id}/members/{user_id}", "Remove a user from a channel", tag: "members") {
                context in
                try await service.removeMember(
                    UserID(try context.id("user_id")), from: try Self.channel(context), by: context.principal)
            },
            .post("/v1/channels/{channel_id}/join", "Join a public channel", tag: "members", returns: Channel.self) {
                context in
                try await service.join(try Self.channel(context), by: context.principal)
            },
            .post("/v1/channels/{channel_id}/leave", "Leave a channel", tag: "members") { context in
                try await service.leave(try Self.channel(context), by: context.principal)
            },
        ]
    }

    static func channel(_ context: Route<Principal>.Context) throws -> ChannelID {
        ChannelID(try context.id("channel_id"))
    }
}
