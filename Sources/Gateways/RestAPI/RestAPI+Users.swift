import ChatModel
import ChatService
import HTTPRouting

struct UserList: Codable, Sendable {
    var users: [User]
    /// Where the next page begins; nil at the end.
    var next: UserID?
}

struct NewUserBody: Codable, Sendable, SchemaDescribing {
    var handle: String
    var name: String?
    var email: String?
    var password: String?
    var role: User.Role?

    static let schemaDescription = SchemaRefinement(properties: [
        "handle": .init("The unique short name.", minimumLength: 1, maximumLength: ChatLimits.handle, example: "ada"),
        "name": .init("The name to show; the handle when left out.", minimumLength: 1, maximumLength: ChatLimits.name),
        "email": .init("An address for mail.", format: "email"),
        "password": .init(
            "Without one nobody can log in.", minimumLength: ChatLimits.password.lowerBound,
            maximumLength: ChatLimits.password.upperBound),
    ])
}

struct UserChanges: Codable, Sendable, SchemaDescribing {
    var name: String?
    var email: String?
    var password: String?
    /// The password that holds now, for a new one of one's own.
    var currentPassword: String?
    var role: User.Role?
    var isActive: Bool?
    /// Who gets the channels of which the closed user is the last owner.
    var handOverTo: UserID?

    enum CodingKeys: String, CodingKey {
        case name, email, password, role
        case currentPassword = "current_password"
        case isActive = "is_active"
        case handOverTo = "hand_over_to"
    }

    static let schemaDescription = SchemaRefinement(properties: [
        "name": .init("The name to show.", minimumLength: 1, maximumLength: ChatLimits.name),
        "email": .init("An address for mail.", format: "email"),
        "password": .init(
            "A new password.", minimumLength: ChatLimits.password.lowerBound,
            maximumLength: ChatLimits.password.upperBound),
        "current_password": .init("The password that holds now, for a new one of one's own."),
        "role": .init("For administrators."), "is_active": .init("False closes the account; for administrators."),
    ])
}

struct ImportedPeople: Codable, Sendable, SchemaDescribing {
    struct Person: Codable, Sendable, SchemaDescribing {
        var handle: String
        var name: String?

        static let schemaDescription = SchemaRefinement(properties: [
            "handle": .init(
                "The unique short name.", minimumLength: 1, maximumLength: ChatLimits.handle, example: "ada"),
            "name": .init(
                "The name to show; the handle when left out.", minimumLength: 1, maximumLength: ChatLimits.name),
        ])
    }

    var users: [Person]

    static let schemaDescription = SchemaRefinement(properties: [
        "users": .init("Who should be there.", maximumItems: ChatLimits.usersPerRequest)
    ])
}

struct Keywords: Codable, Sendable, SchemaDescribing {
    var keywords: [String]

    static let schemaDescription = SchemaRefinement(properties: [
        "keywords": .init(
            "Words and phrases of up to \(ChatLimits.keyword) characters; a message with one counts as a mention of you.",
            maximumItems: ChatLimits.keywords)
    ])
}

struct PeopleList: Codable, Sendable {
    struct Person: Codable, Sendable {
        var id: UserID
        var handle: String
    }

    var users: [Person]
}

extension RestAPI {
    static func page(_ context: Route<Principal>.Context) throws -> Int {
        try context.query("limit", Int.self, default: 50, in: 1...ChatLimits.page)
    }

    static let limit = Parameter.integer("limit", "Rows of the page.", default: 50, in: 1...ChatLimits.page)

    /// For lists that are short as a rule.
    static func longPage(_ context: Route<Principal>.Context) throws -> Int {
        try context.query("limit", Int.self, default: ChatLimits.page, in: 1...ChatLimits.page)
    }

    static let longLimit = Parameter.integer(
        "limit", "Rows of the page.", default: ChatLimits.page, in: 1...ChatLimits.page)

    var users: [Route<Principal>] {
        [
            .get("/v1/me", "Who you are", tag: "users", returns: User.self) { try await service.me($0.principal) },
            .patch("/v1/me", "Change your account", tag: "users", body: UserChanges.self, returns: User.self) {
                try await change($0.principal.userID, $1, $0.principal)
            },
            .get("/v1/me/keywords", "The words at which you want to be told", tag: "users", returns: Keywords.self) {
                Keywords(keywords: try await service.keywords(of: $0.principal))
            },
            .put(
                "/v1/me/keywords", "Choose the words at which you want to be told", tag: "users", body: Keywords.self,
                returns: Keywords.self
            ) { context, body in
                Keywords(keywords: try await service.setKeywords(body.keywords, by: context.principal))
            },
            .getEncoded(
                "/v1/me/mentions", "Messages that mention you, newest first", tag: "users",
                query: [.integer("before", "Only messages with a lower id."), Self.limit], returns: MessageList.self
            ) { context in
                MessageList(
                    messages: try await service.mentions(
                        before: try context.query("before", Int64.self).map { MessageID($0) },
                        limit: try Self.page(context), for: context.principal)
                ).json
            },
            .get(
                "/v1/users", "Find users", tag: "users",
                query: [
                    .string("query", "The beginning of a handle or a name."),
                    .integer("after", "Only users with a higher id."), Self.limit,
                ], returns: UserList.self
            ) { context in
                let limit = try Self.page(context)
                let users = try await service.users(
                    prefix: try context.query("query", String.self) ?? "",
                    after: UserID(try context.query("after", Int64.self) ?? 0), limit: limit, for: context.principal)
                return UserList(users: users, next: users.count == limit ? users.last?.id : nil)
            },
            .post(
                "/v1/users", "Make a user", tag: "users", body: NewUserBody.self, returns: User.self, status: 201
            ) { context, body in
                try await service.createUser(
                    handle: body.handle, name: body.name, email: body.email, password: body.password,
                    role: body.role ?? .member, by: context.principal)
            },
            .post(
                "/v1/users/import", "Make the people named who are not there yet", tag: "users",
                body: ImportedPeople.self, returns: PeopleList.self
            ) { context, body in
                let people = try await service.ensurePeople(
                    body.users.map { ($0.handle, $0.name ?? $0.handle) }, by: context.principal)
                return PeopleList(users: people.map { .init(id: $0.id, handle: $0.handle) })
            },
            .get("/v1/users/{user_id}", "One user", tag: "users", returns: User.self) { context in
                try await service.user(UserID(try context.id("user_id")), for: context.principal)
            },
            .get(
                "/v1/users/by-handle/{handle}", "The user of a handle", tag: "users",
                path: [.string("handle", "The handle; with @ a mention as it stands in a text.")], returns: User.self
            ) { context in
                try await service.user(handle: context.string("handle"), for: context.principal)
            },
            .patch(
                "/v1/users/{user_id}", "Change a user", tag: "users", body: UserChanges.self, returns: User.self
            ) { context, body in
                try await change(UserID(try context.id("user_id")), body, context.principal)
            },
        ]
    }

    private func change(_ id: UserID, _ changes: UserChanges, _ principal: Principal) async throws -> User {
        try await service.updateUser(
            id, name: changes.name, email: changes.email, role: changes.role, isActive: changes.isActive,
            password: changes.password, currentPassword: changes.currentPassword,
            heir: changes.handOverTo, by: principal)
    }
}
