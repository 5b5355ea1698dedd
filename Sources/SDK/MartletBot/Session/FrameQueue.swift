import Synchronization

/// Frames between the connection that brings them and the one task that reads them.
package final class FrameQueue: Sendable {
    private struct State {
        var frames: [String] = []
        var isFinished = false
        var waiter: CheckedContinuation<String?, Never>?
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: How many frames may wait.
    package init(capacity: Int = 1024) { self.capacity = capacity }

    /// Adds a frame.
    ///
    /// - Returns: False when there is no room; the frame is dropped and the connection has to be closed.
    package func push(_ frame: String) -> Bool {
        let (isTaken, waiter) = state.withLock { state -> (Bool, CheckedContinuation<String?, Never>?) in
            if state.isFinished { return (true, nil) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (true, waiter)
            }
            guard state.frames.count < capacity else { return (false, nil) }
            state.frames.append(frame)
            return (true, nil)
        }
        waiter?.resume(returning: frame)
        return isTaken
    }

    /// No frame follows; those that wait are dropped, because their sender will repeat them.
    package func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            state.frames = []
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// No frame follows; those that wait can still be read.
    package func finishAfterLast() {
        let waiter = state.withLock { state in
            state.isFinished = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// The next frame; nil when no frame follows or the task is cancelled.
    package func next() async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let frame: String?? = state.withLock { state in
                    if !state.frames.isEmpty { return .some(state.frames.removeFirst()) }
                    if state.isFinished || Task.isCancelled { return .some(nil) }
                    state.waiter = continuation
                    return nil
                }
                if let frame { continuation.resume(returning: frame) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}
