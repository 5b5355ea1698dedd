package import ChatModel
import Postgres

/// An event that a bridge could not handle, kept for a person to look at.
package struct DeadLetter: Sendable {
    package let id: Int64
    package let appID: AppID?
    package let bridge: String
    package let cursor: Cursor
    /// The event as JSON.
    package let event: String
    package let error: String
    package let attempts: Int
    package let createdAt: String
}

extension ChatStore {
    package func bridgeCursors() async throws -> [String: Cursor] {
        let rows = try await pool.query("SELECT name, cursor FROM bridges")
        var cursors: [String: Cursor] = [:]
        for row in rows {
            cursors[try row.decode(0, as: String.self)] = Cursor(try row.decode(1, as: String.self))
        }
        return cursors
    }

    /// Keeps how far a bridge has got.
    ///
    /// - Parameter lease: The number under which the bridge is run; nil for who need not have the right.
    /// - Returns: False when somebody has taken the right since.
    @discardableResult
    package func setBridgeCursor(_ cursor: Cursor, of bridge: String, under lease: Int64? = nil) async throws -> Bool {
        try await pool.execute(
            """
            INSERT INTO bridges (name, cursor)
            SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM leases WHERE name = $3 AND number > $4)
            ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, updated_at = now()
            """, bridge, cursor.description, Self.bridgeLease(bridge), lease ?? .max) > 0
    }

    package func deleteBridgeCursor(of bridge: String) async throws {
        try await pool.execute("DELETE FROM bridges WHERE name = $1", bridge)
    }

    /// Keeps an event that was given up; keeping it twice changes nothing.
    package func insertDeadLetter(
        bridge: String, event: EventRecord, error: String, attempts: Int
    ) async throws {
        try await pool.execute(
            """
            INSERT INTO dead_letters (app_id, bridge, cursor, event, error, attempts)
            VALUES ($1, $2, $3, $4::text::json, $5, $6)
            ON CONFLICT (bridge, cursor) DO UPDATE SET error = excluded.error, attempts = excluded.attempts
            """, event.appID.rawValue, bridge, event.cursor.description,
            String(decoding: event.json(op: false), as: UTF8.self), error, attempts)
    }

    /// Letters with what holds now of the messages that they tell of; see ``redacting(_:)``.
    private static let deadLetterColumns = """
        l.id, l.app_id, l.bridge, l.cursor, coalesce(now.event, l.event::text), l.error, l.attempts,
            rfc3339(l.created_at)
        FROM dead_letters l LEFT JOIN LATERAL (
            SELECT (l.event::jsonb || jsonb_build_object(
                'data', message_json(m), 'redacted', CASE WHEN m.deleted_at IS NULL THEN 'edited' ELSE 'deleted' END
            ))::text AS event
            FROM messages m
            WHERE l.event ->> 'type' IN ('message.created', 'message.updated')
                AND m.id = (l.event ->> 'subject_id')::bigint AND m.app_id = l.app_id AND (
                    m.deleted_at IS NOT NULL
                    OR m.edited_at IS NOT NULL
                        AND rfc3339(m.edited_at) IS DISTINCT FROM l.event -> 'data' ->> 'edited_at')
            LIMIT 1
        ) now ON true
        """

    package func deadLetters(of bridge: String?, after id: Int64 = 0, limit: Int) async throws -> [DeadLetter] {
        try await pool.query(
            """
            SELECT \(Self.deadLetterColumns)
            WHERE ($1::text IS NULL OR l.bridge = $1) AND l.id > $3 ORDER BY l.id LIMIT $2
            """, bridge, limit, id
        ).map(Self.deadLetter)
    }

