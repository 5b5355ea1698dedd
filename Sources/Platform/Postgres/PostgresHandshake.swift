internal import CPostgres
import EventLoop
import Telemetry

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One attempt to connect, without blocking the loop; touched on the loop only.
///
/// See the libpq manual, `PQconnectStartParams` and `PQconnectPoll`.
final class PostgresHandshake: @unchecked Sendable {
    private struct Handle: @unchecked Sendable { let pointer: OpaquePointer? }

    private static let queue = BlockingQueue("postgres-connect")

    private let configuration: PostgresConfiguration
    private let loop: EventLoop
    private let logger: Logger
    private var connection: OpaquePointer?
    private var watcher: SocketWatcher?
    private var timer: Timer?
    private var continuation: CheckedContinuation<PostgresSession, any Error>?
    private var isCancelled = false

    private init(_ configuration: PostgresConfiguration, loop: EventLoop, logger: Logger) {
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
    }

    static func run(
        _ configuration: PostgresConfiguration, loop: EventLoop, logger: Logger
    ) async throws -> PostgresSession {
        try Task.checkCancellation()
        // libpq looks names up and reads password and certificate files here.
        let handle = await queue.run { Handle(pointer: begin(configuration)) }
        let handshake = PostgresHandshake(configuration, loop: loop, logger: logger)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.executeNow { handshake.start(handle.pointer, continuation) }
            }
        } onCancel: {
            loop.execute { handshake.cancel() }
        }
    }

    private static func begin(_ configuration: PostgresConfiguration) -> OpaquePointer? {
        let parameters = configuration.parameters
        let keywords = parameters.map { strdup($0.keyword) }
        let values = parameters.map { strdup($0.value) }
        defer { for text in keywords + values { free(text) } }
        let keywordList = keywords.map { UnsafePointer($0) } + [nil]
        let valueList = values.map { UnsafePointer($0) } + [nil]
        return PQconnectStartParams(keywordList, valueList, 0)
    }

    private func start(_ connection: OpaquePointer?, _ continuation: CheckedContinuation<PostgresSession, any Error>) {
        self.connection = connection
        self.continuation = continuation
        guard !isCancelled else { return fail(CancellationError()) }
        guard let connection, PQstatus(connection) != CONNECTION_BAD else {
            return fail(PostgresError(.unavailable, connection: connection, otherwise: "libpq has no memory"))
        }
        PQsetNoticeReceiver(connection, noticeDropped, nil)
        let limit = configuration.connectTimeout
        timer = loop.schedule(after: limit) {
            self.fail(PostgresError(.timeout, "the database did not answer within \(limit)"))
        }
        // Until the first poll, the manual says, wait for writing.
        watch(.write)
    }

    private func watch(_ interest: SocketWatcher.Interest) {
        guard let connection else { return }
        let watcher = SocketWatcher(loop: loop, descriptor: PQsocket(connection)) { _ in self.poll() }
        watcher.watch(interest)
        self.watcher = watcher
    }

    private func poll() {
        guard let connection else { return }
        // libpq may close this socket and open another while it polls.
        watcher?.stop()
        watcher = nil
        switch PQconnectPoll(connection) {
        case PGRES_POLLING_OK: succeed(connection)
        case PGRES_POLLING_READING: watch(.read)
        case PGRES_POLLING_WRITING: watch(.write)
        default:
            fail(PostgresError(.unavailable, connection: connection, otherwise: "the database refused the connection"))
        }
    }

    private func succeed(_ connection: OpaquePointer) {
        timer?.cancel()
        timer = nil
        self.connection = nil
        let session = PostgresSession(
            adopting: connection, loop: loop, logger: logger, statementCacheSize: configuration.statementCacheSize)
        continuation.take()?.resume(returning: session)
    }

    private func cancel() {
        isCancelled = true
        fail(CancellationError())
    }

    private func fail(_ error: any Error) {
        // Before the start there is nobody to tell; after success the session belongs to somebody else.
        guard let continuation = continuation.take() else { return }
        timer?.cancel()
        timer = nil
        watcher?.stop()
        watcher = nil
        if let connection { PQfinish(connection) }
        connection = nil
        continuation.resume(throwing: error)
    }
}

private func noticeDropped(_: UnsafeMutableRawPointer?, _: OpaquePointer?) {}
