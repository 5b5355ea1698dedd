package import ChatModel
import Postgres
import Synchronization
import Telemetry

/// A cursor is good for one history of the database. What follows notices when it got another one: a backup was put
/// back, or a dump was loaded into a new server.
extension ChatStore {
    package func loadEpoch() async throws {
        let rows = try await pool.query("SELECT value FROM settings WHERE name = 'epoch'")
        guard let epoch = try rows.first?.decode(0, as: String.self) else { return }
        epochValue.withLock { $0 = epoch }
    }

    /// Gives the log another name, because cursors that were issued before are not good any more.
    package func renewEpoch() async throws {
        try await pool.execute(
            "UPDATE settings SET value = replace(gen_random_uuid()::text, '-', '') WHERE name = 'epoch'")
        try await loadEpoch()
    }

    /// Whether the database's transactions have gone past `cursor`; not so after it was set back to an older state.
    package func isPast(_ cursor: Cursor) async throws -> Bool {
        let rows = try await pool.query(
            "SELECT pg_snapshot_xmax(pg_current_snapshot()) > $1::text::xid8", String(cursor.transaction))
        return try rows.only().decode(0, as: Bool.self)
    }

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
