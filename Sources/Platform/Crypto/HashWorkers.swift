internal import EventLoop
import Synchronization

/// A few threads that work off a ``FairQueue``, with a limit on who may wait.
final class HashWorkers: Sendable {
    /// Calls without work that wait at one time; each is a timer.
    private static let maximumIdle = 10_000
    /// The lane of work that is done for nobody.
    private static let idleLane: UInt64 = 0x6D61_7274_6C65_7400

    private struct Job: Sendable {
        /// Does the work when told so, and refuses it otherwise.
        let finish: @Sendable (_ isTaken: Bool) -> Void
    }

    private struct State {
        var waiting: FairQueue<Job>
        var freeQueues: [Int]
        var times = WorkTimes()
        var idle = 0
    }

    private let queues: [BlockingQueue]
    private let state: Mutex<State>

    /// - Parameter capacity: Calls that wait at one time, besides those that run.
    init(count: Int, capacity: Int) {
        queues = (0..<count).map { BlockingQueue("password-\($0)", isSerial: true) }
        state = Mutex(State(waiting: FairQueue(capacity: capacity), freeQueues: Array(0..<count)))
    }

    /// Calls that wait for a thread.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Runs `body` on a thread when it is the lane's turn.
    ///
    /// - Throws: ``CryptoError`` `overloaded`, also while it waits, or what `body` throws.
    func run<Value: Sendable>(
        lane: UInt64 = 0, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let start = ContinuousClock.now
        let value: Value = try await withCheckedThrowingContinuation { continuation in
            add(
                Job { isTaken in
                    guard isTaken else { return continuation.resume(throwing: Self.overloaded) }
                    continuation.resume(with: Result(catching: body))
                }, to: lane)
        }
        state.withLock { $0.times.record(ContinuousClock.now - start, now: .now) }
        return value
    }

    /// Takes the time that ``run(lane:_:)`` takes at present, mostly without the work.
    ///
    /// So calls that have nothing to do can be told from others neither by time nor keep others from the threads.
    ///
    /// - Throws: ``CryptoError`` `overloaded` when thousands wait like this.
    func idle(_ body: @escaping @Sendable () -> Void) async throws {
        let plan: WorkTimes.Plan? = state.withLock { state in
            guard state.idle < Self.maximumIdle else { return nil }
            state.idle += 1
            return state.times.plan(now: .now) { Int.random(in: 0..<$0) }
        }
        guard let plan else { throw Self.overloaded }
        defer { state.withLock { $0.idle -= 1 } }
        switch plan {
        case .work:
            defer { state.withLock { $0.times.workEnded() } }
            try await run(lane: Self.idleLane, body)
        case .wait(let duration): try await Task.sleep(for: duration)
        }
    }

    private func add(_ job: Job, to lane: UInt64) {
        let (refused, queue) = state.withLock { state in
            let refused = state.waiting.append(job, to: lane)
            return (refused, state.waiting.count > 0 ? state.freeQueues.popLast() : nil)
        }
        refused?.finish(false)
        if let queue { work(on: queue) }
    }

    /// Works off what waits, and gives the thread back when nothing does.
    private func work(on queue: Int) {
        queues[queue].submit { [self] in
            while true {
                let job = state.withLock { state in
                    let job = state.waiting.next()
                    if job == nil { state.freeQueues.append(queue) }
                    return job
                }
                guard let job else { return }
                job.finish(true)
            }
        }
    }

    private static let overloaded = CryptoError(.overloaded, "too many passwords are being checked")
}
