import Synchronization

/// Does work that takes long, one piece at a time, and lets everybody who waits have a turn after the other.
///
/// So whoever asks for much waits for their own, and nobody else does. What may wait is bounded, for each and for all.
final class FairWorker: Sendable {
    /// Somebody has asked for too much at once.
    struct Full: Error {}

    private struct Job {
        let run: @Sendable () async -> Void
    }

    private struct State {
        var waiting: [Int64: [Job]] = [:]
        /// Whose turn is next.
        var turns: [Int64] = []
        var count = 0
        var isRunning = false
    }

    private let mostForOne: Int
    private let most: Int
    private let state = Mutex(State())

    init(mostForOne: Int = 64, most: Int = 4096) {
        self.mostForOne = mostForOne
        self.most = most
    }

    /// Runs `body` when it is the turn of `key`, off the caller's thread.
    ///
    /// - Throws: ``Full`` when too much waits already; what `body` throws.
    func run<Value: Sendable>(
        for key: Int64, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let job = Job {
                let result: Result<Value, any Error>
                do { result = .success(try await body()) } catch { result = .failure(error) }
                continuation.resume(with: result)
            }
            let (isTaken, isFirst) = state.withLock { add(job, key, &$0) }
            guard isTaken else { return continuation.resume(throwing: Full()) }
            // Ends when nothing waits any more.
            if isFirst { Task { await work() } }
        }
    }

    private func add(_ job: Job, _ key: Int64, _ state: inout State) -> (isTaken: Bool, isFirst: Bool) {
        let own = state.waiting[key]?.count ?? 0
        guard own < mostForOne, state.count < most else { return (false, false) }
        if own == 0 { state.turns.append(key) }
        state.waiting[key, default: []].append(job)
        state.count += 1
        defer { state.isRunning = true }
        return (true, !state.isRunning)
    }

    private func work() async {
        while let job = state.withLock({ next(&$0) }) { await job.run() }
    }

    private func next(_ state: inout State) -> Job? {
        guard !state.turns.isEmpty else {
            state.isRunning = false
            return nil
        }
        let key = state.turns.removeFirst()
        guard var own = state.waiting[key], !own.isEmpty else { return nil }
        let job = own.removeFirst()
        state.count -= 1
        if own.isEmpty {
            state.waiting[key] = nil
        } else {
            state.waiting[key] = own
            state.turns.append(key)
        }
        return job
    }
}
