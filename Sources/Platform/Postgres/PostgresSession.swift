internal import CPostgres
import EventLoop
import Synchronization
import Telemetry

/// Drives one libpq connection; everything but ``state`` is touched on the loop only.
///
/// The connection lives in pipeline mode: what is submitted while something is under way is written at once, each
/// request with a synchronisation point of its own, so that an error in one does not reach into the next.
///
/// See the libpq manual, "Pipeline Mode" and "Asynchronous Command Processing".
final class PostgresSession: @unchecked Sendable {
    enum State: UInt8 {
        case idle
        /// Statements are under way, or a transaction is open.
        case busy
        case closed
    }

    /// So many requests are written before the first is answered; the rest waits here.
    static let maximumInFlight = 64
    static let maximumWaiting = 8192

    let loop: EventLoop
    let logger: Logger
    private let published = Atomic<UInt8>(State.idle.rawValue)
    /// libpq's handle; nil once the session is closed.
    var connection: OpaquePointer?
    private var watcher: SocketWatcher?
    private var waiting = FIFOQueue<PostgresRequest>()
    private var inFlight = FIFOQueue<PipelineRequest>()
    var simple: SimpleRequest?
    private var statements: StatementCache
    /// The BEGIN that goes out in front of the next statement.
    private var announcedBegin: PostgresStatement?
    private var listeners: [String: [UInt64: AsyncStream<String>.Continuation]] = [:]
    private var listenerIds: UInt64 = 0

    /// Takes over a connection whose handshake is done; called on the loop.
    init(adopting connection: OpaquePointer, loop: EventLoop, logger: Logger, statementCacheSize: Int) {
        self.connection = connection
        self.loop = loop
        self.logger = logger
        self.statements = StatementCache(limit: statementCacheSize)
        PQsetnonblocking(connection, 1)
        PQsetNoticeReceiver(connection, noticeReceived, Unmanaged.passUnretained(self).toOpaque())
        let watcher = SocketWatcher(loop: loop, descriptor: PQsocket(connection)) { self.ready($0) }
        watcher.watch(.read)
        self.watcher = watcher
    }

    /// May be asked from every thread.
    var state: State { State(rawValue: published.load(ordering: .acquiring)) ?? .closed }

    // MARK: Requests

    func submit(_ request: PostgresRequest) {
        guard connection != nil else {
            return fail(request, PostgresError(.connectionLost, "the connection is closed"))
        }
        guard waiting.count < Self.maximumWaiting else {
            return fail(request, PostgresError(.overloaded, "too many statements wait on one connection"))
        }
        published.store(State.busy.rawValue, ordering: .releasing)
        waiting.append(request)
        startWaiting()
    }

    /// Announces a transaction; BEGIN travels with its first statement, and not at all when there is none.
    func begin(_ statement: PostgresStatement) {
        announcedBegin = statement
        if connection != nil { published.store(State.busy.rawValue, ordering: .releasing) }
    }

    private func startWaiting() {
        while let request = waiting.first, simple == nil {
            switch request {
            case .pipeline(let request):
                guard inFlight.count < Self.maximumInFlight else { return }
                _ = waiting.popFirst()
                start(request)
            case .simple(let request):
                guard inFlight.isEmpty else { return }
                _ = waiting.popFirst()
                start(request)
            }
        }
    }

    private func fail(_ request: PostgresRequest, _ error: PostgresError) {
        switch request {
        case .pipeline(let request): request.fail(error)
        case .simple(let request): request.fail(error)
        }
    }

    // MARK: Pipeline

    private func start(_ request: PipelineRequest) {
        guard let connection else { return request.fail(PostgresError(.connectionLost, "the connection is closed")) }
        // A transaction in which nothing was said ends before it began; and nothing needs no answer.
        let isNothing = request.statements.isEmpty && announcedBegin == nil
        if isNothing || (request.kind == .endOfTransaction && announcedBegin != nil) {
            announcedBegin = nil
            publish()
            return request.finish()
        }
        var isSent = PQpipelineStatus(connection) != PQ_PIPELINE_OFF || PQenterPipelineMode(connection) == 1
        if request.kind == .statements, let begin = announcedBegin {
            announcedBegin = nil
            request.steps.append(.begin)
            isSent = isSent && sendUnnamed(begin, connection)
        }
        for statement in request.statements where isSent { isSent = send(statement, for: request, connection) }
        inFlight.append(request)
        guard isSent, PQpipelineSync(connection) == 1 else {
            return lose(PostgresError(.connectionLost, connection: connection, otherwise: "nothing can be sent"))
        }
        flush()
    }

