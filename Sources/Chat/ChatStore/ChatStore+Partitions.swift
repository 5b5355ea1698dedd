import ChatModel
import EventLoop
import Lifecycle
import Postgres
import Telemetry

/// The days of the log. Each has a partition of its own, by the database's clock, which alone says when an event was
/// written and how old it is.
///
/// A partition is never made or taken away under a lock for which others wait: sends would queue behind it when it waits
/// for a long reader. So a new one is attached, and an old one detached `CONCURRENTLY`.
extension ChatStore {
    /// How many days ahead there is a partition for events; maintenance runs hourly.
    ///
    /// No more than are needed, since each look for new events goes into all of them.
    private static let partitionsAhead: Int64 = 3

    /// How long a lock on the log may be waited for before it is asked for again.
    private static let partitionLockTimeout = "1s"

    private static let tries = 5

    /// Makes the partitions of yesterday, today and the coming days that are missing; dropping old ones is
    /// ``dropEvents(olderThanDays:)``.
    package func prepareEventPartitions() async throws {
        var backoff = Backoff(first: .milliseconds(50), max: .seconds(1))
        while true {
            let rows = try await pool.query(
                """
                SELECT (extract(epoch FROM now()) / 86400)::numeric(20, 6)::text, ARRAY (
                    SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = 'events'::regclass)
                """)
            let today = Int64((Double(try rows.only().decode(0, as: String.self)) ?? 0).rounded(.down))
            let names = Set(try rows.only().decode(1, as: [String].self))
            let missing = (today - 1...today + Self.partitionsAhead).filter { !names.contains(Self.partition($0)) }
            guard !missing.isEmpty else { return }
            do {
                for day in missing { try await makePartition(day) }
                return
            } catch let error as PostgresError where backoff.attempt < Self.tries && Self.isInTheWay(error) {
                try await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Another node made it in the same moment, or somebody holds a lock.
    private static func isInTheWay(_ error: PostgresError) -> Bool {
        error.isUniqueViolation || ["42P07", "55P03", "40P01"].contains(error.sqlState)
    }

    /// - Parameter day: Days since 1970.
    static func partition(_ day: Int64) -> String {
        "events_" + Timestamp.format(milliseconds: day * 86_400_000).prefix(10).replacing("-", with: "")
    }

    private func makePartition(_ day: Int64) async throws {
        let name = Self.partition(day)
        let from = Timestamp.format(milliseconds: day * 86_400_000)
        let to = Timestamp.format(milliseconds: (day + 1) * 86_400_000)
        try await pool.withTransaction { connection in
            try await connection.execute("SET LOCAL lock_timeout = '\(Self.partitionLockTimeout)'")
            // One that was detached and not dropped yet is good again.
            let isThere = try await connection.query("SELECT to_regclass($1) IS NOT NULL", name)
            if try !isThere.only().decode(0, as: Bool.self) {
                try await connection.execute(
                    "CREATE TABLE \(name) (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)")
                try await connection.execute("SELECT keep_samples_small($1::text::regclass)", name)
            }
            // Made as a partition at once, it would lock out those who read and write the log.
            try await connection.execute(
                "ALTER TABLE events ATTACH PARTITION \(name) FOR VALUES FROM ('\(from)') TO ('\(to)')")
        }
    }

    /// Drops whole days of events and remembers up to where, so that a reader from before is told.
    ///
    /// - Returns: Whether all that are old enough are gone; others may hold locks on them.
    @discardableResult
    package func dropEvents(olderThanDays days: Int) async throws -> Bool {
        let old = try await oldPartitions(olderThanDays: days)
        guard !old.isEmpty else { return true }
        var configuration = pool.configuration
        configuration.statementTimeout = nil
        configuration.serverSettings = [("lock_timeout", Self.partitionLockTimeout)]
        let connection = try await PostgresConnection.connect(configuration, loop: pool.loops.next(), logger: logger)
        var isComplete = true
        do {
            let row = try await connection.query("SELECT pg_try_advisory_lock($1)", LockKey.maintenance).only()
            if try row.decode(0, as: Bool.self) {
                for partition in old where try await !drop(partition, on: connection) { isComplete = false }
                // PostgreSQL sees the end of a session a moment after it is closed.
                _ = try await connection.query("SELECT pg_advisory_unlock($1)", LockKey.maintenance)
            } else {
                // Another node is at it.
                isComplete = false
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return isComplete
    }

    private enum Attachment { case attached, detaching, detached }

    /// Those before the day, by the database's clock, oldest first.
    private func oldPartitions(olderThanDays days: Int) async throws -> [(name: String, attachment: Attachment)] {
        try await pool.query(
            """
            SELECT c.relname::text, i.inhrelid IS NOT NULL, coalesce(i.inhdetachpending, false)
            FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = 'events'::regclass
            WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass)
                AND c.relkind = 'r' AND c.relname ~ '^events_[0-9]{8}$'
                AND c.relname < 'events_' || to_char((now() - $1 * interval '1 day') AT TIME ZONE 'UTC', 'YYYYMMDD')
            ORDER BY 1
            """, Int64(days)
        ).map { row in
            let isAttached = try row.decode(1, as: Bool.self)
            let isDetaching = try row.decode(2, as: Bool.self)
            return (
                try row.decode(0, as: String.self), isDetaching ? .detaching : isAttached ? .attached : .detached
            )
        }
    }

    private func drop(
        _ partition: (name: String, attachment: Attachment), on connection: PostgresConnection
    ) async throws -> Bool {
        let name = partition.name
        do {
            if partition.attachment == .attached {
                if let row = try await connection.query(
                    "SELECT xid::text || '-' || id FROM \(name) ORDER BY xid DESC, id DESC LIMIT 1"
                ).first, let last = Cursor(try row.decode(0, as: String.self)) {
                    try await noteTrimmed(last, on: connection)
                }
                try await connection.script("ALTER TABLE events DETACH PARTITION \(name) CONCURRENTLY")
            } else if partition.attachment == .detaching {
                // An earlier try found readers that did not end in time.
                try await connection.script("ALTER TABLE events DETACH PARTITION \(name) FINALIZE")
            }
            try await connection.script("DROP TABLE \(name)")
        } catch let error as PostgresError where Self.isInTheWay(error) {
            logger.info("events.drop_delayed", ["partition": .string(name), "error": .error(error)])
            return false
        }
        logger.info("events.dropped", ["partition": .string(name)])
        return true
    }

    /// The mark only ever rises: where the clock was set, later days may hold earlier events.
    private func noteTrimmed(_ cursor: Cursor, on connection: PostgresConnection) async throws {
        if let known = try await trimmedUpTo(), known >= cursor { return }
        try await connection.execute(
            """
            INSERT INTO settings VALUES ('trimmed_up_to', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, cursor.description)
    }
}
