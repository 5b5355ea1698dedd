extension Migration {
    /// What was brought in from other servers, by the ids that it had there.
    static let importedIDs = Migration(
        number: 14, name: "ids of what was imported",
        sql: """
            -- Rows come with what they name, in one transaction, and are never changed.
            CREATE TABLE import_ids (
                app_id bigint NOT NULL REFERENCES apps,
                -- The server or export that the ids are of.
                source text NOT NULL,
                kind text NOT NULL CHECK (kind IN ('user', 'channel', 'member', 'message')),
                source_id text NOT NULL,
                id bigint NOT NULL,
                PRIMARY KEY (app_id, source, kind, source_id)
            );
            SELECT keep_samples_small('import_ids');
            """)
}
