extension Migration {
    /// The stretches of the past that bridges are sent again.
    static let bridgeReplays = Migration(
        number: 5, name: "bridge replays",
        sql: """
            -- One a bridge: the one that runs, or the last one.
            CREATE TABLE bridge_replays (
                bridge text PRIMARY KEY,
                id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
                state text NOT NULL DEFAULT 'running',
                -- Cursors: it begins behind the one and ends with the other.
                begins_after text NOT NULL,
                ends_with text NOT NULL,
                -- Everything up to here is done with; `settled` counts the events until here, `done` all.
                position text NOT NULL,
                settled bigint NOT NULL DEFAULT 0,
                done bigint NOT NULL DEFAULT 0,
                dead bigint NOT NULL DEFAULT 0,
                total bigint NOT NULL,
                started_at timestamptz NOT NULL DEFAULT now(),
                ended_at timestamptz
            );
            """)
}
