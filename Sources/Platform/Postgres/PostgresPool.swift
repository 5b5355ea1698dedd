package import EventLoop
import Synchronization
package import Telemetry

/// Connections that are opened when they are needed and lent to one caller at a time.
///
/// A caller on a loop gets an idle connection of that loop if there is one. Who finds none waits, first come, first
/// served. A connection that broke, or that comes back inside a transaction, is dropped; what was in flight on it
/// fails and is never sent again by itself.
package final class PostgresPool: Sendable {
    package let configuration: PostgresConfiguration
    /// Where the connections live.
    package let loops: EventLoopGroup
    private let logger: Logger
    private let outage: OutageLog
    private let pause = Mutex(ConnectPause())
    private let state: Mutex<PoolState>
    private let preparation = Mutex<(@Sendable (PostgresConnection) async throws -> Void)?>(nil)

    package init(_ configuration: PostgresConfiguration, loops: EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.loops = loops
        self.logger = logger
        outage = OutageLog(
            logger.with(["database": .string("\(configuration)")]), failed: "postgres.connectFailed",
            restored: "postgres.connected")
        self.state = Mutex(PoolState(size: configuration.poolSize, maximumWaiters: configuration.maximumWaiters))
    }

    /// Has each new connection go through `body` before anybody gets it; one for which it throws is given up.
    package func prepareConnections(_ body: @escaping @Sendable (PostgresConnection) async throws -> Void) {
        preparation.withLock { $0 = body }
    }

    /// Runs one statement on a connection of the pool and returns its rows.
    package func query(_ sql: String, _ parameters: (any PostgresEncodable)?...) async throws -> [PostgresRow] {
        try await query(sql, parameters: parameters)
    }

    package func query(_ sql: String, parameters: [(any PostgresEncodable)?]) async throws -> [PostgresRow] {
        try await withConnection { try await $0.query(sql, parameters: parameters) }
    }

    /// Runs one statement on a connection of the pool and returns how many rows it changed.
    @discardableResult
    package func execute(_ sql: String, _ parameters: (any PostgresEncodable)?...) async throws -> Int {
        try await execute(sql, parameters: parameters)
    }

    @discardableResult
    package func execute(_ sql: String, parameters: [(any PostgresEncodable)?]) async throws -> Int {
        try await withConnection { try await $0.execute(sql, parameters: parameters) }
    }

    /// Runs several statements on one connection in one round trip; see ``PostgresConnection/pipeline(_:)``.
    package func pipeline(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
        try await withConnection { try await $0.pipeline(statements) }
    }

    /// Lends a connection to `body`, which must not keep it.
    ///
    /// - Throws: ``PostgresError`` with the codes `unavailable`, `timeout` or `poolExhausted` when there is none to be
    ///   had, `CancellationError`, or what `body` throws.
    package func withConnection<T>(
        _ body: (PostgresConnection) async throws -> sending T
    ) async throws -> sending T {
        let connection = try await acquire()
        defer { release(connection) }
        return try await body(connection)
    }

    /// Runs `body` in a transaction; see ``PostgresConnection/withTransaction(_:_:)``.
    package func withTransaction<T>(
        _ isolation: PostgresIsolation = .readCommitted,
        _ body: (PostgresConnection) async throws -> sending T
    ) async throws -> sending T {
        let connection = try await acquire()
        defer { release(connection) }
        return try await connection.withTransaction(isolation, body)
    }

    /// Refuses new callers, waits for those who have a connection, at most ten seconds, and closes everything.
    package func close() async {
        let (waiters, idle) = state.withLock { $0.close() }
        for waiter in waiters {
            waiter.resume(throwing: PostgresError(.unavailable, "the pool is closed"))
        }
        for connection in idle { await connection.close() }
        let timer = loops.next().schedule(after: .seconds(10)) { [self] in
            for connection in state.withLock({ $0.lent }) {
                connection.loop.execute { connection.session.close() }
            }
        }
        await withCheckedContinuation { continuation in
            if state.withLock({ $0.awaitEmpty(continuation) }) { continuation.resume() }
        }
        timer.cancel()
    }

    // MARK: Lending

    private func acquire() async throws -> PostgresConnection {
        try Task.checkCancellation()
        switch state.withLock({ $0.acquire() }) {
        case .connection(let connection): return connection
        case .open: return try await open()
        case .wait:
            switch try await wait() {
            case .connection(let connection): return connection
            case .open: return try await open()
            }
        case .closed: throw PostgresError(.unavailable, "the pool is closed")
        case .full:
            throw PostgresError(.poolExhausted, "\(configuration.maximumWaiters) callers wait for a connection already")
        }
    }

    private func open() async throws -> PostgresConnection {
        let loop = loops.loops.first(where: \.isCurrent) ?? loops.next()
        do {
            if let refusal = pause.withLock({ $0.refusal(at: .now) }) { throw refusal }
            let connection: PostgresConnection
            do {
                connection = try await PostgresConnection.connect(configuration, loop: loop, logger: logger)
                if let prepare = preparation.withLock({ $0 }) {
                    do {
                        try await prepare(connection)
                    } catch {
                        await connection.close()
                        throw error
                    }
                }
            } catch let error as PostgresError {
                pause.withLock { $0.failed(error, at: .now) }
                outage.failed(error)
                throw error
            }
            pause.withLock { $0.worked() }
            outage.worked()
            state.withLock { $0.opened(connection) }
            return connection
        } catch {
            act(state.withLock { $0.discard() })
            throw error
        }
    }

    private func release(_ connection: PostgresConnection) {
        let isUsable = connection.isIdle
        let outcome = state.withLock { $0.release(connection, isUsable: isUsable) }
        // Off the lock; harmless when it is closed already.
        if outcome.mustClose { connection.loop.execute { connection.session.close() } }
        act(outcome.action)
    }

    private func act(_ action: PoolState.Action) {
        switch action {
        case .none: break
        case .grant(let waiter, let grant): waiter.resume(returning: grant)
        case .empty(let continuation): continuation.resume()
        }
    }

    // MARK: Waiting

    private func wait() async throws -> PoolState.Grant {
        let id = state.withLock { $0.nextWaiter() }
        let deadline = ContinuousClock.now + configuration.acquireTimeout
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (immediate, isFirst) = state.withLock { $0.wait(id, continuation, until: deadline) }
                switch immediate {
                case .waiting: break
                case .granted(let grant): continuation.resume(returning: grant)
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .closed: continuation.resume(throwing: PostgresError(.unavailable, "the pool is closed"))
                }
                // Everybody waits equally long, so the first to come is the first to give up: one timer will do.
                if isFirst { scheduleExpiry(deadline) }
            }
        } onCancel: {
            state.withLock { $0.cancel(id) }?.resume(throwing: CancellationError())
        }
    }

    private func scheduleExpiry(_ deadline: ContinuousClock.Instant) {
        loops.loops[0].schedule(after: max(.zero, ContinuousClock.now.duration(to: deadline))) { [self] in
            let (expired, next) = state.withLock { $0.expire(ContinuousClock.now) }
            for waiter in expired {
                waiter.resume(
                    throwing: PostgresError(
                        .poolExhausted, "no connection came free within \(configuration.acquireTimeout)"))
            }
            if let next { scheduleExpiry(next) }
        }
    }
}
