package import ChatModel
package import Postgres
import Telemetry

extension ChatStore {
    /// How many days ahead there is a partition for events; maintenance runs hourly.
    ///
    /// No more than are needed, since each look for new events goes into all of them.
    private static let partitionsAhead = 3

    private static let eventColumns = """
        xid, id, app_id, type, version::int, channel_id, audience_id, actor_id, subject_id, hops::int, \
        (extract(epoch FROM at) * 1000)::bigint AS milliseconds, data
        """

    /// Rows below the oldest running transaction: none can appear among or before them any more.
    private static let isSettled = "xid < pg_snapshot_xmin(pg_current_snapshot())"

    /// Events behind `cursor`, in order, for the relay, and whether a transaction that is under way may hide others.
    ///
    /// - Parameter time: When the event at `cursor` was written, milliseconds since 1970, if that is known: partitions
    ///   that were full a day before need not be looked into. No transaction lasts nearly as long, and where the clock
    ///   was set back the present day counts.
    package func newEvents(
        after cursor: Cursor, writtenAt time: Int64? = nil, limit: Int, on connection: PostgresConnection
    ) async throws -> (events: [EventRecord], mayHideOthers: Bool) {
        // The snapshot stands in front, so that there is a row where there are no events.
        let rows = try await connection.query(
            """
            SELECT e.*, s.xmin < s.xmax FROM (
                SELECT pg_snapshot_xmin(now) AS xmin, pg_snapshot_xmax(now) AS xmax FROM pg_current_snapshot() AS now
            ) s LEFT JOIN LATERAL (
                SELECT \(Self.eventColumns) FROM events
                WHERE (xid, id) > ($1::text::xid8, $2) AND xid < s.xmin
                    AND at >= least($4::timestamptz, now()) - interval '1 day'
                ORDER BY xid, id LIMIT $3
            ) e ON true ORDER BY e.xid, e.id
            """, String(cursor.transaction), Int64(clamping: cursor.row), limit,
            PostgresTimestamp(milliseconds: time ?? 0))
        guard let last = rows.last else { return ([], true) }
        let isEmpty = try last.decode(0, as: Int64?.self) == nil
        return (isEmpty ? [] : try rows.map { try Self.event($0) }, try last.decode(12, as: Bool.self))
    }

    /// Events behind `cursor`, in order.
    func settledEvents(
        after cursor: Cursor, limit: Int, on connection: PostgresConnection
    ) async throws -> [EventRecord] {
        try await connection.query(
            Self.redacting(
                """
                SELECT \(Self.eventColumns), at FROM events WHERE (xid, id) > ($1::text::xid8, $2) AND \(Self.isSettled)
                ORDER BY xid, id LIMIT $3
                """), String(cursor.transaction), Int64(clamping: cursor.row), limit
        ).map(Self.redactedEvent)
    }

    /// Events of some types behind one cursor and up to another, in order.
    ///
    /// - Parameter app: Nil for all.
    func settledEvents(
        after cursor: Cursor, until end: Cursor, types: [EventType], app: AppID?, limit: Int,
        on connection: PostgresConnection
    ) async throws -> [EventRecord] {
        try await connection.query(
            Self.redacting(
                """
                SELECT \(Self.eventColumns), at FROM events
                WHERE (xid, id) > ($1::text::xid8, $2) AND (xid, id) <= ($3::text::xid8, $4) AND \(Self.isSettled)
                    AND type = ANY ($5) AND ($6::bigint IS NULL OR app_id = $6)
                ORDER BY xid, id LIMIT $7
                """), String(cursor.transaction), Int64(clamping: cursor.row), String(end.transaction),
            Int64(clamping: end.row), types.map(\.description), app?.rawValue, limit
        ).map(Self.redactedEvent)
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
                SELECT \(Self.eventColumns), at FROM events WHERE app_id = $1 AND type = ANY ($2) AND \(Self.isSettled)
                ORDER BY xid DESC, id DESC LIMIT $3
                """), app.rawValue, types.map(\.description), limit
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
                WHERE (xid, id) > ($1::text::xid8, $2) AND \(Self.isSettled) AND app_id = $3
                    AND ($9 OR audience_id = $4 OR $8 AND audience_id = 0 OR audience_id IS NULL AND (
                        channel_id = ANY ($5) OR channel_id IS NULL
                        OR subject_id = $4 AND type IN ('member.added', 'member.removed'))
                        OR audience_id = 0 AND subject_id = $4 AND type = 'bot.token_rotated')
                    AND ($6::text[] IS NULL OR type = ANY ($6))
                ORDER BY xid, id LIMIT $7
                """), String(cursor.transaction), Int64(clamping: cursor.row), app.rawValue, user.rawValue,
            channels.map(\.rawValue), types?.map(\.description), limit, isAdministrator, isEverything
        ).map(Self.redactedEvent)
    }

    /// The last settled event, kept or not; ``Cursor/beginning`` when there never was one.
    package func head() async throws -> Cursor {
        let rows = try await pool.query(
            "SELECT xid, id FROM events WHERE \(Self.isSettled) ORDER BY xid DESC, id DESC LIMIT 1")
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
        let rows = try await pool.query(
            "SELECT xid, id FROM events WHERE \(Self.isSettled) ORDER BY xid DESC, id DESC OFFSET $1 LIMIT 1", count)
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

    /// Makes the partitions of the coming days; dropping old ones is ``dropEvents(olderThanDays:)``.
    package func prepareEventPartitions() async throws {
        for day in -1...Self.partitionsAhead {
            let start = Timestamp.nowMilliseconds() / 86_400_000 + Int64(day)
            let from = Timestamp.format(milliseconds: start * 86_400_000)
            let to = Timestamp.format(milliseconds: (start + 1) * 86_400_000)
            let name = "events_" + from.prefix(10).replacing("-", with: "")
            let exists = try await pool.query("SELECT to_regclass($1) IS NOT NULL", name)
            if try exists.only().decode(0, as: Bool.self) { continue }
            do {
                try await pool.execute(
                    "CREATE TABLE IF NOT EXISTS \(name) PARTITION OF events FOR VALUES FROM ('\(from)') TO ('\(to)')")
                try await pool.execute("SELECT keep_samples_small($1::text::regclass)", name)
            } catch let error as PostgresError where error.isUniqueViolation || error.sqlState == "42P07" {
                // Another node made it in the same moment.
            }
        }
    }

    /// Drops whole days of events and remembers up to where, so that a reader from before is told.
    package func dropEvents(olderThanDays days: Int) async throws {
        let rows = try await pool.query(
            """
            SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'events'::regclass ORDER BY 1
            """)
        let oldest = Timestamp.format(milliseconds: Timestamp.nowMilliseconds() - Int64(days) * 86_400_000)
        let limit = "events_" + oldest.prefix(10).replacing("-", with: "")
        for row in rows {
            let name = try row.decode(0, as: String.self)
            guard name < limit, name.hasPrefix("events_"), name.dropFirst(7).allSatisfy(\.isNumber) else { continue }
            try await pool.withTransaction { connection in
                try await connection.execute(
                    """
                    INSERT INTO settings SELECT 'trimmed_up_to', xid::text || '-' || id FROM \(name)
                    ORDER BY xid DESC, id DESC LIMIT 1
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """)
                try await connection.execute("DROP TABLE \(name)")
            }
            logger.info("events.dropped", ["partition": .string(name)])
        }
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
