import HTTPTypes

/// Who asks, for the table of rights: by the role in the app, and how they stand to the channel that is asked about.
enum Asker: String, CaseIterable {
    case nobody, deactivated
    /// Neither in the private channel nor able to find it; the same as a guest.
    case outsider, guestOutside
    /// Somebody who could join the public channel.
    case visitor
    /// Was a member, and wrote something.
    case removed
    case guest, member, moderator, owner, bot
    case admin, adminMember
    /// The server's own key.
    case holder
}

extension Set<Asker> {
    static let nobodyAtAll: Self = []
    static let signedIn = Set(Asker.allCases).subtracting([.nobody, .deactivated])
    static let admins: Self = [.admin, .adminMember, .holder]
    static let owners = admins.union([.owner])
    static let moderators = owners.union([.moderator])
    static let members: Self = [.guest, .member, .moderator, .owner, .bot, .adminMember]
    static let inviters = members.union(admins)
    static let readers = inviters.union([.visitor])
}

/// One line of the table: a route, maybe with a body that matters, and who may.
struct RightsRow {
    let method: HTTPMethod
    let template: String
    /// Behind the template: `?scope=all`.
    let query: String
    let who: Set<Asker>
    /// With ids as in paths: `{victim}`.
    let body: String?
    /// Where the ids of the path come from, other than by their own names.
    let ids: [String: String]
    /// How somebody who may is told that there was nothing to do.
    let settled: String?

    init(
        _ method: HTTPMethod, _ template: String, _ who: Set<Asker>, _ body: String? = nil, query: String = "",
        ids: [String: String] = [:], settled: String? = nil
    ) {
        self.method = method
        self.template = template
        self.query = query
        self.who = who
        self.body = body
        self.ids = ids
        self.settled = settled
    }

    var route: String { "\(method.rawValue) \(template)" }
}

enum RightsMatrix {
    /// Routes that ask nobody who they are.
    static let open: Set<String> = [
        "POST /v1/auth/register", "POST /v1/auth/login", "POST /v1/auth/refresh", "GET /v1/events/schemas",
        "GET /v1/events/schemas/{type}", "POST /hooks/{secret}", "POST /hooks/{secret}/slack",
        "POST /services/{team}/{hook}/{secret}",
    ]

    private static let bridge = "/v1/bridges/{bridge}"
    private static let channel = "/v1/channels/{channel_id}"
    private static let message = "/v1/messages/{message_id}"
    private static let overrides = "/v1/channels/{channel_id}/overrides"

    /// In this order, in which nothing takes away what a later line needs.
    static let rows: [RightsRow] = account + administration + reading + writing + ruling + leaving

