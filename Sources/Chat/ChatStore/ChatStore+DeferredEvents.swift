package import ChatModel
import Postgres

/// An event that a bridge wants again at a time.
package struct DeferredEvent: Sendable {
    package let record: EventRecord
    /// The tries that failed since the bridge has deferred it.
    package let attempts: Int
}

extension ChatStore {
    /// Keeps an event for a bridge until it is due; one that is kept already gets the new time.
    ///
    /// - Parameters:
    ///   - dueAt: Milliseconds since 1970.
    ///   - limit: So many events may wait for the bridge.
    /// - Returns: False when as many wait already.
    package func deferEvent(
        _ event: EventRecord, of bridge: String, dueAt: Int64, attempts: Int, limit: Int
    ) async throws -> Bool {
        try await pool.execute(
            """
            INSERT INTO deferred_events (
                bridge, cursor, app_id, type, version, channel_id, audience_id, actor_id, subject_id, hops, at, data,
                due_at, attempts)
            SELECT $1, $2, $3, $4, $5::int, $6, $7, $8, $9, $10::int, to_timestamp($11::float8 / 1000),
                $12::text::json, to_timestamp($13::float8 / 1000), $14::int
            WHERE (SELECT count(*) FROM deferred_events WHERE bridge = $1) < $15
                OR EXISTS (SELECT FROM deferred_events WHERE bridge = $1 AND cursor = $2)
            ON CONFLICT (bridge, cursor) DO UPDATE SET due_at = excluded.due_at, attempts = excluded.attempts
            """, bridge, event.cursor.description, event.appID.rawValue, event.type.description, Int32(event.version),
            event.channelID?.rawValue, event.audienceID?.rawValue, event.actorID?.rawValue, event.subjectID,
            Int32(event.hops), Double(event.at), event.data, Double(dueAt), Int32(clamping: attempts), limit) > 0
    }

    /// The events of a bridge that are due, the longest due first.
    ///
    /// - Parameter now: Milliseconds since 1970.
    package func dueEvents(of bridge: String, now: Int64, limit: Int) async throws -> [DeferredEvent] {
        try await pool.query(
            """
            SELECT cursor, app_id, type, version::int, channel_id, audience_id, actor_id, subject_id, hops::int,
                round(extract(epoch FROM at) * 1000)::bigint, data, attempts
            FROM deferred_events WHERE bridge = $1 AND due_at <= to_timestamp($2::float8 / 1000)
            ORDER BY due_at LIMIT $3
            """, bridge, Double(now), limit
        ).map { row in
            DeferredEvent(
                record: EventRecord(
                    cursor: Cursor(try row.decode(0, as: String.self)) ?? .beginning,
                    type: EventType(try row.decode(2, as: String.self)),
                    version: Int(try row.decode(3, as: Int32.self)), appID: AppID(try row.decode(1, as: Int64.self)),
                    channelID: try row.decode(4, as: Int64?.self).map { ChannelID($0) },
                    audienceID: try row.decode(5, as: Int64?.self).map { UserID($0) },
                    actorID: try row.decode(6, as: Int64?.self).map { UserID($0) },
                    subjectID: try row.decode(7, as: Int64?.self), hops: Int(try row.decode(8, as: Int32.self)),
                    at: try row.decode(9, as: Int64.self), data: try row.decode(10, as: String.self)),
                attempts: Int(try row.decode(11, as: Int32.self)))
        }
    }

    /// When the next event of a bridge is due, milliseconds since 1970; nil when none waits.
    package func nextDueTime(of bridge: String) async throws -> Int64? {
        try await pool.query(
            "SELECT ceil(extract(epoch FROM min(due_at)) * 1000)::bigint FROM deferred_events WHERE bridge = $1", bridge
        ).first?.decode(0, as: Int64?.self)
    }

    package func deleteDeferredEvent(_ cursor: Cursor, of bridge: String) async throws {
        try await pool.execute(
            "DELETE FROM deferred_events WHERE bridge = $1 AND cursor = $2", bridge, cursor.description)
    }

    /// How many events wait for each bridge.
    package func deferredEventCounts() async throws -> [String: Int] {
        let rows = try await pool.query("SELECT bridge, count(*) FROM deferred_events GROUP BY bridge")
        var counts: [String: Int] = [:]
        for row in rows { counts[try row.decode(0, as: String.self)] = Int(try row.decode(1, as: Int64.self)) }
        return counts
    }
}
