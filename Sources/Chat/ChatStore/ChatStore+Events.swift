package import ChatModel
package import Postgres
import Telemetry

/// What one look for new events has shown.
package struct NewEvents: Sendable {
    package let events: [EventRecord]
    /// The oldest transaction under way that may hide others; nil when none may.
    package let hiddenBy: UInt64?
    /// The database's clock, milliseconds since 1970.
    package let time: Int64
}

extension ChatStore {
    private static let eventColumns = """
        xid, id, app_id, type, version::int, channel_id, audience_id, actor_id, subject_id, hops::int, \
        (extract(epoch FROM at) * 1000)::bigint AS milliseconds, data
        """

    /// Events behind `cursor`, in order, for the relay.
    ///
    /// - Parameters:
    ///   - time: No event behind `cursor` was written before, milliseconds since 1970; nil when nobody knows. Partitions
    ///     of days before are not looked into.
    ///   - passed: Open transactions that are known to write no events.
    package func newEvents(
        after cursor: Cursor, writtenSince time: Int64? = nil, passing passed: [UInt64] = [], limit: Int,
        on connection: PostgresConnection
    ) async throws -> NewEvents {
        var parameters: [(any PostgresEncodable)?] = [
            String(cursor.transaction), Int64(clamping: cursor.row), limit,
            PostgresTimestamp(milliseconds: time ?? 0),
        ]
        var horizon = "pg_snapshot_xmin(now)"
        if !passed.isEmpty {
            horizon = """
                coalesce((SELECT x FROM pg_snapshot_xip(now) AS x WHERE x <> ALL ($5::text[]::xid8[]) ORDER BY x LIMIT 1),
                    pg_snapshot_xmax(now))
                """
            parameters.append(passed.map(String.init))
        }
        // The snapshot stands in front, so that there is a row where there are no events.
        let rows = try await connection.query(
            """
            SELECT e.*, s.horizon < s.xmax, s.horizon::text::bigint, (extract(epoch FROM now()) * 1000)::bigint FROM (
                SELECT \(horizon) AS horizon, pg_snapshot_xmax(now) AS xmax FROM pg_current_snapshot() AS now
            ) s LEFT JOIN LATERAL (
                SELECT \(Self.eventColumns) FROM events
                WHERE (xid, id) > ($1::text::xid8, $2) AND xid < s.horizon
                    AND at >= $4::timestamptz - interval '1 day'
                ORDER BY xid, id LIMIT $3
            ) e ON true ORDER BY e.xid, e.id
            """, parameters: parameters)
        let last = try rows.last.map { $0 } ?? rows.only()
        let isEmpty = try last.decode(0, as: Int64?.self) == nil
        let oldest = UInt64(bitPattern: try last.decode(13, as: Int64.self))
        noteSettled(below: oldest)
        return NewEvents(
            events: isEmpty ? [] : try rows.map { try Self.event($0) },
            hiddenBy: try last.decode(12, as: Bool.self) ? oldest : nil, time: try last.decode(14, as: Int64.self))
    }

    /// Events behind `cursor`, in order.
    func settledEvents(
        after cursor: Cursor, limit: Int, on connection: PostgresConnection
    ) async throws -> [EventRecord] {
        try await connection.query(
            Self.redacting(
                """
                SELECT \(Self.eventColumns), at FROM events WHERE (xid, id) > ($1::text::xid8, $2) AND \(Self.isSettled(4))
                ORDER BY xid, id LIMIT $3
                """), String(cursor.transaction), Int64(clamping: cursor.row), limit, settledParameter
        ).map(Self.redactedEvent)
    }

