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

    /// Brings the schema up to date; safe when several nodes start at once, and while older ones serve.
    ///
    /// - Throws: ``SchemaError`` when the schema is a newer program's, or others held a lock for too long;
    ///   ``PostgresError``. What was applied before stays.
    package func migrate() async throws {
        try await Migrator(pool: pool, logger: logger).run()
        try await prepareEventPartitions()
        try await refreshSkeletons()
        try await loadEpoch()
        try await discardForeignEvents()
    }
}
