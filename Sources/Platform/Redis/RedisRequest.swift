/// Commands that were sent together, and the one who waits for their replies.
///
/// Touched on the loop only.
final class RedisRequest: @unchecked Sendable {
    enum Phase {
        /// Not handed over yet, or waiting for a connection.
        case waiting
        /// Written; the replies are on their way.
        case written
        /// Written, but nobody waits any more: the replies are dropped when they come.
        case abandoned
        case finished
    }

    /// The encoded commands; emptied when they are written.
    var bytes: [UInt8]
    /// How many replies are still to come.
    private(set) var missing: Int
    /// The answer may take long because the server waits for something.
    let isBlocking: Bool
    var phase = Phase.waiting
    var deadline: ContinuousClock.Instant?
    var isCancelled = false
    var continuation: CheckedContinuation<[RedisValue], any Error>?
    private var replies: [RedisValue] = []

    init(_ commands: [RedisCommand], timeout: Duration?, isBlocking: Bool = false) {
        bytes = []
        bytes.reserveCapacity(commands.reduce(0) { $0 + $1.encodedSize })
        for command in commands { command.encode(into: &bytes) }
        missing = commands.count
        deadline = timeout.map { .now + $0 }
        self.isBlocking = isBlocking
    }

    /// - Returns: Whether it was the last one.
    func add(_ reply: RedisValue) -> Bool {
        missing -= 1
        if phase == .written { replies.append(reply) }
        return missing == 0
    }

    func succeed() {
        phase = .finished
        continuation?.resume(returning: replies)
        continuation = nil
    }

    func fail(_ error: any Error) {
        phase = .finished
        continuation?.resume(throwing: error)
        continuation = nil
    }

    /// Lets the waiting task go; the replies will still come.
    func abandon(_ error: any Error, until deadline: ContinuousClock.Instant) {
        phase = .abandoned
        self.deadline = deadline
        replies = []
        continuation?.resume(throwing: error)
        continuation = nil
    }
}