    private func send(_ statement: PostgresStatement, for request: PipelineRequest, _ connection: OpaquePointer) -> Bool
    {
        if statement.isReused {
            switch statements.find(statement, for: request) {
            case .prepared(let prepared):
                request.steps.append(.run(prepared))
                return sendPrepared(prepared, statement, connection)
            case .absent:
                guard let prepared = statements.add(statement, for: request) else { break }
                request.steps += [.prepare(prepared), .run(prepared)]
                let isSent = statement.withArguments { arguments in
                    PQsendPrepare(connection, prepared.name, statement.sql, arguments.count, arguments.types)
                }
                return isSent == 1 && sendPrepared(prepared, statement, connection)
            case .busy: break
            }
        }
        request.steps.append(.run(nil))
        return sendUnnamed(statement, connection)
    }

    private func sendPrepared(
        _ prepared: PreparedStatement, _ statement: PostgresStatement, _ connection: OpaquePointer
    ) -> Bool {
        statement.withArguments { arguments in
            PQsendQueryPrepared(
                connection, prepared.name, arguments.count, arguments.values, arguments.lengths, arguments.formats, 1)
        } == 1
    }

    private func sendUnnamed(_ statement: PostgresStatement, _ connection: OpaquePointer) -> Bool {
        statement.withArguments { arguments in
            PQsendQueryParams(
                connection, statement.sql, arguments.count, arguments.types, arguments.values, arguments.lengths,
                arguments.formats, 1)
        } == 1
    }

    /// Takes what libpq has parsed; never waits.
    private func drain() {
        while let connection, PQisBusy(connection) == 0 {
            if let simple {
                guard drain(simple, connection) else { return }
            } else {
                guard let request = inFlight.first else { return }
                guard let pointer = PQgetResult(connection) else {
                    // The end of one command's results. More ends than commands means that libpq has given up.
                    guard request.step != nil else {
                        return lose(
                            PostgresError(.connectionLost, connection: connection, otherwise: "the server is gone"))
                    }
                    request.position += 1
                    continue
                }
                receive(ResultHandle(pointer), for: request)
            }
        }
    }

    private func receive(_ result: ResultHandle, for request: PipelineRequest) {
        switch PQresultStatus(result.pointer) {
        case PGRES_PIPELINE_SYNC:
            _ = inFlight.popFirst()
            publish()
            request.finish()
            startWaiting()
            forgetRetired()
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            switch request.step {
            case .prepare(let prepared):
                prepared.isReady = true
                prepared.preparing = nil
            case .run: request.results.append(result)
            case .begin, nil: break
            }
        case PGRES_PIPELINE_ABORTED: forget(request.step, because: nil)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            // The protocol has no way back from here in a pipeline.
            request.error = PostgresError(.usage, "COPY needs copyIn, not query; the connection was closed")
            lose(PostgresError(.connectionLost, "the connection was closed after a COPY in a pipeline"))
        default:
            let error = PostgresError(result: result.pointer)
            if request.error == nil { request.error = error }
            forget(request.step, because: error)
        }
    }

    /// Drops a prepared statement that was not made, or that the server will not run any more.
    private func forget(_ step: PipelineRequest.Step?, because error: PostgresError?) {
        switch step {
        case .prepare(let prepared): statements.remove(prepared)
        case .run(let prepared?) where prepared.isReady:
            // Its result has other columns since the table was altered; or somebody said DISCARD ALL.
            guard error?.sqlState == "0A000" || error?.sqlState == "26000" else { return }
            statements.remove(prepared)
            if error?.sqlState == "0A000" { statements.retired.append(prepared.name) }
        default: break
        }
    }

