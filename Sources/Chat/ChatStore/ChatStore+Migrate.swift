import ChatModel
import Postgres
import Telemetry

extension ChatStore {
    /// Advisory locks use the channel's id as key; the server's own locks take negative keys.
    package enum LockKey {
        package static let migration: Int64 = -1
        package static let relay: Int64 = -2
        package static let maintenance: Int64 = -3
        /// The audit log's own trigger takes it too.
        static func audit(_ app: AppID) -> Int64 { -1000 - app.rawValue }
    }

    /// Brings the schema up to date; safe when several nodes start at once.
    ///
    /// - Throws: ``PostgresError``; what was applied before stays, each step being a transaction.
    package func migrate() async throws {
        try await pool.withConnection { connection in
            try await connection.execute("SELECT pg_advisory_lock($1)", LockKey.migration)
            do {
                try await connection.script(
                    """
                    CREATE TABLE IF NOT EXISTS schema_migrations (
                        number int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
                    """)
                let applied = try await connection.query("SELECT number FROM schema_migrations")
                let numbers = Set(try applied.map { try $0.decode(0, as: Int32.self) })
                for migration in Migration.all where !numbers.contains(Int32(migration.number)) {
                    logger.info(
                        "migration.applied", ["number": .int(migration.number), "name": .string(migration.name)])
                    try await connection.script(
                        """
                        BEGIN;
                        \(migration.sql)
                        INSERT INTO schema_migrations (number, name)
                        VALUES (\(migration.number), '\(migration.name)');
                        COMMIT;
                        """)
                }
                try await connection.execute("SELECT pg_advisory_unlock($1)", LockKey.migration)
            } catch {
                // The lock belongs to the session: closing it is the one release that cannot fail.
                await connection.close()
                throw error
            }
        }
        try await prepareEventPartitions()
        try await loadEpoch()
        try await discardForeignEvents()
    }
}
