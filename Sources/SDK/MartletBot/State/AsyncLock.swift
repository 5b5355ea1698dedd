import Synchronization

/// Lets one task at a time through, in the order in which they came; waiting ends when the task is cancelled.
final class AsyncLock: Sendable {
    private struct State {
        var isHeld = false
        var next = 0
        var waiters: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let state = Mutex(State())

    /// Waits for the lock.
    ///
    /// - Throws: `CancellationError`; the lock is not held then.
    func acquire() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let isHeld = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isHeld: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if !state.isHeld {
                        state.isHeld = true
                        return true
                    }
                    state.waiters.append((id, continuation))
                    return nil
                }
                if let isHeld { continuation.resume(returning: isHeld) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
        guard isHeld else { throw CancellationError() }
    }

    /// Gives the lock to the next in line.
    func release() {
        let next = state.withLock { state in
            if state.waiters.isEmpty {
                state.isHeld = false
                return nil as CheckedContinuation<Bool, Never>?
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    /// Runs `work` while the lock is held.
    func withLock<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        try await acquire()
        defer { release() }
        return try await work()
    }
}
