import ChatModel

extension [JSONSchema.Field] {
    /// An ``Author``.
    static let author: Self = [
        .id("id", "Numbers the user."), .string("handle", "The unique short name."),
        .string("name", "The name to show."),
        .choice("kind", User.Kind.allCases.map(\.rawValue), "What the user is."),
    ]

    /// A ``Message``.
    fileprivate static let message: Self = [
        .id("id", "Numbers the message on the whole server."),
        .id("seq", "Numbers the message in its channel, from 1 without a gap."),
        .id("channel_id", "Where it was said."), .object("author", "Who said it.", .author),
        .choice("kind", Message.Kind.allCases.map(\.rawValue), "How it is meant."),
        .string("text", "What was said, Markdown; empty once it was deleted."),
        .any("content", "Attachments and blocks, when there are any.").optional,
        .object(
            "mentions", "Whom the text mentions, when it mentions anybody.",
            [
                .objects(
                    "users", "Each once, in the order of the text.",
                    [.id("id", "Numbers the user."), .string("handle", "The handle as it was then.")]),
                .boolean("channel", "Whether all members are meant: `@channel`, `@all`, `@everyone`."),
                .boolean("here", "Whether the members who are there now are meant: `@here`."),
            ]
        ).optional,
        .id("thread_root_id", "The message that this one answers, when it is an answer.").optional,
        .count("reply_count", "How many messages answer this one."),
        .objects(
            "reactions", "Who reacted with what.",
            [
                .string("emoji", "The emoji in its one form, fully qualified; never a short name."),
                .count("count", "How many users reacted with it.", from: 1),
            ]),
        .string("nonce", "The sender's own mark, when there is one.").optional,
        .strings("flags", "The moderation rules that marked it."),
        .count("hops", "How many automations the message came through; 0 when a person wrote it."),
        .time("created_at", "When it was said."), .time("edited_at", "When it was last changed.").optional,
        .time("deleted_at", "When it was deleted.").optional,
    ]

    fileprivate static let reaction: Self = [
        .id("message_id", "What was reacted to."), .id("seq", "The number of that message in its channel."),
        .string("emoji", "The emoji in its one form, fully qualified; never a short name."),
        .object("user", "Who reacted.", .author),
    ]
}

extension EventDefinition {
    private static let inItsChannel = Presence.always("Where it was said.")
    private static let theMessage = Presence.always("The message.")

    static let messages: [EventDefinition] = [
        EventDefinition(
            .messageCreated, "A message was sent.", for: .members, channel: inItsChannel,
            actor: .always("The author."), subject: theMessage, data: .message,
            example: #"""
                {"id":99,"seq":12,"channel_id":3,"author":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"},
                 "kind":"text","text":"Hello!","reply_count":0,"reactions":[],"nonce":"c1f0","flags":[],"hops":0,
                 "created_at":"2026-01-31T09:05:07.120Z"}
                """#),
        EventDefinition(
            .messageUpdated, "The text of a message was changed; the data is the message as it is then.",
            for: .members, channel: inItsChannel, actor: .always("Who changed it."), subject: theMessage,
            data: .message,
            example: #"""
                {"id":99,"seq":12,"channel_id":3,"author":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"},
                 "kind":"text","text":"Hello, all!","reply_count":0,"reactions":[{"emoji":"👍","count":1}],"nonce":"c1f0",
                 "flags":[],"hops":0,"created_at":"2026-01-31T09:05:07.120Z","edited_at":"2026-01-31T09:06:00.000Z"}
                """#),
        EventDefinition(
            .messageDeleted,
            "A message was deleted; the data is the message without its text and content.",
            for: .members, channel: inItsChannel, actor: .always("Who deleted it."), subject: theMessage,
            data: .message,
            example: #"""
                {"id":99,"seq":12,"channel_id":3,"author":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"},
                 "kind":"text","text":"","reply_count":0,"reactions":[],"nonce":"c1f0","flags":[],"hops":0,
                 "created_at":"2026-01-31T09:05:07.120Z","edited_at":"2026-01-31T09:06:00.000Z",
                 "deleted_at":"2026-01-31T09:07:00.000Z"}
                """#, notes: "The number stays, so that the channel keeps no gap."),
        EventDefinition(
            .reactionAdded, "Somebody reacted to a message.", for: .members, channel: inItsChannel,
            actor: .always("Who reacted."), subject: theMessage, data: .reaction,
            example: #"""
                {"message_id":99,"seq":12,"emoji":"👍",
                 "user":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"}}
                """#),
        EventDefinition(
            .reactionRemoved, "Somebody took a reaction back.", for: .members, channel: inItsChannel,
            actor: .always("Who had reacted."), subject: theMessage, data: .reaction,
            example: #"""
                {"message_id":99,"seq":12,"emoji":"👍",
                 "user":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"}}
                """#),
    ]
}
