import ChatModel

extension [JSONSchema.Field] {
    fileprivate static let hook: Self = [
        .id("id", "Numbers the webhook."), .string("name", "What it is called."),
        .id("channel_id", "The channel that it writes to."),
        .boolean("is_locked", "Whether it may write to no other channel."),
        .object("user", "The user that it writes as.", .author), .time("created_at", "When it was made."),
    ]

    fileprivate static let bot: Self =
        .author + [
            .choice("role", User.Role.allCases.map(\.rawValue), "The role in the app."),
            .boolean("is_active", "False once it was closed."),
        ]
}

extension EventDefinition {
    private static let administrator = Presence.always("Who did it.")

    static let automations: [EventDefinition] = [
        EventDefinition(
            .hookCreated, "An incoming webhook was made.", for: .administrators,
            channel: .always("The channel that it writes to."), actor: administrator,
            subject: .always("The webhook."), data: .hook, example: hookExample, notes: "Its secret is never told."),
        EventDefinition(
            .hookUpdated, "An administrator has taken an incoming webhook over from who made it.",
            for: .administrators, channel: .always("The channel that it writes to."), actor: administrator,
            subject: .always("The webhook."), data: .hook, example: hookExample),
        EventDefinition(
            .hookDeleted, "An incoming webhook was revoked.", for: .administrators,
            channel: .always("The channel that it wrote to."), actor: administrator, subject: .always("The webhook."),
            data: .hook, example: hookExample),
        EventDefinition(
            .botCreated, "A bot was made.", for: .administrators, actor: administrator, subject: .always("The bot."),
            data: .bot, example: botExample(isActive: true), notes: "Its token is never told."),
        EventDefinition(
            .botUpdated, "A bot's name, address or role was changed, or it was opened again.", for: .administrators,
            actor: administrator, subject: .always("The bot."), data: .bot, example: botExample(isActive: true)),
        EventDefinition(
            .botTokenRotated, "A bot got a new token; the old one is not good any more.", for: .administrators,
            actor: administrator, subject: .always("The bot."), data: .bot, example: botExample(isActive: true)),
        EventDefinition(
            .botDeleted, "A bot was closed; its token is not good any more.", for: .administrators,
            actor: administrator, subject: .always("The bot."), data: .bot, example: botExample(isActive: false)),
    ]

    private static let hookExample = #"""
        {"id":5,"name":"Deploys","channel_id":3,"is_locked":true,
         "user":{"id":12,"handle":"hook-k3v2q7ma","name":"Deploys","kind":"hook"},
         "created_at":"2026-01-31T09:05:07.120Z"}
        """#

    private static func botExample(isActive: Bool) -> String {
        #"{"id":14,"handle":"helper","name":"Helper","kind":"bot","role":"member","is_active":\#(isActive)}"#
    }
}
