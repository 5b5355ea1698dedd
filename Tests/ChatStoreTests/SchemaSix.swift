/// What a database of schema 6 holds: a row at least in each of its tables, written as the server of that time wrote it.
///
/// It stays as it is: databases that were made so exist, and each schema that follows has to take them on.
enum SchemaSix {
    static let number = 6

    static let data = """
        DO $$ BEGIN
            FOR day IN -40..3 LOOP
                CONTINUE WHEN day BETWEEN -38 AND -2;
                EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
                    to_char((now() + day * interval '1 day') AT TIME ZONE 'UTC', 'YYYYMMDD'),
                    date_trunc('day', now() + day * interval '1 day', 'UTC'),
                    date_trunc('day', now() + (day + 1) * interval '1 day', 'UTC'));
            END LOOP;
        END $$;
        INSERT INTO apps (name) VALUES ('main'), ('other');
        INSERT INTO users (app_id, kind, handle, name, email, password_hash, role) VALUES
            (1, 'person', 'ann', 'Ann', 'ann@example.org', '$2b$10$abcdefghijklmnopqrstuv', 'admin'),
            (1, 'person', 'Bob', 'Bob', NULL, NULL, 'member'),
            (1, 'bot', 'helper', 'Helper', NULL, NULL, 'member'),
            (1, 'hook', 'hook-1', 'Builds', NULL, NULL, 'member'),
            (2, 'person', 'ann', 'Another Ann', 'ann@example.org', NULL, 'guest');
        INSERT INTO refresh_tokens (hash, app_id, user_id, family, expires_at)
            SELECT sha256(convert_to(n::text, 'UTF8')), 1, 1 + n % 2, 'family-' || n, now() + interval '1 day'
            FROM generate_series(1, 500) n;
        INSERT INTO channels (app_id, kind, name, creator_id, direct_key, is_archived) VALUES
            (1, 'public', 'general', 1, NULL, false), (1, 'private', 'staff', 1, NULL, false),
            (1, 'direct', '', 1, '1:2', false), (1, 'group', '', 2, NULL, false), (1, 'public', 'old', 1, NULL, true),
            (2, 'public', 'general', 5, NULL, false);
        INSERT INTO channel_members (channel_id, user_id, app_id, role, read_seq)
            SELECT c.id, u.id, u.app_id, CASE WHEN u.id = c.creator_id THEN 'owner' ELSE 'member' END, 7
            FROM channels c JOIN users u ON u.app_id = c.app_id WHERE u.kind <> 'hook';
        INSERT INTO messages (id, app_id, channel_id, seq, author_id, author_name, kind, text, content, thread_root_id,
                reply_count, nonce, flags, hops, created_at, edited_at, deleted_at)
            SELECT nextval('messages_id'), 1, 1 + n % 2, (n + 1) / 2, 1 + n % 4, CASE WHEN n % 4 = 3 THEN 'Build 7' END,
                'text', CASE WHEN n % 50 = 0 THEN '' ELSE 'word number ' || n END,
                CASE WHEN n % 9 = 0 THEN json_build_object('t', n) END, CASE WHEN n = 20 THEN 10 END,
                CASE WHEN n = 10 THEN 1 ELSE 0 END, CASE WHEN n % 3 = 0 THEN 'nonce-' || n END,
                CASE WHEN n % 7 = 0 THEN '{rude}'::text[] END, n % 3, now() - (1000 - n) * interval '1 minute',
                CASE WHEN n % 11 = 0 THEN now() END, CASE WHEN n % 50 = 0 THEN now() END
            FROM generate_series(1, 600) n;
        UPDATE channels SET last_seq = 300 WHERE id IN (1, 2);
        INSERT INTO reactions (message_id, user_id, emoji, app_id) VALUES (1, 1, '👍', 1), (1, 2, '👍', 1), (2, 1, '❤️', 1);
        INSERT INTO hooks (app_id, channel_id, user_id, name, secret_hash, creator_id, revoked_at) VALUES
            (1, 1, 4, 'builds', sha256('a'), 1, NULL), (1, 2, 4, 'gone', sha256('b'), 2, now());
        INSERT INTO bots (user_id, app_id, token_hash, cursor, creator_id) VALUES (3, 1, sha256('c'), '700-12', 1);
        INSERT INTO bridges (name, cursor) VALUES ('mail', '690-3');
        INSERT INTO dead_letters (app_id, bridge, cursor, event, error, attempts)
            VALUES (1, 'mail', '650-1', '{"type":"message.created","data":{}}', 'the target refused it', 12);
        INSERT INTO bridge_values (bridge, key, value, expires_at) VALUES
            ('mail', 'message:<a@example.org>', '17', now() + interval '1 day'), ('mail', 'k', 'v', NULL);
        INSERT INTO deferred_events (bridge, cursor, app_id, type, version, channel_id, actor_id, subject_id, hops, at,
                data, due_at)
            VALUES ('flow', '640-2', 1, 'message.created', 1, 1, 1, 5, 0, now(), '{"id":5}', now() + interval '1 hour');
        INSERT INTO bridge_replays (bridge, state, begins_after, ends_with, position, total)
            VALUES ('mail', 'done', '600-1', '690-3', '690-3', 20);
        INSERT INTO moderation_flags (app_id, channel_id, author_id, action, rules, text)
            VALUES (1, 1, 2, 'mark', '{words/3}', 'word');
        INSERT INTO audit_log (app_id, actor_id, actor, action, subject, details)
            SELECT 1, 1, 'ann', 'user.updated', 'user:' || n, json_build_object('role', 'member')
            FROM generate_series(1, 3) n;
        INSERT INTO settings VALUES ('trimmed_up_to', '3-1');
        INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, at, data)
            SELECT 1, 'message.created', m.channel_id, m.author_id, m.id, now() - (m.id % 2) * interval '1 day',
                message_json(m)
            FROM messages m ORDER BY m.id;
        INSERT INTO events (app_id, type, audience_id, at, data) VALUES
            (1, 'bridge.started', 0, now(), '{"bridge":"mail"}'), (1, 'bot.token', 3, now() - interval '39 days', '{}');
        """
}