    /// Events of some types behind one cursor and up to another, in order.
    ///
    /// - Parameters:
    ///   - end: A place that the log has told of: up to there it is complete, whoever has found that out.
    ///   - app: Nil for all.
    func events(
        after cursor: Cursor, until end: Cursor, types: [EventType], app: AppID?, limit: Int,
        on connection: PostgresConnection
    ) async throws -> [EventRecord] {
        try await connection.query(
            Self.redacting(
                """
                SELECT \(Self.eventColumns), at FROM events
                WHERE (xid, id) > ($1::text::xid8, $2) AND (xid, id) <= ($3::text::xid8, $4)
                    AND type = ANY ($5) AND ($6::bigint IS NULL OR app_id = $6)
                ORDER BY xid, id LIMIT $7
                """), String(cursor.transaction), Int64(clamping: cursor.row), String(end.transaction),
            Int64(clamping: end.row), types.map(\.description), app?.rawValue, limit
        ).map(Self.redactedEvent)
    }

    /// The event at a place that the log has told of; nil when retention dropped it.
    package func event(at cursor: Cursor) async throws -> EventRecord? {
        try await pool.query(
            Self.redacting(
                """
                SELECT \(Self.eventColumns), at FROM events WHERE xid = $1::text::xid8 AND id = $2 ORDER BY xid, id
                """), String(cursor.transaction), Int64(clamping: cursor.row)
        ).first.map(Self.redactedEvent)
    }

    /// What decides which events a user may see.
    ///
    /// - Returns: Their channels; of those that show a member only what was said since it came, the number of the last
    ///   message that it does not see; and whether the user gets what administrators get.
    package func viewpoint(
        of user: UserID, in app: AppID
    ) async throws -> (channels: [ChannelID], limits: [ChannelID: Int64], isAdministrator: Bool) {
        let row = try await pool.query(
            """
            SELECT
                ARRAY (SELECT channel_id FROM channel_members WHERE user_id = $1 AND app_id = $2),
                EXISTS (SELECT FROM users WHERE id = $1 AND app_id = $2 AND role = 'admin' AND is_active),
                limits.ids, limits.seqs
            FROM (
                SELECT array_agg(m.channel_id) AS ids, array_agg(m.joined_seq) AS seqs
                FROM channel_members m JOIN channels c ON c.id = m.channel_id
                WHERE m.user_id = $1 AND m.app_id = $2 AND c.history = 'since_joined'
            ) limits
            """, user.rawValue, app.rawValue
        ).only()
        let limits = zip(
            try row.decode(2, as: [Int64]?.self) ?? [], try row.decode(3, as: [Int64]?.self) ?? [])
        return (
            try row.decode(0, as: [Int64].self).map { ChannelID($0) },
            Dictionary(limits.map { (ChannelID($0), $1) }) { $1 }, try row.decode(1, as: Bool.self)
        )
    }

    func newestEvents(
        in app: AppID, types: [EventType], limit: Int, on connection: PostgresConnection
    ) async throws -> [EventRecord] {
        try await connection.query(
            Self.redacting(
                """
                SELECT \(Self.eventColumns), at FROM events WHERE app_id = $1 AND type = ANY ($2) AND \(Self.isSettled(4))
                ORDER BY xid DESC, id DESC LIMIT $3
                """), app.rawValue, types.map(\.description), limit, settledParameter
        ).map(Self.redactedEvent)
    }

    /// Events behind `cursor` that one user may see, in order, and those that end the user's own token.
    ///
    /// - Parameters:
    ///   - isAdministrator: Whether the user gets what administrators get.
    ///   - isEverything: All events of the app, whoever they are for.
    ///   - types: Only these; nil for all.
    package func events(
        after cursor: Cursor, for user: UserID, channels: [ChannelID], isAdministrator: Bool = false,
        isEverything: Bool = false, app: AppID, types: [EventType]?, limit: Int
    ) async throws -> [EventRecord] {
        try await pool.query(
            Self.redacting(
                """
                SELECT \(Self.eventColumns), at FROM events
                WHERE (xid, id) > ($1::text::xid8, $2) AND \(Self.isSettled(10)) AND app_id = $3
                    AND ($9 OR audience_id = $4 OR $8 AND audience_id = 0 OR audience_id IS NULL AND (
                        channel_id = ANY ($5) OR channel_id IS NULL
                        OR subject_id = $4 AND type IN ('member.added', 'member.removed'))
                        OR audience_id = 0 AND subject_id = $4 AND type = 'bot.token_rotated')
                    AND ($6::text[] IS NULL OR type = ANY ($6))
                ORDER BY xid, id LIMIT $7
                """), String(cursor.transaction), Int64(clamping: cursor.row), app.rawValue, user.rawValue,
            channels.map(\.rawValue), types?.map(\.description), limit, isAdministrator, isEverything,
            settledParameter
        ).map(Self.redactedEvent)
    }

