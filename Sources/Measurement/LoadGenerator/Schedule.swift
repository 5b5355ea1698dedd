/// When each of a series of things is due: at a fixed rate, whatever becomes of those before.
///
/// Latency counts from the moment when something was due, not from when it was begun. So a server that stalls is charged
/// with everything that would have come meanwhile: what is left out otherwise is called coordinated omission.
package struct Schedule: Sendable {
    private let start: UInt64
    private let end: UInt64
    private let interval: Double
    private var next = 0

    /// - Parameters:
    ///   - start: When the first is due, in nanoseconds of the clock.
    ///   - rate: How many are due in a second.
    ///   - seconds: How long they are.
    package init(start: UInt64, rate: Double, seconds: Double) {
        self.start = start
        self.end = start + UInt64(seconds * 1e9)
        interval = 1e9 / max(rate, 0.001)
    }

    /// Takes the next one that is due by `now`.
    ///
    /// - Returns: When it was due; nil when there is none, for now or any more.
    package mutating func take(by now: UInt64) -> UInt64? {
        let due = start + UInt64(Double(next) * interval)
        guard due <= now, due < end else { return nil }
        next += 1
        return due
    }

    /// When the next one is due; nil at the end.
    package var nextDue: UInt64? {
        let due = start + UInt64(Double(next) * interval)
        return due < end ? due : nil
    }

    package var isOver: Bool { nextDue == nil }
    /// How many were taken.
    package var count: Int { next }
}
