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
        try await refusing {
            let rows = try await pool.query(sql, parameters: parameters)
            committed()
            return rows
        }
    }

    /// Runs statements, of which one writes events, as one transaction.
    func write(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
        try await refusing {
            let results = try await pool.pipeline(statements)
            committed()
            return results
        }
    }

    /// The session's setting that bounds the channels of a user; the trigger that asks for it takes 5,000 without it.
    package static let channelsPerUserSetting = "martlet.channels_per_user"

    /// Tells what a trigger refused from a failure.
    private func refusing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PostgresError where error.sqlState == "MT001" {
            throw StoreError.tooManyChannels(error.message)
        }
    }

    func committed() {
        for listener in commitListeners.withLock({ $0 }) { listener() }
    }
}