    /// The last settled event, kept or not; ``Cursor/beginning`` when there never was one.
    package func head() async throws -> Cursor {
        try await findHorizon()
        let rows = try await pool.query(
            "SELECT xid, id FROM events WHERE \(Self.isSettled(1)) ORDER BY xid DESC, id DESC LIMIT 1", settledParameter
        )
        let last = try rows.first.map(Self.cursor) ?? .beginning
        // Where everything was dropped, a new reader begins behind it, not before.
        return max(last, try await trimmedUpTo() ?? .beginning)
    }

    /// The first event that is still kept.
    package func floor() async throws -> Cursor {
        let rows = try await pool.query("SELECT xid, id FROM events ORDER BY xid, id LIMIT 1")
        return try rows.first.map(Self.cursor) ?? .beginning
    }

    /// A cursor with `count` settled events behind it.
    package func cursor(eventsBack count: Int) async throws -> Cursor {
        try await findHorizon()
        let rows = try await pool.query(
            "SELECT xid, id FROM events WHERE \(Self.isSettled(2)) ORDER BY xid DESC, id DESC OFFSET $1 LIMIT 1", count,
            settledParameter)
        return try rows.first.map(Self.cursor) ?? .beginning
    }

    /// Whether events after `cursor` were dropped because they are older than the retention time.
    package func isTrimmed(_ cursor: Cursor) async throws -> Bool {
        guard let trimmed = try await trimmedUpTo() else { return false }
        return cursor < trimmed
    }

    /// Up to where events were dropped; nil when none ever were.
    package func trimmedUpTo() async throws -> Cursor? {
        let rows = try await pool.query("SELECT value FROM settings WHERE name = 'trimmed_up_to'")
        guard let text = try rows.first?.decode(0, as: String.self) else { return nil }
        return Cursor(text)
    }

    private static func cursor(_ row: PostgresRow) throws -> Cursor {
        Cursor(
            transaction: UInt64(try row.decode(0, as: Int64.self)), row: UInt64(try row.decode(1, as: Int64.self)))
    }

    /// A row of ``redacting(_:)``.
    private static func redactedEvent(_ row: PostgresRow) throws -> EventRecord {
        try event(row, redaction: try row.decode(12, as: String?.self).flatMap(Event.Redaction.init(rawValue:)))
    }

    private static func event(_ row: PostgresRow, redaction: Event.Redaction? = nil) throws -> EventRecord {
        EventRecord(
            cursor: try cursor(row), type: EventType(try row.decode(3, as: String.self)),
            version: Int(try row.decode(4, as: Int32.self)), appID: AppID(try row.decode(2, as: Int64.self)),
            channelID: try row.decode(5, as: Int64?.self).map { ChannelID($0) },
            audienceID: try row.decode(6, as: Int64?.self).map { UserID($0) },
            actorID: try row.decode(7, as: Int64?.self).map { UserID($0) },
            subjectID: try row.decode(8, as: Int64?.self), hops: Int(try row.decode(9, as: Int32.self)),
            at: try row.decode(10, as: Int64.self), data: try row.decode(11, as: String.self),
            redaction: redaction)
    }
}
