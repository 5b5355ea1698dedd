import Synchronization

/// Cancels handlers that take longer than they may.
///
/// One timer serves all of them, so that an event needs no task and no timer of its own just for the deadline.
final class HandlerDeadline: Sendable {
    private struct Run {
        var due: ContinuousClock.Instant
        /// Nil when it was cancelled.
        var task: Task<Void, any Error>?
    }

    private struct State {
        var nextID = 0
        var runs: [Int: Run] = [:]
    }

    private let duration: Duration
    private let state = Mutex(State())

    init(_ duration: Duration) { self.duration = duration }

    /// Cancels what is overdue, until its own task is cancelled.
    func watch() async {
        while !Task.isCancelled {
            // All have the same time, so that what begins meanwhile is not due before.
            let next = state.withLock { $0.runs.values.lazy.filter { $0.task != nil }.map(\.due).min() }
            let pause = max(next.map { $0 - .now } ?? duration, .milliseconds(1))
            try? await Task.sleep(for: pause)
            cancelOverdue()
        }
    }

    private func cancelOverdue() {
        let now = ContinuousClock.now
        let overdue = state.withLock { state in
            state.runs.compactMap { id, run -> Task<Void, any Error>? in
                guard let task = run.task, run.due <= now else { return nil }
                state.runs[id]?.task = nil
                return task
            }
        }
        for task in overdue { task.cancel() }
    }

    /// Runs a handler and waits for its end, also when it was cancelled.
    ///
    /// - Throws: ``BotError`` with the code `deadline`; what the handler throws.
    func limit(_ handler: @escaping @Sendable () async throws -> Void) async throws {
        try Task.checkCancellation()
        let due = ContinuousClock.now + duration
        // Ends before this function does, which waits for it and hands on a cancellation.
        let task: Task<Void, any Error>
        if #available(macOS 26, *) {
            task = Task.immediate { try await handler() }
        } else {
            task = Task { try await handler() }
        }
        let id = state.withLock { state in
            state.nextID += 1
            state.runs[state.nextID] = Run(due: due, task: task)
            return state.nextID
        }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        guard state.withLock({ $0.runs.removeValue(forKey: id) })?.task != nil else {
            throw BotError(.deadline, "the handler took longer than \(duration)")
        }
        try result.get()
        try Task.checkCancellation()
    }
}
