import ChatModel
import ChatService
import ChatStore
import HTTPRouting

struct HookBody: Codable, Sendable, SchemaDescribing {
    var name: String
    var channelID: ChannelID
    /// Whether the hook may only write to its own channel; true when left out.
    var isLocked: Bool?

    enum CodingKeys: String, CodingKey {
        case name
        case channelID = "channel_id"
        case isLocked = "is_locked"
    }

    static let schemaDescription = SchemaRefinement(properties: [
        "name": .init("What it is called.", minimumLength: 1, maximumLength: ChatLimits.name, example: "deploys"),
        "channel_id": .init("Where it writes to."),
        "is_locked": .init("Whether it may write to that channel only; true when left out."),
    ])
}

struct HookView: Codable, Sendable, SchemaDescribing {
    var id: Int64
    var name: String
    var channelID: ChannelID
    var isLocked: Bool
    var createdAt: String
    /// Who answers for it.
    var makerID: UserID
    var isSuspended: Bool
    /// Shown once, when the hook is made.
    var secret: String?
    /// Where to POST to; shown once, because it holds the secret.
    var path: String?

    init(_ hook: StoredHook, secret: String? = nil) {
        id = hook.id
        name = hook.name
        channelID = hook.channelID
        isLocked = hook.isLocked
        createdAt = hook.createdAt
        makerID = hook.maker.id
        isSuspended = !hook.maker.answersForIt
        self.secret = secret
        path = secret.map { "/hooks/\($0)" }
    }

    enum CodingKeys: String, CodingKey {
        case id, name, secret, path
        case channelID = "channel_id"
        case isLocked = "is_locked"
        case createdAt = "created_at"
        case makerID = "maker_id"
        case isSuspended = "is_suspended"
    }

    static let schemaDescription = SchemaRefinement(properties: [
        "maker_id": .init("Who answers for it: who made it, or took it over."),
        "is_suspended": .init(
            "Whether it is refused, because who answers for it was closed or may not write to its channel."),
        "secret": .init("Shown once, when the hook is made."), "path": .init("Where to POST to; shown once."),
    ])
}

struct HookList: Codable, Sendable {
    var hooks: [HookView]
    /// Where the next page begins; nil at the end.
    var next: Int64?
}

struct BotBody: Codable, Sendable, SchemaDescribing {
    var handle: String
    var name: String?

    static let schemaDescription = SchemaRefinement(properties: [
        "handle": .init(
            "The unique short name.", minimumLength: 1, maximumLength: ChatLimits.handle, example: "remind"),
        "name": .init("The name to show; the handle when left out.", minimumLength: 1, maximumLength: ChatLimits.name),
    ])
}

struct NewBot: Codable, Sendable, SchemaDescribing {
    var bot: User
    var token: String

    static let schemaDescription = SchemaRefinement(properties: [
        "token": .init("Shown once; the server keeps only its hash.")
    ])
}

struct BotList: Codable, Sendable {
    var bots: [User]
    /// Where the next page begins; nil at the end.
    var next: UserID?
}

struct TokenView: Codable, Sendable {
    var token: String
}

struct FlagList: Codable, Sendable {
    /// Oldest first.
    var flags: [ModerationFlag]
    /// Where the next page begins; nil at the end.
    var next: Int64?
}

extension RestAPI {
    var moderation: [Route<Principal>] {
        [
            .get(
                "/v1/moderation/flags", "What the rules of moderation did, oldest first", tag: "moderation",
                query: [.integer("after", "Only entries with a higher id."), Self.limit], returns: FlagList.self
            ) { context in
                let limit = try Self.page(context)
                let flags = try await service.flags(
                    after: try context.query("after", Int64.self) ?? 0, limit: limit, for: context.principal)
                return FlagList(flags: flags, next: flags.count == limit ? flags.last?.id : nil)
            }
        ]
    }

    var hooks: [Route<Principal>] {
        [
            .post(
                "/v1/hooks", "Make an incoming webhook", tag: "hooks", body: HookBody.self, returns: HookView.self,
                status: 201
            ) { context, body in
                let made = try await service.createHook(
                    name: body.name, channel: body.channelID, isLocked: body.isLocked ?? true, by: context.principal)
                return HookView(made.hook, secret: made.secret)
            },
            .get(
                "/v1/hooks", "The incoming webhooks", tag: "hooks",
                query: [.integer("after", "Only hooks with a higher id."), Self.longLimit], returns: HookList.self
            ) { context in
                let limit = try Self.longPage(context)
                let hooks = try await service.hooks(
                    after: try context.query("after", Int64.self) ?? 0, limit: limit, for: context.principal)
                return HookList(
                    hooks: hooks.map { HookView($0) }, next: hooks.count == limit ? hooks.last?.id : nil)
            },
            .post(
                "/v1/hooks/{hook_id}/take-over", "Answer for an incoming webhook in its maker's place", tag: "hooks",
                returns: HookView.self
            ) { context in
                HookView(try await service.takeOverHook(try context.id("hook_id"), by: context.principal))
            },
            .delete("/v1/hooks/{hook_id}", "Revoke an incoming webhook", tag: "hooks") { context in
                try await service.revokeHook(try context.id("hook_id"), by: context.principal)
            },
        ]
    }

    var bots: [Route<Principal>] {
        [
            .post(
                "/v1/bots", "Make a bot", tag: "bots", body: BotBody.self, returns: NewBot.self, status: 201
            ) { context, body in
                let made = try await service.createBot(handle: body.handle, name: body.name, by: context.principal)
                return NewBot(bot: made.bot, token: made.token)
            },
            .get(
                "/v1/bots", "The bots", tag: "bots",
                query: [.integer("after", "Only bots with a higher id."), Self.longLimit], returns: BotList.self
            ) { context in
                let limit = try Self.longPage(context)
                let bots = try await service.bots(
                    after: UserID(try context.query("after", Int64.self) ?? 0), limit: limit, for: context.principal)
                return BotList(bots: bots, next: bots.count == limit ? bots.last?.id : nil)
            },
            .post(
                "/v1/bots/{bot_id}/token", "Give a bot a new token; the old one ends", tag: "bots",
                returns: TokenView.self
            ) { context in
                TokenView(
                    token: try await service.replaceBotToken(UserID(try context.id("bot_id")), by: context.principal))
            },
            .delete("/v1/bots/{bot_id}", "Close a bot", tag: "bots") { context in
                try await service.closeBot(UserID(try context.id("bot_id")), by: context.principal)
            },
        ]
    }
}
