extension Migration {
    /// What counts and rights need: deleted messages of a channel, channels that somebody has put away, whose a bridge's
    /// account is.
    static let rightsAndCounts = Migration(
        number: 9, name: "deleted messages, hidden channels, bridge accounts",
        steps: [
            // Unread counts leave out what was deleted; few messages are.
            .index(
                MigrationIndex(
                    name: "messages_deleted", table: "messages",
                    definition: "(channel_id, seq) WHERE deleted_at IS NOT NULL")),
            .transaction(
                """
                UPDATE messages m SET reply_count = greatest(0, m.reply_count - d.count) FROM (
                    SELECT thread_root_id, count(*)::int AS count FROM messages
                    WHERE deleted_at IS NOT NULL AND thread_root_id IS NOT NULL GROUP BY thread_root_id
                ) d WHERE m.id = d.thread_root_id;
                """),
            // A direct channel is archived by each of the two for themselves: it is while nothing newer than this was said.
            .transaction("ALTER TABLE channel_members ADD COLUMN hidden_seq bigint;"),
            .transaction(
                """
                UPDATE channel_members m SET hidden_seq = c.last_seq FROM channels c
                WHERE c.id = m.channel_id AND c.kind = 'direct' AND c.is_archived AND m.role = 'owner';
                UPDATE channels SET is_archived = false WHERE kind = 'direct' AND is_archived;
                """),
            .index(
                MigrationIndex(
                    name: "hooks_channel", table: "hooks", definition: "(channel_id) WHERE revoked_at IS NULL")),
            .transaction(
                """
                CREATE TABLE bridge_accounts (
                    bridge text NOT NULL,
                    app_id bigint NOT NULL REFERENCES apps,
                    user_id bigint NOT NULL UNIQUE REFERENCES users,
                    PRIMARY KEY (app_id, bridge)
                );
                """),
        ])
}
