package import EventLoop
package import Telemetry

/// One connection to the server, bound to one loop.
///
/// Many tasks may use it at once: their statements are sent in the order of the calls, without waiting for each
/// other's answers. Called on its own loop, nothing changes threads.
///
/// A task that is cancelled does not stop a statement that was sent: the call waits for the answer and throws
/// `CancellationError` then, although the statement has taken effect.
package final class PostgresConnection: Sendable {
    package let loop: EventLoop
    let session: PostgresSession

    private init(_ session: PostgresSession) {
        self.loop = session.loop
        self.session = session
    }

    deinit {
        let session = session
        loop.execute { session.close() }
    }

    /// Opens a connection.
    ///
    /// - Throws: ``PostgresError`` with the code `unavailable` or `timeout`.
    package static func connect(
        _ configuration: PostgresConfiguration, loop: EventLoop, logger: Logger = .silent
    ) async throws -> PostgresConnection {
        PostgresConnection(try await PostgresHandshake.run(configuration, loop: loop, logger: logger))
    }

    package var isClosed: Bool { session.state == .closed }

    /// Open, outside of a transaction, and nothing under way.
    var isIdle: Bool { session.state == .idle }

    /// Runs one statement and returns its rows.
    ///
    /// - Throws: ``PostgresError``.
    package func query(_ sql: String, _ parameters: (any PostgresEncodable)?...) async throws -> [PostgresRow] {
        try await query(sql, parameters: parameters)
    }

    package func query(_ sql: String, parameters: [(any PostgresEncodable)?]) async throws -> [PostgresRow] {
        try await pipeline([PostgresStatement(sql, parameters: parameters)])[0].rows
    }

    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    package func execute(_ sql: String, _ parameters: (any PostgresEncodable)?...) async throws -> Int {
        try await execute(sql, parameters: parameters)
    }

    @discardableResult
    package func execute(_ sql: String, parameters: [(any PostgresEncodable)?]) async throws -> Int {
        try await pipeline([PostgresStatement(sql, parameters: parameters)])[0].affected
    }

    /// Runs several statements in one round trip.
    ///
    /// Outside of a transaction they form one: after an error the server skips the rest and takes back what went
    /// before.
    ///
    /// - Throws: The first error, when the last answer is in.
    package func pipeline(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
        try Task.checkCancellation()
        guard !statements.isEmpty else { return [] }
        let results = try await run(.statements, statements)
        try Task.checkCancellation()
        guard results.count == statements.count else {
            throw PostgresError(.connectionLost, "the server answered \(results.count) of \(statements.count)")
        }
        return results.map { PostgresResult($0) }
    }

    /// Runs SQL with any number of statements and no parameters; for migrations.
    ///
    /// All in one transaction, unless the script says BEGIN and COMMIT itself.
    package func script(_ sql: String) async throws {
        try Task.checkCancellation()
        _ = try await simple(sql, isCopy: false)
        try Task.checkCancellation()
    }

    /// Runs `body` between BEGIN and COMMIT, or ROLLBACK when it throws.
    ///
    /// BEGIN travels with the first statement and costs no round trip. Other tasks must not use this connection
    /// meanwhile: their statements would be part of the transaction.
    ///
    /// - Throws: What `body` throws; ``PostgresError`` when the COMMIT fails, also with SQLSTATE 25P02 when a statement
    ///   failed and `body` kept that to itself.
    package func withTransaction<T>(
        _ isolation: PostgresIsolation = .readCommitted,
        _ body: (PostgresConnection) async throws -> sending T
    ) async throws -> sending T {
        try Task.checkCancellation()
        let session = session
        loop.executeNow { session.begin(isolation.begin) }
        let value: T
        do {
            value = try await body(self)
        } catch {
            // When this fails the connection is lost, and the server takes everything back.
            _ = try? await run(.endOfTransaction, [PostgresStatement("ROLLBACK")])
            throw error
        }
        let results = try await run(.endOfTransaction, [PostgresStatement("COMMIT")])
        if results.first?.commandTag == "ROLLBACK" {
            throw PostgresError(
                .server, "the transaction was rolled back, because a statement in it had failed", sqlState: "25P02")
        }
        return value
    }

    /// Ends the connection; what is under way fails with ``PostgresError/Code/connectionLost``.
    package func close() async {
        await withCheckedContinuation { continuation in
            let session = session
            loop.executeNow {
                session.close()
                continuation.resume()
            }
        }
    }

    func run(_ kind: PipelineRequest.Kind, _ statements: [PostgresStatement]) async throws -> [ResultHandle] {
        for statement in statements where statement.parameters.count > PostgresStatement.maximumParameters {
            throw PostgresError(.usage, "a statement has more than \(PostgresStatement.maximumParameters) parameters")
        }
        return try await withCheckedThrowingContinuation { continuation in
            let request = PipelineRequest(kind, statements, continuation)
            let session = session
            loop.executeNow { session.submit(.pipeline(request)) }
        }
    }

    private func simple(_ sql: String, isCopy: Bool) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            let request = SimpleRequest(sql, isCopy: isCopy, continuation)
            let session = session
            loop.executeNow { session.submit(.simple(request)) }
        }
    }
}

/// How far a transaction is kept apart from others.
package enum PostgresIsolation: Sendable {
    case readCommitted, repeatableRead, serializable

    var begin: PostgresStatement {
        let sql =
            switch self {
            case .readCommitted: "BEGIN"
            case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
            case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
            }
        return PostgresStatement(sql, parameters: [], isReused: false)
    }
}
