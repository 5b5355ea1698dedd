/// How long a node may still go on with a bridge, by its own clock.
///
/// Confined to the task of an ``EventPump``.
final class LeaseTerm {
    private let lease: BridgeLease
    private(set) var end: ContinuousClock.Instant
    private(set) var nextRenewal: ContinuousClock.Instant

    /// - Parameter end: Until when the right is held already.
    init(_ lease: BridgeLease, end: ContinuousClock.Instant) {
        self.lease = lease
        self.end = end
        nextRenewal = end - lease.time * (2.0 / 3)
    }

    var isOver: Bool { ContinuousClock.now >= end }

    /// Prolongs it, when it is time to.
    ///
    /// - Returns: Whether it was time.
    func renew() async throws -> Bool {
        let start = ContinuousClock.now
        guard start >= nextRenewal else { return false }
        guard try await lease.renew() else { throw LeaseLost() }
        end = start + lease.time
        nextRenewal = start + lease.time / 3
        return true
    }

    /// The process may have been stopped anywhere, for longer than the lease lasts.
    func check() throws {
        if isOver { throw LeaseLost() }
    }
}

/// Another node has the right to run the bridge now.
struct LeaseLost: Error, CustomStringConvertible {
    var description: String { "the right to run the bridge was lost" }
}
