import Synchronization

/// Tells of something that keeps failing in few words: the first failure, then one record after 10 s, 20 s, … at most
/// five minutes, each with the number of failures that were left out, and one when it works again.
///
/// What fails and works by turns is told of no more often.
package final class OutageLog: Sendable {
    private struct State {
        /// When the present outage began; nil while it works.
        var began: ContinuousClock.Instant?
        var isTold = false
        var lastTold: ContinuousClock.Instant?
        var wait = OutageLog.firstWait
        var leftOut = 0
    }

    private static let firstWait = Duration.seconds(10)
    private static let longestWait = Duration.seconds(300)

    private let logger: Logger
    private let failed: StaticString
    private let restored: StaticString
    private let now: @Sendable () -> ContinuousClock.Instant
    private let isOut = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - failed: The event of a failure, `redis.lost`.
    ///   - restored: The event of the end, `redis.connected`.
    ///   - now: The time, for tests.
    package init(
        _ logger: Logger, failed: StaticString, restored: StaticString,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.logger = logger
        self.failed = failed
        self.restored = restored
        self.now = now
    }

    /// It did not work.
    package func failed(_ error: any Error, _ values: [String: LogValue] = [:]) {
        let now = now()
        isOut.store(true, ordering: .relaxed)
        let leftOut: Int? = state.withLock { state in
            if state.began == nil {
                state.began = now
                state.isTold = false
            }
            if let last = state.lastTold {
                guard now - last >= state.wait else {
                    state.leftOut += 1
                    return nil
                }
                state.wait = state.isTold ? min(state.wait * 2, Self.longestWait) : Self.firstWait
            }
            state.isTold = true
            state.lastTold = now
            defer { state.leftOut = 0 }
            return state.leftOut
        }
        guard let leftOut else { return }
        var values = values
        values["error"] = .error(error)
        if leftOut > 0 { values["leftOut"] = .int(leftOut) }
        logger.warn(failed, values)
    }

    /// It worked; says so when a failure was told of.
    package func worked() {
        guard isOut.exchange(false, ordering: .relaxed) else { return }
        let told: (began: ContinuousClock.Instant, leftOut: Int)? = state.withLock { state in
            guard let began = state.began else { return nil }
            state.began = nil
            guard state.isTold else { return nil }
            defer { state.leftOut = 0 }
            return (began, state.leftOut)
        }
        guard let told else { return }
        let seconds = Double((now() - told.began) / .milliseconds(1)) / 1000
        var values: [String: LogValue] = ["seconds": .double(seconds)]
        if told.leftOut > 0 { values["leftOut"] = .int(told.leftOut) }
        logger.info(restored, values)
    }
}
