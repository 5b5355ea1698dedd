import Text

extension Migration {
    /// Channels of a user are bounded; names and emoji that were stored in several forms have one.
    ///
    /// Three transactions: the trigger needs a lock that whoever reads or joins a channel waits for.
    static let bounds = Migration(
        number: 13, name: "bounds of memberships, one form of names and emoji",
        steps: [.transaction(boundMemberships), .transaction(oneFormOfNames), .transaction(oneFormOfEmoji)])

    private static let boundMemberships = """
        CREATE FUNCTION bound_channels_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                most int := coalesce(nullif(current_setting('martlet.channels_per_user', true), '')::int, 5000);
                who text;
            BEGIN
                -- Reads no further than the bound, in the index.
                IF EXISTS (
                    SELECT FROM channel_members WHERE user_id = NEW.user_id OFFSET most - 1
                ) AND NOT EXISTS (
                    SELECT FROM channel_members WHERE channel_id = NEW.channel_id AND user_id = NEW.user_id
                ) THEN
                    SELECT handle INTO who FROM users WHERE id = NEW.user_id;
                    RAISE EXCEPTION USING ERRCODE = 'MT001', MESSAGE = format(
                        '@%s is a member of %s channels already, which is the limit', who, most);
                END IF;
                RETURN NEW;
            END
        $$;
        CREATE TRIGGER bound_channels_of_user BEFORE INSERT ON channel_members
            FOR EACH ROW EXECUTE FUNCTION bound_channels_of_user();
        """

    private static let oneFormOfNames = """
        -- Where several forms of one name are stored, the oldest of them gets the one form, or who has it keeps it.
        DO $$ BEGIN
            IF getdatabaseencoding() = 'UTF8' THEN
                UPDATE users SET handle = normalize(handle, NFKC) WHERE id IN (
                    SELECT min(id) FROM users GROUP BY app_id, lower(normalize(handle, NFKC))
                    HAVING bool_and(handle IS NOT NFKC NORMALIZED));
                UPDATE channels SET name = normalize(name, NFKC) WHERE id IN (
                    SELECT min(id) FROM channels WHERE name <> '' GROUP BY app_id, lower(normalize(name, NFKC))
                    HAVING bool_and(name IS NOT NFKC NORMALIZED));
            END IF;
        END $$;
        """

    private static let oneFormOfEmoji = """
        WITH forms AS MATERIALIZED (
            SELECT form, emoji FROM unnest(
                string_to_array('\(others.map(\.form).joined(separator: " "))', ' '),
                string_to_array('\(others.map(\.emoji).joined(separator: " "))', ' ')
            ) AS f (form, emoji)
        ), kinds AS MATERIALIZED (
            SELECT k.emoji AS old, f.emoji AS new FROM (SELECT DISTINCT emoji FROM reactions) k
            JOIN forms f ON f.form IN (
                lower(trim(BOTH ':' FROM k.emoji)), replace(lower(trim(BOTH ':' FROM k.emoji)), '-', '_'))
        ), gone AS (
            DELETE FROM reactions r USING kinds k WHERE r.emoji = k.old
            RETURNING r.message_id, r.user_id, r.app_id, r.created_at, k.new AS emoji
        )
        INSERT INTO reactions (message_id, user_id, emoji, app_id, created_at)
        SELECT message_id, user_id, emoji, app_id, min(created_at) FROM gone GROUP BY 1, 2, 3, 4
        ON CONFLICT DO NOTHING;
        """

    private static let others = Emoji.otherForms
}
