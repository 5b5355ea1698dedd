extension Migration {
    /// What a channel gives and takes beside its roles, who posts in it and how often; the app's own roles.
    static let channelOverrides = Migration(
        number: 22, name: "overrides, roles of an app, slow mode, announcements",
        steps: [
            .transaction(
                """
                ALTER TABLE channels ADD COLUMN is_announcement boolean NOT NULL DEFAULT false;
                ALTER TABLE channels ADD COLUMN slow_mode int NOT NULL DEFAULT 0;
                """),
            // Until when a member of a channel in slow mode waits; written by nobody else.
            .transaction("ALTER TABLE channel_members ADD COLUMN slow_until timestamptz;"),
            .transaction(
                """
                CREATE TABLE app_roles (
                    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    app_id bigint NOT NULL REFERENCES apps,
                    name text NOT NULL,
                    -- Bits of what the role gives.
                    capabilities bigint NOT NULL,
                    rank int NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now()
                );
                CREATE UNIQUE INDEX app_roles_name ON app_roles (app_id, lower(name));
                """),
            // Each by itself: a reference locks the table that it names for a moment.
            .transaction(
                """
                CREATE TABLE user_roles (
                    app_id bigint NOT NULL REFERENCES apps,
                    user_id bigint NOT NULL REFERENCES users,
                    role_id bigint NOT NULL REFERENCES app_roles,
                    PRIMARY KEY (app_id, user_id, role_id)
                );
                CREATE INDEX user_roles_role ON user_roles (app_id, role_id);
                SELECT keep_samples_small('user_roles');
                """),
            .transaction(
                """
                CREATE TABLE channel_overrides (
                    app_id bigint NOT NULL REFERENCES apps,
                    channel_id bigint NOT NULL REFERENCES channels,
                    subject text NOT NULL CHECK (subject IN ('everyone', 'role', 'user')),
                    -- 0 for everyone.
                    subject_id bigint NOT NULL,
                    allow bigint NOT NULL,
                    deny bigint NOT NULL,
                    PRIMARY KEY (app_id, channel_id, subject, subject_id)
                );
                CREATE INDEX channel_overrides_subject ON channel_overrides (app_id, subject, subject_id);
                SELECT keep_samples_small('channel_overrides');
                """),
        ])
}
