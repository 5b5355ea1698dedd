package import EventLoop
package import Telemetry

/// One connection to Redis that many tasks share: their commands are written in the order of the calls, without
/// waiting for one another's answers.
///
/// The connection is opened with the first command, and opened again whenever it breaks. A command that was written
/// when that happens fails with `connectionLost` and is never sent again: only its sender knows whether it may be. A
/// command that was not written waits for the new connection, within its timeout.
package final class RedisClient: @unchecked Sendable {
    package static let defaultTimeout: Duration = .seconds(5)

    private let configuration: RedisConfiguration
    /// Where the connection lives.
    package let loop: EventLoop
    private let connector: RedisConnector
    // All that follows is touched on the loop only.
    private var waiting = FIFOQueue<RedisRequest>()
    /// How many of those in `waiting` have been given up; they are removed when they are many.
    private var finished = 0
    private var written = FIFOQueue<RedisRequest>()
    private var timer: Timer?
    private var timerTime: ContinuousClock.Instant?
    private var failure: RedisError?
    private var isClosed = false

    /// - Parameters:
    ///   - loop: Where the connection lives.
    ///   - name: Shown in logs and in Redis' `CLIENT LIST`.
    package init(_ configuration: RedisConfiguration, loop: EventLoop, logger: Logger, name: String) {
        self.configuration = configuration
        self.loop = loop
        connector = RedisConnector(configuration, loop: loop, logger: logger, name: name)
        loop.executeNow { [self] in connector.owner = self }
    }

    deinit { connector.close() }

    /// Sends a command and waits for its answer.
    ///
    /// Cancelling the task does not take back a command that was written; only its answer is dropped.
    ///
    /// - Parameter timeout: From now until the answer, the wait for a connection included; nil for none.
    /// - Throws: ``RedisError``, with `reply` when the server refuses; `CancellationError`.
    package func send(_ command: RedisCommand, timeout: Duration? = defaultTimeout) async throws -> RedisValue {
        try Self.single(await perform(RedisRequest([command], timeout: timeout)))
    }

    package func send(_ parts: any RedisArgument...) async throws -> RedisValue {
        try await send(RedisCommand(parts))
    }

    /// Sends commands in one piece; those of other tasks do not come between, but it is no transaction.
    ///
    /// - Returns: One reply a command; a refusal stays among them as an ``RedisValue/error(_:)``.
    package func pipeline(
        _ commands: [RedisCommand], timeout: Duration? = defaultTimeout
    ) async throws -> [RedisValue] {
        guard !commands.isEmpty else { return [] }
        return try await perform(RedisRequest(commands, timeout: timeout))
    }

    /// Sends a command that makes the server wait, such as `XREADGROUP … BLOCK`.
    ///
    /// Everything sent after it waits too, so use a client of its own. When the task is cancelled or the time is over,
    /// the connection is closed, because that alone ends the server's wait.
    ///
    /// - Parameter timeout: Longer than the `BLOCK` in the command; nil for none.
    package func blocking(_ command: RedisCommand, timeout: Duration?) async throws -> RedisValue {
        try Self.single(await perform(RedisRequest([command], timeout: timeout, isBlocking: true)))
    }

    /// Closes the connection; commands without an answer fail with `closed`.
    package func close() async {
        await withCheckedContinuation { done in
            loop.executeNow {
                self.isClosed = true
                self.timer?.cancel()
                self.fail(everything: RedisError(.closed, "the Redis client was closed"))
                self.connector.close()
                done.resume()
            }
        }
    }

    // MARK: Requests

    private static func single(_ replies: [RedisValue]) throws(RedisError) -> RedisValue {
        if case .error(let text) = replies[0] { throw RedisError(.reply, text) }
        return replies[0]
    }

    private func perform(_ request: RedisRequest) async throws -> [RedisValue] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.executeNow {
                    request.continuation = continuation
                    self.submit(request)
                }
            }
        } onCancel: {
            loop.execute { self.cancel(request) }
        }
    }

    private func submit(_ request: RedisRequest) {
        if request.isCancelled { return request.fail(CancellationError()) }
        if isClosed { return request.fail(RedisError(.closed, "the Redis client was closed")) }
        guard waiting.count - finished + written.count < configuration.maximumCommands else {
            return request.fail(
                RedisError(.overloaded, "\(configuration.maximumCommands) Redis commands wait for their answers"))
        }
        if let link = connector.link {
            write(request, to: link)
        } else {
            waiting.append(request)
            connector.connect()
        }
        if let deadline = request.deadline { watch(deadline) }
    }

    private func write(_ request: RedisRequest, to link: RedisLink) {
        link.write(request.bytes)
        request.bytes = []
        request.phase = .written
        written.append(request)
    }

    private func cancel(_ request: RedisRequest) {
        request.isCancelled = true
        giveUp(request, CancellationError())
    }

    /// Lets the task of a request go, whose answer is of no use any more.
    private func giveUp(_ request: RedisRequest, _ error: any Error) {
        guard request.continuation != nil else { return }
        if request.phase == .waiting {
            request.fail(error)
            finished += 1
            if finished > 64, finished > waiting.count / 2 {
                waiting.removeAll { $0.phase == .finished }
                finished = 0
            }
        } else if request.phase == .written {
            let deadline = ContinuousClock.now + configuration.stallLimit
            request.abandon(error, until: deadline)
            if request.isBlocking {
                connector.link?.close(RedisError(.connectionLost, "a blocking Redis command was given up"))
            } else {
                watch(deadline)
            }
        }
    }

    private func fail(everything error: RedisError) {
        for request in written.removeAll() + waiting.removeAll() { request.fail(error) }
        finished = 0
    }

    // MARK: Time

    /// Sees to it that the timer fires at `deadline` or before.
    ///
    /// One timer serves all: it looks for what is overdue and sets itself to the next deadline, which mostly lies
    /// seconds ahead and belongs to a command that will long have been answered.
    private func watch(_ deadline: ContinuousClock.Instant) {
        if let timerTime, timerTime <= deadline { return }
        timer?.cancel()
        timerTime = deadline
        timer = loop.schedule(after: deadline - .now) { [weak self] in self?.sweep() }
    }

    private func sweep() {
        timerTime = nil
        let now = ContinuousClock.now
        var overdue: [RedisRequest] = []
        func collect(_ request: RedisRequest) {
            if let deadline = request.deadline, deadline <= now { overdue.append(request) }
        }
        waiting.forEach(collect)
        written.forEach(collect)
        for request in overdue {
            switch request.phase {
            case .waiting:
                let reason = failure.map { ": \($0)" } ?? ""
                giveUp(
                    request, RedisError(.unavailable, "Redis at \(configuration.address) cannot be reached\(reason)"))
            case .written:
                giveUp(request, RedisError(.timeout, "Redis at \(configuration.address) did not answer in time"))
            case .abandoned:
                connector.link?.close(RedisError(.connectionLost, "Redis stopped answering"))
            case .finished: break
            }
        }
        var next: ContinuousClock.Instant?
        func earliest(_ request: RedisRequest) {
            if let deadline = request.deadline, deadline > now, next.map({ deadline < $0 }) ?? true { next = deadline }
        }
        waiting.forEach(earliest)
        written.forEach(earliest)
        if let next { watch(next) }
    }
}

extension RedisClient: RedisLinkOwner {
    func linkOpened(_ link: RedisLink) {
        failure = nil
        while let request = waiting.popFirst() {
            if request.phase == .waiting { write(request, to: link) }
        }
        finished = 0
    }

    func received(_ reply: RedisValue) {
        guard let request = written.first else {
            connector.link?.close(RedisError(.malformed, "the Redis server answers what nobody has asked"))
            return
        }
        guard request.add(reply) else { return }
        _ = written.popFirst()
        request.succeed()
    }

    func linkLost(_ reason: RedisError) {
        failure = reason
        for request in written.removeAll() {
            // What is known of the cause is kept; that the outcome is unknown is what the code says.
            request.fail(reason.code == .malformed ? reason : RedisError(.connectionLost, reason.message))
        }
    }
}
