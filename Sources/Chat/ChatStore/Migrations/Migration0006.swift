extension Migration {
    /// Leaves the merging of new words into the index to ``ChatStore/mergeSearchIndex()``.
    static let searchIndex = Migration(
        number: 6, name: "search index",
        sql: """
            -- A bound only (kB): an insert that exceeds it has to merge all of it before its commit.
            ALTER INDEX messages_text SET (gin_pending_list_limit = 4096);
            """)
}
