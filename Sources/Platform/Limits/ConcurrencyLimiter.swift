import Synchronization

/// Bounds what one key has open at a time: sockets of a user, waiting polls of a principal.
///
/// It remembers only keys that have something open, so its size is that of what is open.
package final class ConcurrencyLimiter: Sendable {
    private let most: Atomic<Int>
    private let open = Mutex<[LimitKey: Int]>([:])

    package init(_ maximum: Int) { most = Atomic(maximum) }

    /// How many one key may have open; set lower, what is open stays.
    package var maximum: Int {
        get { most.load(ordering: .relaxed) }
        set { most.store(newValue, ordering: .relaxed) }
    }

    /// Counts one more.
    ///
    /// - Returns: False when there are ``maximum`` already; nothing is counted then.
    package func enter(_ key: LimitKey) -> Bool {
        open.withLock { open in
            let count = open[key] ?? 0
            guard count < maximum else { return false }
            open[key] = count + 1
            return true
        }
    }

    /// Ends one that was let in.
    package func leave(_ key: LimitKey) {
        open.withLock { open in
            guard let count = open[key] else { return }
            open[key] = count > 1 ? count - 1 : nil
        }
    }
}
