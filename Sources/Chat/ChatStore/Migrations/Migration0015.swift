extension Migration {
    /// Which message a rule marked, and what names look like.
    static let marksAndSkeletons = Migration(
        number: 15, name: "marks of messages, skeletons of names",
        steps: [
            .transaction(
                """
                ALTER TABLE moderation_flags ADD COLUMN message_id bigint;
                -- Which part of a message, or which name, was matched.
                ALTER TABLE moderation_flags ADD COLUMN field text NOT NULL DEFAULT 'text';
                """),
            .index(
                MigrationIndex(
                    name: "moderation_flags_message", table: "moderation_flags",
                    definition: "(message_id) WHERE message_id IS NOT NULL")),
            // Filled at the start of this program, which has Unicode's tables: a name without one stays as it is.
            .transaction("ALTER TABLE users ADD COLUMN skeleton text;"),
            .transaction("ALTER TABLE channels ADD COLUMN skeleton text;"),
            .index(
                MigrationIndex(
                    name: "users_skeleton", table: "users",
                    definition: "(app_id, skeleton) WHERE skeleton IS NOT NULL", isUnique: true)),
            .index(
                MigrationIndex(
                    name: "channels_skeleton", table: "channels",
                    definition: "(app_id, skeleton) WHERE skeleton IS NOT NULL", isUnique: true)),
        ])
}
