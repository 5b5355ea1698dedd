extension Migration {
    /// Whom messages mention, and the words at which people want to be told.
    static let mentions = Migration(
        number: 24, name: "mentions and keywords",
        steps: [
            .transaction(
                """
                ALTER TABLE messages ADD COLUMN mentions json;
                CREATE OR REPLACE FUNCTION message_json(m messages) RETURNS json LANGUAGE sql STABLE AS $$
                    SELECT json_strip_nulls(json_build_object(
                        'id', m.id, 'seq', m.seq, 'channel_id', m.channel_id,
                        'author', json_build_object(
                            'id', u.id, 'handle', u.handle, 'name', coalesce(m.author_name, u.name), 'kind', u.kind),
                        'kind', m.kind, 'text', m.text, 'content', m.content, 'mentions', m.mentions,
                        'thread_root_id', m.thread_root_id,
                        'reply_count', m.reply_count, 'reactions', coalesce(reaction_counts(m.id), '[]'),
                        'nonce', m.nonce, 'flags', coalesce(m.flags, '{}'), 'hops', m.hops,
                        'created_at', rfc3339(m.created_at), 'edited_at', rfc3339(m.edited_at),
                        'deleted_at', rfc3339(m.deleted_at)))
                    FROM users u WHERE u.id = m.author_id
                $$;
                """),
            .transaction("ALTER TABLE deleted_messages ADD COLUMN mentions json;"),
            .transaction(
                """
                CREATE TABLE message_mentions (
                    app_id bigint NOT NULL,
                    channel_id bigint NOT NULL,
                    -- 0 stands for all members.
                    user_id bigint NOT NULL,
                    seq bigint NOT NULL,
                    message_id bigint NOT NULL,
                    author_id bigint NOT NULL,
                    PRIMARY KEY (channel_id, user_id, seq)
                );
                CREATE INDEX message_mentions_message ON message_mentions (message_id);
                CREATE INDEX message_mentions_user ON message_mentions (app_id, user_id, message_id);
                SELECT keep_samples_small('message_mentions');
                """),
            .transaction("ALTER TABLE users ADD COLUMN keywords text[];"),
            .index(
                MigrationIndex(
                    name: "users_keywords", table: "users", definition: "(app_id, id) WHERE keywords IS NOT NULL")),
        ])
}