    package func deadLetterCounts() async throws -> [String: Int] {
        let rows = try await pool.query("SELECT bridge, count(*) FROM dead_letters GROUP BY bridge")
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.decode(0, as: String.self)] = Int(try row.decode(1, as: Int64.self)) }
        return counts
    }

    package func deadLetter(_ id: Int64, of bridge: String) async throws -> DeadLetter? {
        try await pool.query(
            """
            SELECT \(Self.deadLetterColumns)
            WHERE l.id = $1 AND l.bridge = $2
            """, id, bridge
        ).first.map(Self.deadLetter)
    }

    /// - Parameters:
    ///   - action: What the audit log says of it.
    ///   - app: Whose audit log; that of who does it.
    package func deleteDeadLetter(
        _ id: Int64, of bridge: String, action: String, by actor: AuditActor, in app: AppID
    ) async throws -> Bool {
        let details = "json_build_object('id', id, 'cursor', cursor)"
        let rows = try await pool.query(
            """
            WITH gone AS (
                DELETE FROM dead_letters WHERE id = $1 AND bridge = $2
                RETURNING id, bridge, cursor, $3::bigint AS app_id
            ), \(Self.audited("$4::text", "'bridge:' || bridge", details, from: "gone", by: 5))
            SELECT id FROM gone
            """, id, bridge, app.rawValue, action, try Self.parameter(actor))
        return !rows.isEmpty
    }

    // MARK: What a bridge asks

    /// The last settled event that was written before `time`; ``Cursor/beginning`` when there is none.
    ///
    /// - Parameter time: Milliseconds since 1970.
    package func cursor(before time: Int64) async throws -> Cursor {
        try await findHorizon()
        let rows = try await pool.query(
            """
            SELECT xid::text || '-' || id FROM events
            WHERE at < to_timestamp($1::float8 / 1000) AND \(Self.isSettled(2))
            ORDER BY xid DESC, id DESC LIMIT 1
            """, Double(time), settledParameter)
        return try rows.first.flatMap { Cursor(try $0.decode(0, as: String.self)) } ?? .beginning
    }

    /// Events behind `cursor`, of all tenants, in order.
    package func settledEvents(after cursor: Cursor, limit: Int) async throws -> [EventRecord] {
        try await pool.withConnection { try await self.settledEvents(after: cursor, limit: limit, on: $0) }
    }

    /// How many events lie behind `cursor`; counted up to `limit`.
    package func eventCount(after cursor: Cursor, limit: Int) async throws -> Int {
        let rows = try await pool.query(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM events WHERE (xid, id) > ($1::text::xid8, $2) ORDER BY xid, id LIMIT $3) AS waiting
            """, String(cursor.transaction), Int64(clamping: cursor.row), limit)
        return Int(try rows.only().decode(0, as: Int64.self))
    }

    /// The active people of a channel who have an address, by id.
    package func memberAddresses(
        of channel: ChannelID, in app: AppID, limit: Int
    ) async throws -> [(user: Author, email: String)] {
        try await pool.query(
            """
            SELECT u.id, u.handle, u.name, u.email FROM channel_members m JOIN users u ON u.id = m.user_id
            WHERE m.channel_id = $1 AND m.app_id = $2 AND u.is_active AND u.kind = 'person' AND u.email IS NOT NULL
            ORDER BY u.id LIMIT $3
            """, channel.rawValue, app.rawValue, limit
        ).map { row in
            (
                Author(
                    id: UserID(try row.decode(0, as: Int64.self)), handle: try row.decode(1, as: String.self),
                    name: try row.decode(2, as: String.self), kind: .person),
                try row.decode(3, as: String.self)
            )
        }
    }

    private static func deadLetter(_ row: PostgresRow) throws -> DeadLetter {
        DeadLetter(
            id: try row.decode(0, as: Int64.self), appID: try row.decode(1, as: Int64?.self).map { AppID($0) },
            bridge: try row.decode(2, as: String.self),
            cursor: Cursor(try row.decode(3, as: String.self)) ?? .beginning, event: try row.decode(4, as: String.self),
            error: try row.decode(5, as: String.self), attempts: Int(try row.decode(6, as: Int32.self)),
            createdAt: try row.decode(7, as: String.self))
    }
}
