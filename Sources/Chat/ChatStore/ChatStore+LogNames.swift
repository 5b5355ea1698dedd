package import ChatModel
import Postgres
import Telemetry

/// Why a cursor that a reader shows is not good here.
package enum CursorFault: Sendable, Hashable {
    /// Events after it are older than the retention time.
    case trimmed
    /// The log never gave it under this name: the database was put back to an older state, or is another one.
    case otherLog
    /// It lies behind the log's end.
    case ahead
}

/// A cursor is good for one history of the database. What follows notices when it got another one: a backup was put
/// back, or a dump was loaded into a new server.
///
/// Each start of the database gives the log a random name; see the migration that makes `log_names`.
extension ChatStore {
    /// Names the log anew when the database was started since, and learns the name.
    ///
    /// Each new connection of the pool does the same, so nothing is written under a start that has no name.
    package func loadEpoch() async throws {
        try await pool.withConnection { try await Self.loadName(into: self.logName, on: $0) }
    }

    static func loadName(into name: LogName, on connection: PostgresConnection) async throws {
        do {
            guard let row = try await connection.query("SELECT name_log()").first else { return }
            name.set(try row.decode(0, as: String.self))
        } catch let error as PostgresError where error.sqlState == "42883" || error.sqlState == "25006" {
            // The schema is not there yet, or this is a server that only reads: nothing can be written either.
        }
    }

    /// Gives the log another name and forgets the others, because cursors that were issued before are not good any more.
    package func renewEpoch() async throws {
        let results = try await pool.pipeline([
            PostgresStatement("DELETE FROM log_names"), PostgresStatement("SELECT name_log()"),
        ])
        if let name = try results[1].rows.first?.decode(0, as: String.self) { logName.set(name) }
    }

    /// What is wrong with a cursor that a reader shows; nil when the reader gets everything behind it.
    ///
    /// - Parameters:
    ///   - epoch: The name that the reader was told beside it; nil from a reader that was not told any.
    ///   - end: What the caller knows to lie in the log: up to here nothing has to be asked for.
    package func fault(of cursor: Cursor, epoch: String?, knownEnd end: Cursor) async throws -> CursorFault? {
        let row = try await pool.query(
            """
            SELECT (SELECT value FROM settings WHERE name = 'trimmed_up_to'), shown.number IS NOT NULL,
                (SELECT first_xid FROM log_names WHERE number > shown.number ORDER BY number LIMIT 1)
            FROM (SELECT 1) one LEFT JOIN log_names shown ON shown.name = $1
            """, epoch
        ).only()
        if epoch != nil {
            guard try row.decode(1, as: Bool.self) else { return .otherLog }
            if let next = try row.decode(2, as: Int64?.self), cursor.transaction >= UInt64(next) { return .otherLog }
        }
        if let trimmed = try row.decode(0, as: String?.self).flatMap({ Cursor($0) }), cursor < trimmed {
            return .trimmed
        }
        if cursor > end, try await cursor > head() { return .ahead }
        return nil
    }

    /// Whether the log still holds what this process has read of it, now that it has another name than before.
    ///
    /// - Parameters:
    ///   - cursor: The last event that was read.
    ///   - epoch: A name that the log had then.
    package func holds(_ cursor: Cursor, readUnder epoch: String) async throws -> Bool {
        let isKnown = try await pool.query("SELECT 1 FROM log_names WHERE name = $1", epoch).first != nil
        guard isKnown else { return false }
        if cursor == .beginning { return true }
        if let trimmed = try await trimmedUpTo(), cursor <= trimmed { return true }
        return try await event(at: cursor) != nil
    }

    /// Whether the database's transactions have gone past `cursor`; not so after it was set back to an older state.
    package func isPast(_ cursor: Cursor) async throws -> Bool {
        let rows = try await pool.query(
            "SELECT pg_snapshot_xmax(pg_current_snapshot()) > $1::text::xid8", String(cursor.transaction))
        return try rows.only().decode(0, as: Bool.self)
    }

    /// Forgets names whose cursors are all older than what is kept of the log, and in any case the oldest of very many.
    package func dropLogNames(olderThanDays days: Int) async throws {
        try await pool.execute(
            """
            DELETE FROM log_names n
            WHERE EXISTS (
                SELECT FROM log_names l WHERE l.number > n.number
                    AND l.started_at < now() - ($1 + 1) * interval '1 day')
                OR n.number <= (SELECT number FROM log_names ORDER BY number DESC OFFSET $2 LIMIT 1)
            """, days, Self.mostLogNames)
    }

    /// A database that is started once a minute reaches so many within a week.
    private static let mostLogNames = 10_000

    /// Begins a new log when this one holds events of transactions that are still to come: it was loaded from a dump.
    ///
    /// No event of this server's own can look so, because what a snapshot shows lies before its end.
    func discardForeignEvents() async throws {
        let count = try await pool.execute("DELETE FROM events WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())")
        guard count > 0 else { return }
        logger.warn("events.discarded", ["count": .int(count), "reason": "the database was loaded from a dump"])
        try await pool.withTransaction { connection in
            try await connection.execute("UPDATE bots SET cursor = NULL")
            try await connection.execute("DELETE FROM bridges")
            try await connection.execute("DELETE FROM settings WHERE name = 'trimmed_up_to'")
        }
        try await renewEpoch()
    }
}
