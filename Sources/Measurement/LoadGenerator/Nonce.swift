import Synchronization

/// Numbers that no two sends of this process share: a server answers a repeated nonce from what it has stored.
package enum Nonce {
    private static let last = Atomic<UInt64>(MonotonicClock.now())

    package static func next() -> UInt64 { last.add(1, ordering: .relaxed).newValue }
}
