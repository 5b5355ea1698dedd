import Postgres
import Synchronization

/// What writes events goes through here: whoever carries them on is told by the write itself, not by its caller.
///
/// Where the log has no partition for the present day, because the database's clock was set, one is made, and the
/// statements, which were taken back as a whole, are sent again. Whether the database can write is noted on the way.
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
        let statement = PostgresStatement(sql, parameters: parameters)
        let rows = try await pool.withConnection { try await write([statement], on: $0) }[0].rows
        committed()
        return rows
    }

    /// Runs statements, of which one writes events, as one transaction.
    ///
    /// In whatever order they change what, the transaction is one that writes events from its beginning.
    func write(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
        let results = try await pool.withConnection { try await write([Self.holdLog] + statements, on: $0) }
        committed()
        return Array(results.dropFirst())
    }

    /// Runs statements as one transaction, and leaves it to the caller to say ``committed()``.
    ///
    /// The first that changes anything writes events, or ``holdLog`` stands before it.
    func write(
        _ statements: [PostgresStatement], on connection: PostgresConnection
    ) async throws -> [PostgresResult] {
        try writability.check()
        do {
            let results: [PostgresResult]
            do {
                results = try await connection.pipeline(statements)
            } catch let error as PostgresError where error.isMissingPartition {
                try await prepareEventPartitions()
                results = try await connection.pipeline(statements)
            }
            writability.worked()
            return results
        } catch let error as PostgresError where error.sqlState == "MT001" {
            // A trigger refused it, which is no failure of the database.
            throw StoreError.tooManyChannels(error.message)
        } catch let error as PostgresError {
            writability.failed(error)
            throw error
        }
    }

    /// The session's setting that bounds the channels of a user; the trigger that asks for it takes 5,000 without it.
    package static let channelsPerUserSetting = "martlet.channels_per_user"

    func committed() {
        for listener in commitListeners.withLock({ $0 }) { listener() }
    }
}

extension PostgresError {
    /// The log has no place for the row.
    var isMissingPartition: Bool { isCheckViolation && constraint == nil && table == "events" }
}
