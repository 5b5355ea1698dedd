extension Migration {
    /// Apps, people, channels, messages and the event log.
    static let initial = Migration(
        number: 1, name: "apps, users, channels, messages, events",
        sql: """
            CREATE TABLE settings (
                name text PRIMARY KEY,
                value text NOT NULL
            );
            INSERT INTO settings VALUES ('epoch', replace(gen_random_uuid()::text, '-', ''));

            CREATE TABLE apps (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                name text NOT NULL UNIQUE,
                created_at timestamptz NOT NULL DEFAULT now()
            );

            CREATE TABLE users (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                app_id bigint NOT NULL REFERENCES apps,
                kind text NOT NULL CHECK (kind IN ('person', 'bot', 'hook')),
                handle text NOT NULL,
                name text NOT NULL,
                email text,
                password_hash text,
                role text NOT NULL CHECK (role IN ('admin', 'member', 'guest')),
                is_active boolean NOT NULL DEFAULT true,
                tokens_valid_from timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',
                created_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE UNIQUE INDEX users_handle ON users (app_id, lower(handle));
            CREATE UNIQUE INDEX users_email ON users (app_id, lower(email)) WHERE email IS NOT NULL;

            -- One row a refresh token; a family is one log-in.
            CREATE TABLE refresh_tokens (
                hash bytea PRIMARY KEY,
                app_id bigint NOT NULL REFERENCES apps,
                user_id bigint NOT NULL REFERENCES users,
                family text NOT NULL,
                expires_at timestamptz NOT NULL,
                used_at timestamptz,
                created_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
            CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

            CREATE TABLE channels (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                app_id bigint NOT NULL REFERENCES apps,
                kind text NOT NULL CHECK (kind IN ('public', 'private', 'group', 'direct')),
                name text NOT NULL DEFAULT '',
                topic text NOT NULL DEFAULT '',
                -- The ids of the members of a direct channel, so that there is one for each pair.
                direct_key text,
                creator_id bigint REFERENCES users,
                last_seq bigint NOT NULL DEFAULT 0,
                is_archived boolean NOT NULL DEFAULT false,
                created_at timestamptz NOT NULL DEFAULT now()
            ) WITH (fillfactor = 50);
            CREATE UNIQUE INDEX channels_name ON channels (app_id, lower(name)) WHERE name <> '';
            CREATE UNIQUE INDEX channels_direct_key ON channels (app_id, direct_key) WHERE direct_key IS NOT NULL;

            CREATE TABLE channel_members (
                channel_id bigint NOT NULL REFERENCES channels,
                user_id bigint NOT NULL REFERENCES users,
                app_id bigint NOT NULL,
                role text NOT NULL CHECK (role IN ('owner', 'moderator', 'member')),
                read_seq bigint NOT NULL DEFAULT 0,
                delivered_seq bigint NOT NULL DEFAULT 0,
                notify text NOT NULL DEFAULT 'mentions' CHECK (notify IN ('all', 'mentions', 'nothing')),
                joined_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (channel_id, user_id)
            );
            CREATE INDEX channel_members_user ON channel_members (user_id);

            CREATE SEQUENCE messages_id;
            CREATE TABLE messages (
                id bigint PRIMARY KEY,
                app_id bigint NOT NULL,
                channel_id bigint NOT NULL,
                seq bigint NOT NULL,
                author_id bigint NOT NULL,
                -- The name that a hook chose to write under.
                author_name text,
                kind text NOT NULL,
                text text NOT NULL,
                content json,
                thread_root_id bigint,
                reply_count int NOT NULL DEFAULT 0,
                nonce text,
                flags text[],
                hops smallint NOT NULL DEFAULT 0,
                created_at timestamptz NOT NULL,
                edited_at timestamptz,
                deleted_at timestamptz
            );
            CREATE UNIQUE INDEX messages_seq ON messages (channel_id, seq);
            CREATE UNIQUE INDEX messages_nonce ON messages (channel_id, author_id, nonce) WHERE nonce IS NOT NULL;
            CREATE INDEX messages_thread ON messages (thread_root_id, seq) WHERE thread_root_id IS NOT NULL;
            -- What is put off is worked off by the insert that exceeds the limit (kB): small, so that none waits long.
            CREATE INDEX messages_text ON messages USING gin (to_tsvector('simple', text))
                WITH (gin_pending_list_limit = 256);

            CREATE TABLE reactions (
                message_id bigint NOT NULL REFERENCES messages,
                user_id bigint NOT NULL REFERENCES users,
                emoji text NOT NULL,
                app_id bigint NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (message_id, emoji, user_id)
            );

            CREATE SEQUENCE events_id;
            -- The transaction's id is the first half of a cursor: rows whose transaction lies below the oldest one
            -- that is still running can be read in the order (xid, id), and none will appear among them later.
            CREATE TABLE events (
                xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
                id bigint NOT NULL DEFAULT nextval('events_id'),
                app_id bigint NOT NULL,
                type text NOT NULL,
                version smallint NOT NULL DEFAULT 1,
                channel_id bigint,
                -- The only user who may see the event; null when its channel or app decides.
                audience_id bigint,
                actor_id bigint,
                subject_id bigint,
                hops smallint NOT NULL DEFAULT 0,
                at timestamptz NOT NULL DEFAULT now(),
                data json NOT NULL
            ) PARTITION BY RANGE (at);
            CREATE INDEX events_cursor ON events (xid, id);

            CREATE TABLE hooks (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                app_id bigint NOT NULL REFERENCES apps,
                channel_id bigint NOT NULL REFERENCES channels,
                user_id bigint NOT NULL REFERENCES users,
                name text NOT NULL,
                secret_hash bytea NOT NULL UNIQUE,
                -- A locked hook writes to its own channel only.
                is_locked boolean NOT NULL DEFAULT true,
                creator_id bigint NOT NULL REFERENCES users,
                created_at timestamptz NOT NULL DEFAULT now(),
                revoked_at timestamptz
            );

            CREATE TABLE bots (
                user_id bigint PRIMARY KEY REFERENCES users,
                app_id bigint NOT NULL REFERENCES apps,
                token_hash bytea NOT NULL UNIQUE,
                -- Everything up to here was acknowledged.
                cursor text,
                creator_id bigint NOT NULL REFERENCES users,
                created_at timestamptz NOT NULL DEFAULT now()
            );

            CREATE TABLE bridges (
                name text PRIMARY KEY,
                -- What the consumer group had acknowledged when this was last written; where a lost group starts again.
                cursor text NOT NULL,
                updated_at timestamptz NOT NULL DEFAULT now()
            );

            CREATE TABLE dead_letters (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                app_id bigint,
                bridge text NOT NULL,
                cursor text NOT NULL,
                event json NOT NULL,
                error text NOT NULL,
                attempts int NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                UNIQUE (bridge, cursor)
            );

            -- Bridges keep what they must remember here: which mail became which message.
            CREATE TABLE bridge_values (
                bridge text NOT NULL,
                key text NOT NULL,
                value text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (bridge, key)
            );

            CREATE TABLE moderation_flags (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                app_id bigint NOT NULL,
                channel_id bigint NOT NULL,
                author_id bigint NOT NULL,
                action text NOT NULL,
                rules text[] NOT NULL,
                text text NOT NULL,
                created_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE INDEX moderation_flags_app ON moderation_flags (app_id, id);

            CREATE FUNCTION rfc3339(t timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
            $$;

            CREATE FUNCTION reaction_counts(message bigint) RETURNS json LANGUAGE sql STABLE AS $$
                SELECT json_agg(json_build_object('emoji', emoji, 'count', count) ORDER BY first)
                FROM (SELECT emoji, count(*), min(created_at) AS first FROM reactions
                      WHERE message_id = message GROUP BY emoji) AS counted
            $$;

            -- The message as clients see it; the one shape of it in SQL.
            CREATE FUNCTION message_json(m messages) RETURNS json LANGUAGE sql STABLE AS $$
                SELECT json_strip_nulls(json_build_object(
                    'id', m.id, 'seq', m.seq, 'channel_id', m.channel_id,
                    'author', json_build_object(
                        'id', u.id, 'handle', u.handle, 'name', coalesce(m.author_name, u.name), 'kind', u.kind),
                    'kind', m.kind, 'text', m.text, 'content', m.content, 'thread_root_id', m.thread_root_id,
                    'reply_count', m.reply_count, 'reactions', coalesce(reaction_counts(m.id), '[]'),
                    'nonce', m.nonce, 'flags', coalesce(m.flags, '{}'), 'hops', m.hops,
                    'created_at', rfc3339(m.created_at), 'edited_at', rfc3339(m.edited_at),
                    'deleted_at', rfc3339(m.deleted_at)))
                FROM users u WHERE u.id = m.author_id
            $$;
            """)
}
