extension Migration {
    /// The names of the log: one for each start of the database.
    static let logNames = Migration(
        number: 10, name: "names of the log",
        sql: """
            -- A cursor is shown with the name under which it was given, and is good only below the first transaction of
            -- the name that follows: a database that was put back to an older state does not know the names that it was
            -- given since, and is given another one as it starts.
            CREATE TABLE log_names (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                name text NOT NULL UNIQUE,
                first_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
                -- Tells the start apart from every other one.
                start text NOT NULL UNIQUE,
                started_at timestamptz NOT NULL DEFAULT now()
            );
            -- A restart has another time, a standby that was promoted another timeline. Where a service hides one of them,
            -- the others have to do.
            CREATE FUNCTION database_start() RETURNS text LANGUAGE plpgsql STABLE AS $$
            DECLARE
                timeline text := '';
                system text := '';
            BEGIN
                BEGIN
                    timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);
                EXCEPTION WHEN OTHERS THEN
                    timeline := '';
                END;
                BEGIN
                    SELECT system_identifier::text INTO system FROM pg_control_system();
                EXCEPTION WHEN OTHERS THEN
                    system := '';
                END;
                RETURN concat_ws('/', (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint, timeline, system);
            END
            $$;

            -- Cursors from before this table came with the epoch. It stays the name until the next start: nodes that know
            -- nothing of names may serve for a while, and what they give is good here.
            INSERT INTO log_names (name, first_xid, start)
            SELECT value, '0'::xid8, database_start() FROM settings WHERE name = 'epoch';

            -- The log's present name; gives it one at the first call after a start.
            CREATE FUNCTION name_log() RETURNS text LANGUAGE plpgsql AS $$
            DECLARE
                here text := database_start();
                present text;
            BEGIN
                SELECT name INTO present FROM log_names WHERE start = here;
                IF present IS NULL THEN
                    INSERT INTO log_names (name, start) VALUES (replace(gen_random_uuid()::text, '-', ''), here)
                    ON CONFLICT (start) DO NOTHING;
                    SELECT name INTO present FROM log_names WHERE start = here;
                END IF;
                RETURN present;
            END
            $$;
            """)
}
