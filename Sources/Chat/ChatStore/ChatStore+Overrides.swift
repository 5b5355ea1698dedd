package import ChatModel
import Foundation
import Postgres

extension ChatStore {
    /// The overrides of a channel: everyone's, then those of roles and users, by id; a channel has few.
    package func overrides(of channel: ChannelID, in app: AppID) async throws -> [ChannelOverride] {
        try await pool.query(
            """
            SELECT subject, subject_id, allow, deny FROM channel_overrides
            WHERE app_id = $1 AND channel_id = $2 ORDER BY subject, subject_id
            """, app.rawValue, channel.rawValue
        ).map(Self.override)
    }

    /// Sets an override and writes the event; that is audited.
    ///
    /// One that is there already changes nothing.
    /// Asked once more behind the channel's lock: the actor is an owner, and a user whose override it is none.
    ///
    /// - Parameters:
    ///   - isAdministrator: The actor needs no role in the channel.
    ///   - limit: Overrides of a channel, at most.
    /// - Returns: False when it could not be set: the role or the user is not there, the channel has too many, or the
    ///   actor may not any more.
    package func setOverride(
        _ override: ChannelOverride, of channel: ChannelID, by actor: AuditActor, isAdministrator: Bool, limit: Int,
        in app: AppID
    ) async throws -> Bool {
        let results = try await write([
            Self.lock(channel),
            PostgresStatement(
                """
                WITH open AS MATERIALIZED (
                    SELECT c.id, c.app_id FROM channels c
                    WHERE c.id = $1 AND c.app_id = $2 AND c.kind <> 'direct'
                        AND ($8 OR EXISTS (
                            SELECT FROM channel_members a
                            WHERE a.channel_id = $1 AND a.user_id = $3 AND a.role = 'owner'))
                        AND ($8 OR $4 <> 'user' OR NOT EXISTS (
                            SELECT FROM channel_members t
                            WHERE t.channel_id = $1 AND t.user_id = $5 AND t.role = 'owner'))
                        AND ($4 <> 'user' OR EXISTS (SELECT FROM users u WHERE u.id = $5 AND u.app_id = $2))
                        AND ($4 <> 'role' OR EXISTS (SELECT FROM app_roles r WHERE r.id = $5 AND r.app_id = $2))
                        AND $9 > (
                            SELECT count(*) FROM channel_overrides o
                            WHERE o.app_id = $2 AND o.channel_id = $1 AND (o.subject <> $4 OR o.subject_id <> $5))
                ), changed AS (
                    INSERT INTO channel_overrides AS o (app_id, channel_id, subject, subject_id, allow, deny)
                    SELECT app_id, id, $4, $5, $6, $7 FROM open
                    ON CONFLICT (app_id, channel_id, subject, subject_id) DO UPDATE
                        SET allow = excluded.allow, deny = excluded.deny
                        WHERE (o.allow, o.deny) IS DISTINCT FROM (excluded.allow, excluded.deny)
                    RETURNING *
                ), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                    SELECT app_id, 'override.updated', channel_id, $3, channel_id, $10::json FROM changed
                ), \(Self.audited(
                    "'override.updated'", "'channel:' || channel_id", "$10::json", from: "changed", by: 11))
                SELECT 1 FROM open
                """, channel.rawValue, app.rawValue, actor.id?.rawValue, override.subject.rawValue, override.subjectID,
                override.allow.rawValue, override.deny.rawValue, isAdministrator, limit, try Self.json(of: override),
                try Self.parameter(actor)),
        ])
        return !results[1].rows.isEmpty
    }

    /// Takes an override away and writes the event; that is audited.
    ///
    /// - Returns: False when there is none, or the actor may not any more.
    package func deleteOverride(
        _ subject: ChannelOverride.Subject, _ id: Int64, of channel: ChannelID, by actor: AuditActor,
        isAdministrator: Bool, in app: AppID
    ) async throws -> Bool {
        let results = try await write([
            Self.lock(channel),
            PostgresStatement(
                """
                WITH gone AS (
                    DELETE FROM channel_overrides o
                    WHERE o.app_id = $2 AND o.channel_id = $1 AND o.subject = $4 AND o.subject_id = $5
                        AND ($6 OR EXISTS (
                            SELECT FROM channel_members a
                            WHERE a.channel_id = $1 AND a.user_id = $3 AND a.role = 'owner'))
                    RETURNING *
                ), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, data)
                    SELECT app_id, 'override.deleted', channel_id, $3, channel_id,
                        json_build_object('subject', subject, 'subject_id', subject_id) FROM gone
                ), \(Self.audited(
                    "'override.deleted'", "'channel:' || channel_id",
                    "json_build_object('subject', subject, 'subject_id', subject_id)", from: "gone", by: 7))
                SELECT 1 FROM gone
                """, channel.rawValue, app.rawValue, actor.id?.rawValue, subject.rawValue, id, isAdministrator,
                try Self.parameter(actor)),
        ])
        return !results[1].rows.isEmpty
    }

    private static func override(_ row: PostgresRow) throws -> ChannelOverride {
        ChannelOverride(
            subject: ChannelOverride.Subject(rawValue: try row.decode(0, as: String.self)) ?? .everyone,
            subjectID: try row.decode(1, as: Int64.self),
            allow: Capability(rawValue: try row.decode(2, as: Int64.self)),
            deny: Capability(rawValue: try row.decode(3, as: Int64.self)))
    }

    static func json(of value: some Encodable) throws -> PostgresJSON {
        PostgresJSON(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
    }
}
