import ChatModel

extension [JSONSchema.Field] {
    /// A ``Channel`` without a membership.
    fileprivate static let channel: Self = [
        .id("id", "Numbers the channel."),
        .choice("kind", Channel.Kind.allCases.map(\.rawValue), "Who can find and join it."),
        .string("name", "Unique in the app; empty for groups and direct channels."),
        .string("topic", "What the channel is for."), .count("last_seq", "The number of the newest message."),
        .boolean("is_archived", "Whether it can be read only."),
        .choice(
            "history", Channel.History.allCases.map(\.rawValue), "What a member sees of what was said before it came."
        ).optional,
        .boolean("is_announcement", "Whether only moderators and owners send in it; missing in old events.").optional,
        .count("slow_mode", "Seconds from one message of a member to the next; missing in old events.").optional,
        .time("created_at", "When it was made."),
    ]
}

extension EventDefinition {
    private static let overrideSubject = JSONSchema.Field.choice(
        "subject", ChannelOverride.Subject.allCases.map(\.rawValue), "Whom it is for.")

    static let channels: [EventDefinition] = [
        EventDefinition(
            .memberAdded, "Somebody became a member of a channel.", for: .members,
            channel: .always("The channel."), actor: .always("Who added the member, or the member itself."),
            subject: .always("The new member."),
            data: [
                .object("user", "The new member.", .author),
                .choice("role", Membership.Role.allCases.map(\.rawValue), "The role in the channel."),
                .count("read_seq", "Where the member begins to read: all up to here counts as read."),
                .count("hidden_up_to", "Messages up to this number are not for the member; 0 when all are.").optional,
                .time("joined_at", "When it joined."),
            ],
            example: #"""
                {"user":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"},"role":"member","read_seq":12,
                 "hidden_up_to":0,"joined_at":"2026-01-31T09:05:07.120Z"}
                """#),
        EventDefinition(
            .memberUpdated, "A member of a channel has another role.", for: .members,
            channel: .always("The channel."), actor: .always("Who changed it."), subject: .always("The member."),
            data: [
                .object("user", "The member.", .author),
                .choice("role", Membership.Role.allCases.map(\.rawValue), "The role in the channel now."),
            ],
            example: #"""
                {"user":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"},"role":"owner"}
                """#),
        EventDefinition(
            .memberRemoved, "Somebody is no member of a channel any more.", for: .members,
            channel: .always("The channel."), actor: .always("Who removed the member, or the member itself."),
            subject: .always("Who was a member."), data: [.object("user", "Who was a member.", .author)],
            example: #"""
                {"user":{"id":4,"handle":"ada","name":"Ada Lovelace","kind":"person"}}
                """#, notes: "Who was removed gets it too; nothing of the channel comes after it."),
        EventDefinition(
            .channelCreated, "A channel was made.", for: .everybody,
            channel: .sometimes("The channel, unless it is public."), actor: .always("Who made it."),
            subject: .always("The channel."), data: .channel,
            example: #"""
                {"id":3,"kind":"public","name":"general","topic":"","last_seq":0,"is_archived":false,"history":"all",
                 "is_announcement":false,"slow_mode":0,
                 "created_at":"2026-01-31T09:00:00.000Z"}
                """#, notes: "A channel that is not public is told to its members only."),
        EventDefinition(
            .channelUpdated,
            "A channel got a new name, topic, slow mode or rule for its history or for who posts, or was archived or opened again.",
            for: .members,
            channel: .always("The channel."), actor: .always("Who changed it."), subject: .always("The channel."),
            data: .channel,
            example: #"""
                {"id":3,"kind":"public","name":"general","topic":"Everything","last_seq":12,"is_archived":false,"history":"all",
                 "is_announcement":false,"slow_mode":0,
                 "created_at":"2026-01-31T09:00:00.000Z"}
                """#,
            notes: "A direct channel is archived by each of the two for themselves: only that member is told."),
        EventDefinition(
            .overrideUpdated, "A channel gives or takes something beside the roles, other than before.", for: .members,
            channel: .always("The channel."), actor: .always("Who set it."), subject: .always("The channel."),
            data: [
                overrideSubject,
                .count("subject_id", "The role or the user; 0 for everyone."),
                .strings("allow", "The names of what it gives."), .strings("deny", "The names of what it takes."),
            ],
            example: #"""
                {"subject":"everyone","subject_id":0,"allow":["reply","react"],"deny":["send"]}
                """#,
            notes: "What somebody may do now is in `own_capabilities` of the channel; see [rights](../rights.md)."),
        EventDefinition(
            .overrideDeleted, "A channel gives and takes nothing any more from whom it did.", for: .members,
            channel: .always("The channel."), actor: .always("Who took it away."), subject: .always("The channel."),
            data: [overrideSubject, .count("subject_id", "The role or the user; 0 for everyone.")],
            example: #"""
                {"subject":"role","subject_id":5}
                """#),
    ]
}
