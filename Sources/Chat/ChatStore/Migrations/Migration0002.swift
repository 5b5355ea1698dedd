extension Migration {
    /// What administrators do, each row bound to the one before it.
    static let auditLog = Migration(
        number: 2, name: "audit log",
        sql: """
            CREATE TABLE audit_log (
                app_id bigint NOT NULL REFERENCES apps,
                -- Counts the rows of the app from 1, without a gap.
                number bigint NOT NULL,
                at timestamptz NOT NULL,
                actor_id bigint,
                actor text NOT NULL,
                action text NOT NULL,
                subject text NOT NULL,
                details json NOT NULL,
                address text,
                request_id text,
                previous_hash bytea NOT NULL,
                hash bytea NOT NULL,
                PRIMARY KEY (app_id, number)
            );

            -- The end of each app's chain: shows that the newest rows were taken away.
            CREATE TABLE audit_heads (
                app_id bigint PRIMARY KEY REFERENCES apps,
                number bigint NOT NULL,
                hash bytea NOT NULL
            );

            -- A field with its length before it, so that no two rows look the same to the hash.
            CREATE FUNCTION audit_field(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                SELECT CASE WHEN value IS NULL THEN '-,'
                    ELSE octet_length(convert_to(value, 'UTF8')) || ':' || value || ',' END
            $$;

            CREATE FUNCTION audit_append() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                head audit_heads;
            BEGIN
                -- Held until the commit; only what is audited waits for it.
                PERFORM pg_advisory_xact_lock(-1000 - NEW.app_id);
                SELECT * INTO head FROM audit_heads WHERE app_id = NEW.app_id;
                NEW.number := coalesce(head.number, 0) + 1;
                NEW.at := clock_timestamp();
                NEW.previous_hash := coalesce(head.hash, ''::bytea);
                NEW.hash := sha256(NEW.previous_hash || convert_to(
                    audit_field(NEW.app_id::text) || audit_field(NEW.number::text)
                    || audit_field((extract(epoch FROM NEW.at) * 1000000)::bigint::text)
                    || audit_field(NEW.actor_id::text) || audit_field(NEW.actor) || audit_field(NEW.action)
                    || audit_field(NEW.subject) || audit_field(NEW.details::text) || audit_field(NEW.address)
                    || audit_field(NEW.request_id), 'UTF8'));
                INSERT INTO audit_heads VALUES (NEW.app_id, NEW.number, NEW.hash)
                ON CONFLICT (app_id) DO UPDATE SET number = excluded.number, hash = excluded.hash;
                RETURN NEW;
            END
            $$;
            CREATE TRIGGER audit_append BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_append();

            CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the audit log is only ever appended to';
            END
            $$;
            CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
                FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
            ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_refuse;
            """)
}
