extension Migration {
    /// Automations that were stopped because they answered one another without end, and who of them reads at all.
    static let stoppedLoops = Migration(
        number: 17, name: "automations that were stopped",
        steps: [
            .transaction(
                """
                CREATE TABLE stopped_loops (
                    channel_id bigint PRIMARY KEY REFERENCES channels,
                    app_id bigint NOT NULL REFERENCES apps,
                    -- Whose messages are refused.
                    participants bigint[] NOT NULL,
                    -- The newest message at that time: what a person writes behind it ends the stop.
                    after_id bigint NOT NULL,
                    stopped_at timestamptz NOT NULL DEFAULT now()
                );
                SELECT keep_samples_small('stopped_loops');
                """),
            // A bot that never reads is a feed, and is not taken for one that answers.
            .transaction("ALTER TABLE bots ADD COLUMN read_at timestamptz;"),
        ])
}