    /// Has the server forget what fell out of the cache, while nobody waits.
    ///
    /// Outside of transactions only: in a failed one it would fail, and not be tried again.
    private func forgetRetired() {
        guard !statements.retired.isEmpty, state == .idle else { return }
        let statements = statements.retired.map {
            PostgresStatement("DEALLOCATE \($0)", parameters: [], isReused: false)
        }
        self.statements.retired = []
        start(PipelineRequest(.housekeeping, statements))
    }

    // MARK: Script and COPY

    private func start(_ request: SimpleRequest) {
        guard let connection else { return request.fail(PostgresError(.connectionLost, "the connection is closed")) }
        simple = request
        var sql = request.sql
        if let begin = announcedBegin.take() {
            // A COPY cannot share its message; its caller has sent the BEGIN before.
            sql = begin.sql + ";\n" + sql
        }
        guard PQpipelineStatus(connection) == PQ_PIPELINE_OFF || PQexitPipelineMode(connection) == 1,
            PQsendQuery(connection, sql) == 1
        else { return lose(PostgresError(.connectionLost, connection: connection, otherwise: "nothing can be sent")) }
        flush()
    }

    /// - Returns: Whether more may be had now.
    private func drain(_ request: SimpleRequest, _ connection: OpaquePointer) -> Bool {
        guard let pointer = PQgetResult(connection) else {
            simple = nil
            publish()
            finish(request)
            startWaiting()
            return true
        }
        let result = ResultHandle(pointer)
        switch PQresultStatus(pointer) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: request.affected = result.affected
        case PGRES_COPY_IN: return copyStarted(request, result, connection)
        case PGRES_COPY_OUT, PGRES_COPY_BOTH:
            request.error = PostgresError(.usage, "COPY TO is not supported; the connection was closed")
            lose(PostgresError(.connectionLost, "the connection was closed after COPY TO"))
            return false
        default:
            if request.error == nil { request.error = PostgresError(result: pointer) }
            if request.phase == .copying { request.phase = .ending }
        }
        return true
    }

    private func copyStarted(_ request: SimpleRequest, _ result: ResultHandle, _ connection: OpaquePointer) -> Bool {
        // In this state libpq gives the same result again each time it is asked.
        if request.phase == .copying { return false }
        guard request.isCopy, request.phase == .running, PQbinaryTuples(result.pointer) == 1 else {
            request.error = PostgresError(
                .usage, request.isCopy ? "COPY needs (FORMAT binary)" : "COPY is not possible in a script")
            request.phase = .ending
            PQputCopyEnd(connection, "the client refused it")
            flush()
            return true
        }
        request.phase = .copying
        request.continuation.take()?.resume(returning: result.columnCount)
        return false
    }

    private func finish(_ request: SimpleRequest) {
        if request.error == nil, request.isCopy, request.phase == .running {
            request.error = PostgresError(.usage, "the statement is no COPY … FROM STDIN")
        }
        request.isFinished = true
        if let error = request.error {
            request.continuation.take()?.resume(throwing: error)
        } else {
            request.continuation.take()?.resume(returning: request.affected)
        }
    }

    /// Hands data to the server and answers when the socket has taken it, which bounds what is in memory.
    func copy(_ data: [UInt8], for request: SimpleRequest, _ continuation: CheckedContinuation<Int, any Error>) {
        guard let connection, !request.isFinished, request.phase == .copying else {
            return wait(request, continuation)
        }
        let isTaken = data.withUnsafeBytes { raw in
            PQputCopyData(connection, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count)) == 1
        }
        guard isTaken else {
            // Either the server has refused the data, which drain will find, or the connection is gone.
            wait(request, continuation)
            request.phase = .ending
            return ready(.read)
        }
        request.continuation = continuation
        flush()
    }

    /// Ends a COPY; with a reason the server takes nothing of it.
    func endCopy(
        _ request: SimpleRequest, refusing reason: String?, _ continuation: CheckedContinuation<Int, any Error>
    ) {
        guard let connection, !request.isFinished, request.phase == .copying else {
            return wait(request, continuation)
        }
        request.phase = .ending
        request.continuation = continuation
        PQputCopyEnd(connection, reason)
        flush()
        // libpq keeps a refusal that came during the copying to itself until now; no further byte may follow it.
        drain()
    }

    private func wait(_ request: SimpleRequest, _ continuation: CheckedContinuation<Int, any Error>) {
        if request.isFinished {
            continuation.resume(throwing: request.error ?? PostgresError(.usage, "the COPY has ended"))
        } else {
            request.continuation = continuation
        }
    }

    // MARK: Notifications

    /// - Returns: The stream's number, for ``stopListening(_:_:)``.
    func addListener(_ channel: String, _ continuation: AsyncStream<String>.Continuation) -> UInt64 {
        listenerIds += 1
        guard connection != nil else {
            continuation.finish()
            return listenerIds
        }
        listeners[channel, default: [:]][listenerIds] = continuation
        return listenerIds
    }

    func removeListener(_ channel: String, _ id: UInt64) {
        guard listeners[channel]?.removeValue(forKey: id) != nil, listeners[channel]?.isEmpty == true else { return }
        listeners[channel] = nil
        guard connection != nil else { return }
        let statement = PostgresStatement("UNLISTEN \(quotedIdentifier(channel))", parameters: [], isReused: false)
        waiting.append(.pipeline(PipelineRequest(.housekeeping, [statement])))
        startWaiting()
    }

    private func notify() {
        while let connection, let notification = PQnotifies(connection) {
            let channel = String(cString: notification.pointee.relname)
            let payload = String(cString: notification.pointee.extra)
            PQfreemem(notification)
            for continuation in listeners[channel]?.values ?? [:].values { continuation.yield(payload) }
        }
    }

    // MARK: Socket

    private func ready(_ interest: SocketWatcher.Interest) {
        guard let connection else { return }
        if interest.contains(.read) {
            let isAlive = PQconsumeInput(connection) == 1
            drain()
            guard self.connection != nil else { return }
            notify()
            if !isAlive {
                return lose(PostgresError(.connectionLost, connection: connection, otherwise: "the server is gone"))
            }
        }
        flush()
    }

    /// Writes what the socket takes; watches for room only while something is left.
    private func flush() {
        guard let connection else { return }
        switch PQflush(connection) {
        case 0:
            watcher?.watch(.read)
            if let simple, simple.phase == .copying { simple.continuation.take()?.resume(returning: 0) }
        case 1: watcher?.watch([.read, .write])
        default:
            // The server's last words may still wait to be read; the end of the stream follows them.
            guard PQstatus(connection) == CONNECTION_BAD else { return }
            lose(PostgresError(.connectionLost, connection: connection, otherwise: "the server is gone"))
        }
    }

    private func publish() {
        guard let connection else { return }
        let isIdle =
            inFlight.isEmpty && simple == nil && waiting.isEmpty && announcedBegin == nil
            && PQtransactionStatus(connection) == PQTRANS_IDLE
        published.store((isIdle ? State.idle : .busy).rawValue, ordering: .releasing)
    }

    /// Ends the connection; whatever is under way fails.
    func close() {
        lose(PostgresError(.connectionLost, "the connection was closed"))
    }

    private func lose(_ reason: PostgresError) {
        guard let connection else { return }
        self.connection = nil
        published.store(State.closed.rawValue, ordering: .releasing)
        watcher?.stop()
        watcher = nil
        PQfinish(connection)
        while let request = inFlight.popFirst() { request.fail(reason) }
        if let simple = simple.take() { simple.fail(reason) }
        while let request = waiting.popFirst() { fail(request, reason) }
        let streams = listeners.values.flatMap(\.values)
        listeners = [:]
        for stream in streams { stream.finish() }
    }

    fileprivate func noticed(_ result: OpaquePointer) {
        logger.debug(
            "postgres.notice", ["message": .string(String(cString: PQresultErrorMessage(result)))])
    }
}

/// An identifier as SQL takes it, whatever is in it.
func quotedIdentifier(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}

private func noticeReceived(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
    guard let context, let result else { return }
    Unmanaged<PostgresSession>.fromOpaque(context).takeUnretainedValue().noticed(result)
}
