extension Migration {
    /// What bridges remember for a while, and the events that they want again later.
    static let bridgeMemory = Migration(
        number: 4, name: "bridge values that expire, deferred events",
        sql: """
            ALTER TABLE bridge_values ADD COLUMN expires_at timestamptz;
            CREATE INDEX bridge_values_expiry ON bridge_values (bridge, expires_at) WHERE expires_at IS NOT NULL;
            -- Keys are looked up by their beginnings, byte by byte, whatever the collation of the database is.
            CREATE INDEX bridge_values_prefix ON bridge_values (bridge, key text_pattern_ops);

            -- A copy of each event that a bridge wants again at a time: the original may be dropped until then.
            CREATE TABLE deferred_events (
                bridge text NOT NULL,
                cursor text NOT NULL,
                app_id bigint NOT NULL,
                type text NOT NULL,
                version smallint NOT NULL,
                channel_id bigint,
                audience_id bigint,
                actor_id bigint,
                subject_id bigint,
                hops smallint NOT NULL,
                at timestamptz NOT NULL,
                data json NOT NULL,
                due_at timestamptz NOT NULL,
                -- The tries since it was last deferred by the bridge itself.
                attempts int NOT NULL DEFAULT 0,
                PRIMARY KEY (bridge, cursor)
            );
            CREATE INDEX deferred_events_due ON deferred_events (bridge, due_at);
            """)
}
