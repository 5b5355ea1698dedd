package import ChatModel
import Postgres

/// What the log is told of bridges; administrators and other bridges get it.
extension ChatStore {
    /// - Parameter data: JSON text.
    package func insertBridgeEvent(_ type: EventType, data: String, hops: Int, in app: AppID) async throws {
        try await write(
            """
            INSERT INTO events (app_id, type, audience_id, hops, data) VALUES ($1, $2, 0, $3, $4::text::json)
            """, app.rawValue, type.description, Int32(hops), data)
    }

    /// Tells that a bridge has begun and, when its file is not the one of the last time, audits that.
    ///
    /// - Parameters:
    ///   - fingerprint: The same for the same text of the file; kept under `key` among the bridge's values.
    ///   - data: JSON text of the events.
    package func insertBridgeStart(
        _ bridge: String, kind: String, path: String, fingerprint: String, key: String, data: String, in app: AppID
    ) async throws {
        let details = "json_build_object('kind', $6::text, 'file', $7::text)"
        try await write(
            """
            WITH old AS (
                SELECT value FROM bridge_values WHERE bridge = $1 AND key = $2
            ), kept AS (
                INSERT INTO bridge_values (bridge, key, value) VALUES ($1, $2, $3)
                ON CONFLICT (bridge, key) DO UPDATE SET value = excluded.value
                WHERE bridge_values.value <> excluded.value
                RETURNING $4::bigint AS app_id, bridge
            ), emitted AS (
                INSERT INTO events (app_id, type, audience_id, data)
                SELECT $4, type, 0, $5::text::json FROM (
                    SELECT 0 AS place, 'bridge.changed' AS type FROM kept WHERE EXISTS (SELECT FROM old)
                    UNION ALL
                    SELECT 1, 'bridge.started'
                ) e ORDER BY place
            ), \(Self.audited(
                "CASE WHEN EXISTS (SELECT FROM old) THEN 'bridge.changed' ELSE 'bridge.added' END",
                "'bridge:' || bridge", details, from: "kept", by: 8))
            SELECT 1
            """, bridge, key, fingerprint, app.rawValue, data, kind, path, try Self.parameter(.server))
    }

    /// Notes that a bridge rests, or that it goes on; both are told once.
    ///
    /// - Parameters:
    ///   - reason: Why it rests; nil when it goes on.
    ///   - key: Where that is kept among the bridge's values; empty text there means that it does not rest.
    ///   - data: JSON text of the event.
    ///   - actor: Who asked for it; nil when the bridge did.
    package func setBridgePause(
        _ reason: String?, of bridge: String, key: String, data: String, by actor: AuditActor?, in app: AppID
    ) async throws {
        let change =
            reason == nil
            ? "UPDATE bridge_values SET value = $3 WHERE bridge = $1 AND key = $2 AND value <> $3"
            : """
            INSERT INTO bridge_values (bridge, key, value) VALUES ($1, $2, $3)
            ON CONFLICT (bridge, key) DO UPDATE SET value = excluded.value
            WHERE bridge_values.value <> excluded.value
            """
        let type = reason == nil ? "bridge.resumed" : "bridge.paused"
        try await write(
            """
            WITH kept AS (
                \(change) RETURNING $4::bigint AS app_id, bridge
            ), emitted AS (
                INSERT INTO events (app_id, type, audience_id, actor_id, data)
                SELECT app_id, '\(type)', 0, $5::bigint, $6::text::json FROM kept
            ), \(Self.audited("'\(type)'", "'bridge:' || bridge", "'{}'::json", from: "kept", by: 7))
            SELECT 1
            """, bridge, key, reason ?? "", app.rawValue, actor?.id?.rawValue, data, try Self.parameter(actor))
    }
}
