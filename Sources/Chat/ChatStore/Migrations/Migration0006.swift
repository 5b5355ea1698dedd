extension Migration {
    /// How much PostgreSQL looks at when it gathers statistics of the tables that grow.
    static let smallSamples = Migration(
        number: 6, name: "small samples for statistics",
        sql: """
            -- Gathering statistics holds a snapshot. While one is held, no version of the channels' rows that each
            -- commit leaves can be tidied up, and each commit walks all of them: a sample of 30000 messages, whose
            -- words were all looked up, held up everybody for a second or two. A tenth of it is enough to choose among
            -- the few indexes there are, and what is never compared needs no statistics at all.
            CREATE FUNCTION keep_samples_small(grown regclass) RETURNS void LANGUAGE plpgsql AS $$
                DECLARE
                    attribute record;
                BEGIN
                    FOR attribute IN
                        SELECT attname, attname IN ('author_name', 'text', 'content', 'nonce', 'flags', 'data') AS is_free
                        FROM pg_attribute WHERE attrelid = grown AND attnum > 0 AND NOT attisdropped
                    LOOP
                        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s',
                            grown, attribute.attname, CASE WHEN attribute.is_free THEN 0 ELSE 10 END);
                    END LOOP;
                END
            $$;
            SELECT keep_samples_small('messages');
            ALTER INDEX messages_text ALTER COLUMN 1 SET STATISTICS 0;
            SELECT keep_samples_small('events');
            SELECT keep_samples_small(inhrelid::regclass) FROM pg_inherits WHERE inhparent = 'events'::regclass;
            """)
}
