/// What waits on a connection, in order.
enum PostgresRequest {
    case pipeline(PipelineRequest)
    case simple(SimpleRequest)
}

/// Statements that are written together, with one synchronisation point behind them.
///
/// Made by the caller, then touched on the connection's loop only.
final class PipelineRequest: @unchecked Sendable {
    /// A command that the server answers, in the order in which they were sent.
    enum Step {
        case begin
        case prepare(PreparedStatement)
        case run(PreparedStatement?)
    }

    enum Kind {
        case statements
        /// Ends a transaction that ``PostgresSession/begin(_:)`` announced.
        case endOfTransaction
        /// What nobody waits for: forgetting prepared statements, UNLISTEN.
        case housekeeping
    }

    let kind: Kind
    let statements: [PostgresStatement]
    private var continuation: CheckedContinuation<[ResultHandle], any Error>?
    var steps: [Step] = []
    /// The step whose results come in.
    var position = 0
    var results: [ResultHandle] = []
    var error: PostgresError?

    init(
        _ kind: Kind, _ statements: [PostgresStatement],
        _ continuation: CheckedContinuation<[ResultHandle], any Error>? = nil
    ) {
        self.kind = kind
        self.statements = statements
        self.continuation = continuation
    }

    var step: Step? { position < steps.count ? steps[position] : nil }

    func finish() {
        let continuation = continuation.take()
        if let error {
            continuation?.resume(throwing: error)
        } else {
            continuation?.resume(returning: results)
        }
    }

    /// The server's own last words, if there were any, say more than `reason`.
    func fail(_ reason: PostgresError) {
        continuation.take()?.resume(throwing: error ?? reason)
    }
}

/// A script or a COPY, which the protocol does not allow in a pipeline: it has the connection to itself.
///
/// Made by the caller, then touched on the connection's loop only.
final class SimpleRequest: @unchecked Sendable {
    enum Phase {
        /// The answer to the SQL is awaited.
        case running
        /// The server takes data.
        case copying
        /// The end was announced, or the server refused the data; what follows is the outcome.
        case ending
    }

    let sql: String
    let isCopy: Bool
    var phase = Phase.running
    var error: PostgresError?
    var affected = 0
    /// Whoever waits for the phase's end, or for the socket to take what is buffered.
    var continuation: CheckedContinuation<Int, any Error>?
    var isFinished = false

    init(_ sql: String, isCopy: Bool, _ continuation: CheckedContinuation<Int, any Error>) {
        self.sql = sql
        self.isCopy = isCopy
        self.continuation = continuation
    }

    func fail(_ reason: PostgresError) {
        if error == nil { error = reason }
        isFinished = true
        continuation.take()?.resume(throwing: error ?? reason)
    }
}
