import ChatModel

extension [JSONSchema.Field] {
    /// An ``AppRole`` without its age.
    fileprivate static let appRole: Self = [
        .id("id", "Numbers the role."), .string("name", "Unique in the app."),
        .strings("capabilities", "The names of what it gives."),
        .count("rank", "Who has it gives and takes roles that rank below, with `assign_roles`."),
    ]
}

extension EventDefinition {
    private static let role = JSONSchema.Field.choice(
        "role", User.Role.allCases.map(\.rawValue), "The role in the app; missing in old events."
    ).optional
    private static let itself = Presence.always("The user.")
    private static let userRole: [JSONSchema.Field] = [
        .object("user", "The user.", .author),
        .object("role", "The role.", [.id("id", "Numbers the role."), .string("name", "Its name.")]),
    ]

    static let users: [EventDefinition] = [
        EventDefinition(
            .userCreated, "A user was made.", for: .everybody,
            actor: .always("Who made the user: an administrator, or the user itself."), subject: itself,
            data: .author + [role],
            example: #"""
                {"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person","role":"member"}
                """#),
        EventDefinition(
            .userUpdated, "An account was changed, closed or opened again.", for: .everybody,
            actor: .always("Who changed it."), subject: itself,
            data: .author + [role, .boolean("is_active", "False once the account was closed.")],
            example: #"""
                {"id":4,"handle":"ada","name":"Ada, Countess","kind":"person","role":"member","is_active":true}
                """#),
        EventDefinition(
            .readUpdated, "Your own position in a channel has moved, on this device or on another one.", for: .user,
            channel: .always("The channel."), actor: itself, subject: itself,
            data: [
                .id("channel_id", "The channel."), .count("read_seq", "The last message that was read."),
                .count("unread_count", "How many came after it."),
                .count("mention_count", "How many of those mention you; missing in old events.").optional,
            ],
            example: #"""
                {"channel_id":3,"read_seq":11,"unread_count":1,"mention_count":0}
                """#),
        EventDefinition(
            .keywordsUpdated, "You chose other words at which you want to be told, on this device or on another one.",
            for: .user, actor: itself, subject: itself,
            data: [.strings("keywords", "All of them, in your order.")],
            example: #"""
                {"keywords":["deploy","on call"]}
                """#),
        EventDefinition(
            .sessionEnded, "One of your log-ins was ended: you logged out, or its refresh token was used twice.",
            for: .user, actor: itself, subject: itself,
            data: [.string("session", "Names the log-in: `sid` in its access tokens.")],
            example: #"""
                {"session":"p3Zk0d7dXq8T2m1A"}
                """#, notes: "The log-in's access tokens are refused from then on."),
        EventDefinition(
            .roleCreated, "A role of the app's own was made.", for: .everybody,
            actor: .always("Who made it."), subject: .always("The role."), data: .appRole,
            example: #"""
                {"id":5,"name":"supporters","capabilities":["delete_any"],"rank":10}
                """#),
        EventDefinition(
            .roleUpdated, "A role of the app's own was changed.", for: .everybody,
            actor: .always("Who changed it."), subject: .always("The role."), data: .appRole,
            example: #"""
                {"id":5,"name":"supporters","capabilities":["delete_any","moderate"],"rank":10}
                """#),
        EventDefinition(
            .roleDeleted, "A role of the app's own is no more; nobody has it.", for: .everybody,
            actor: .always("Who deleted it."), subject: .always("The role."),
            data: [.id("id", "Numbered the role."), .string("name", "Its name.")],
            example: #"""
                {"id":5,"name":"supporters"}
                """#),
        EventDefinition(
            .userRoleAdded, "A user was given a role of the app's own.", for: .everybody,
            actor: .always("Who gave it."), subject: itself, data: userRole,
            example: #"""
                {"user":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"},"role":{"id":5,"name":"supporters"}}
                """#),
        EventDefinition(
            .userRoleRemoved, "A role of the app's own was taken from a user.", for: .everybody,
            actor: .always("Who took it."), subject: itself, data: userRole,
            example: #"""
                {"user":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"},"role":{"id":5,"name":"supporters"}}
                """#),
    ]

    static let moderation: [EventDefinition] = [
        EventDefinition(
            .moderationActed, "A rule has marked, masked or refused a message, or refused a name.",
            for: .administrators,
            actor: .always("The author."), subject: .always("The entry in `GET /v1/moderation/flags`."),
            data: [
                .id("id", "The entry in `GET /v1/moderation/flags`, which has the text."),
                .id("channel_id", "Where it was to be said; 0 for what stands in no channel."),
                .id("author_id", "Who wrote it."),
                .choice("action", ["flag", "mask", "block"], "What was done."),
                .strings("rules", "The rule that matched; in old events several."),
                .string("field", "What was matched: `text`, `content`, `handle`, `topic` …; missing in old events.")
                    .optional,
                .id("message_id", "The message, when it was stored.").optional,
            ],
            example: #"""
                {"id":7,"channel_id":3,"author_id":4,"action":"block","rules":["no-slurs"],"field":"text"}
                """#)
    ]
}
