import Synchronization

/// Wakes one waiting task; signals that come while nobody waits count as one.
package final class WakeSignal: Sendable {
    private struct State {
        var isSet = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    package func signal() {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter else {
                state.isSet = true
                return CheckedContinuation<Void, Never>?.none
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns at the next signal, at once when one is pending; only one task may wait at a time.
    package func wait() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.isSet {
                    state.isSet = false
                    return true
                }
                precondition(state.waiter == nil, "two tasks wait for one signal")
                state.waiter = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
