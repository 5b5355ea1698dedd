import Synchronization

/// Remembers which keys were seen lately, as many as fit; the least recently seen are forgotten first, half at a time.
package final class RecentKeys: Sendable {
    private struct State {
        var young: Set<LimitKey> = []
        var old: Set<LimitKey> = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: Keys of each of two halves, about 40 bytes each.
    package init(capacity: Int = 50_000) { self.capacity = capacity }

    package func insert(_ key: LimitKey) {
        state.withLock { state in
            if state.young.count >= capacity, !state.young.contains(key) {
                state.old = state.young
                state.young = []
            }
            state.young.insert(key)
        }
    }

    package func contains(_ key: LimitKey) -> Bool {
        state.withLock { $0.young.contains(key) || $0.old.contains(key) }
    }
}
