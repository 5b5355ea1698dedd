import Postgres
import Synchronization

/// What writes events goes through here: whoever carries them on is told by the write itself, not by its caller.
extension ChatStore {
    /// Has `listener` called after each commit that may have written events.
    ///
    /// - Parameter listener: Called on any thread; it must not wait. A call without new events costs one look for them.
    package func onCommit(_ listener: @escaping @Sendable () -> Void) {
        commitListeners.withLock { $0.append(listener) }
    }

    /// Runs one statement that writes events.
    @discardableResult
    func write(_ sql: String, _ parameters: (any PostgresEncodable)?...) async throws -> [PostgresRow] {
        let rows = try await pool.query(sql, parameters: parameters)
        committed()
        return rows
    }

    /// Runs statements, of which one writes events, as one transaction.
    func write(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
        let results = try await pool.pipeline(statements)
        committed()
        return results
    }

    func committed() {
        for listener in commitListeners.withLock({ $0 }) { listener() }
    }
}