    private static let account: [RightsRow] = [
        RightsRow(.get, "/v1/me", .signedIn), RightsRow(.patch, "/v1/me", .signedIn, #"{"name":"x"}"#),
        RightsRow(.get, "/v1/me/keywords", .signedIn),
        RightsRow(.put, "/v1/me/keywords", .signedIn, #"{"keywords":[]}"#),
        RightsRow(.get, "/v1/me/mentions", .signedIn), RightsRow(.post, "/v1/auth/logout", .signedIn),
        RightsRow(.get, "/v1/users", .signedIn), RightsRow(.get, "/v1/users/{user_id}", .signedIn),
        RightsRow(.get, "/v1/users/by-handle/{handle}", .signedIn), RightsRow(.get, "/v1/roles", .signedIn),
        RightsRow(.get, "/v1/users/{user_id}/roles", .signedIn), RightsRow(.get, "/v1/channels", .signedIn),
        RightsRow(.get, "/v1/search", .signedIn, query: "?q=x"), RightsRow(.get, "/v1/events", .signedIn),
        RightsRow(.get, "/v1/events/cursor", .signedIn, query: "?at=2026-01-31T09:05:07Z"),
        RightsRow(
            .post, "/v1/channels", Set.signedIn.subtracting([.guest, .guestOutside]),
            #"{"kind":"private","name":"new-{asker}"}"#),
    ]

    private static let administration: [RightsRow] = [
        RightsRow(.post, "/v1/users", .admins, #"{"handle":"new-{asker}"}"#),
        RightsRow(.post, "/v1/users/import", .admins, #"{"users":[]}"#),
        RightsRow(.patch, "/v1/users/{user_id}", .admins, #"{"name":"y"}"#),
        RightsRow(.post, "/v1/roles", .admins, #"{"name":"new-{asker}","capabilities":[]}"#),
        RightsRow(.put, "/v1/roles/{role_id}", .admins, #"{"name":"put-{asker}","capabilities":[]}"#),
        RightsRow(.put, "/v1/users/{user_id}/roles/{role_id}", .admins),
        RightsRow(.delete, "/v1/users/{user_id}/roles/{role_id}", .admins),
        RightsRow(.get, "/v1/bots", .admins), RightsRow(.post, "/v1/bots", .admins, #"{"handle":"bot-{asker}"}"#),
        RightsRow(.post, "/v1/bots/{bot_id}/token", .admins), RightsRow(.delete, "/v1/bots/{bot_id}", .admins),
        RightsRow(.get, "/v1/hooks", .admins), RightsRow(.post, "/v1/hooks/{hook_id}/take-over", .admins),
        RightsRow(.delete, "/v1/hooks/{hook_id}", .admins), RightsRow(.get, "/v1/moderation/flags", .admins),
        RightsRow(.get, "/v1/loops", .admins),
        RightsRow(.post, "\(channel)/loop/resume", .admins, settled: "not_stopped"),
        RightsRow(.get, "/v1/audit", .admins), RightsRow(.get, "/v1/audit/verify", .admins),
        RightsRow(.post, "/v1/admin/import", .admins, #"{"source":"x"}"#),
        RightsRow(.get, "/v1/events", .admins, query: "?scope=all"), RightsRow(.get, "/v1/bridges", .admins),
        RightsRow(.get, "/v1/bridge-events", .admins, query: "?types=message.created"),
        RightsRow(.get, "\(bridge)/dead-letters", .admins, settled: "not_found"),
        RightsRow(.post, "\(bridge)/dead-letters/{letter_id}/retry", .admins, settled: "not_found"),
        RightsRow(.delete, "\(bridge)/dead-letters/{letter_id}", .admins, settled: "not_found"),
        RightsRow(.post, "\(bridge)/pause", .admins, settled: "not_found"),
        RightsRow(.post, "\(bridge)/resume", .admins, settled: "not_found"),
        RightsRow(.post, "\(bridge)/replay", .admins, #"{"after":"beginning"}"#, settled: "not_found"),
        RightsRow(.delete, "\(bridge)/replay", .admins, settled: "no_replay"),
    ]

    private static let reading: [RightsRow] = [
        RightsRow(.get, channel, .readers), RightsRow(.get, "/v1/channels/by-name/{name}", .readers),
        RightsRow(.get, "\(channel)/members", .readers), RightsRow(.get, "\(channel)/messages", .readers),
        RightsRow(.get, message, .readers), RightsRow(.get, "\(message)/replies", .readers),
        RightsRow(.get, overrides, .readers),
    ]

    private static let writing: [RightsRow] = [
        RightsRow(.post, "\(channel)/read", .members, #"{"seq":1}"#),
        RightsRow(.post, "\(channel)/delivered", .members, #"{"seq":1}"#),
        RightsRow(.post, "\(channel)/messages", .members, #"{"text":"x"}"#),
        RightsRow(.post, "\(channel)/messages", .members, #"{"text":"x","thread_root_id":{message_id}}"#),
        RightsRow(.put, "\(message)/reactions/{emoji}", .members),
        RightsRow(.delete, "\(message)/reactions/{emoji}", .members),
        RightsRow(.patch, message, .members, #"{"text":"y"}"#, ids: ["message_id": "own"]),
        RightsRow(.patch, message, [.adminMember], #"{"text":"y"}"#),
        RightsRow(.delete, message, .inviters, ids: ["message_id": "own"]),
        RightsRow(.delete, message, .moderators), RightsRow(.post, "\(message)/restore", .moderators),
        RightsRow(.post, "\(message)/erase", .admins, ids: ["message_id": "gone"]),
    ]

    private static let ruling: [RightsRow] = [
        RightsRow(
            .post, "/v1/hooks", Set.inviters.subtracting([.guest]), #"{"name":"h","channel_id":{channel_id}}"#),
        RightsRow(.post, "\(channel)/members", .inviters, #"{"users":[{newcomer}]}"#),
        RightsRow(.post, "\(channel)/members", .owners, #"{"users":[{chief}],"role":"moderator"}"#),
        RightsRow(.patch, "\(channel)/members/{user_id}", .owners, #"{"role":"moderator"}"#),
        RightsRow(.delete, "\(channel)/members/{user_id}", .moderators, ids: ["user_id": "leaver"]),
        RightsRow(.put, "\(overrides)/everyone", .owners, #"{"deny":["react"]}"#),
        RightsRow(.delete, "\(overrides)/everyone", .owners),
        RightsRow(.put, "\(overrides)/roles/{role_id}", .owners, #"{"deny":["react"]}"#),
        RightsRow(.delete, "\(overrides)/roles/{role_id}", .owners),
        RightsRow(.put, "\(overrides)/users/{user_id}", .owners, #"{"deny":["react"]}"#),
        RightsRow(.delete, "\(overrides)/users/{user_id}", .owners), RightsRow(.delete, "/v1/roles/{role_id}", .admins),
        RightsRow(.patch, channel, .owners, #"{"topic":"x"}"#),
    ]

    private static let leaving: [RightsRow] = [
        // Of a second channel to which they stand likewise.
        RightsRow(.post, "\(channel)/leave", .members, ids: ["channel_id": "other"]),
        RightsRow(.post, "\(channel)/join", Set.members.union([.visitor])), RightsRow(.delete, channel, .owners),
    ]
}
