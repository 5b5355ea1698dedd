/// How far back in time the relay has to look for events that it does not have.
///
/// An event carries the time at which its transaction began, and lies in the partition of that day. The relay need not look
/// into partitions of days long gone, since no transaction lasts so long. But a database's clock may be set, forwards and
/// back, while transactions are under way. So what counts is what the clock has shown while those began that may still come
/// to light: the least of it, kept for a few minutes.
///
/// A state machine without I/O.
struct LogAge {
    /// How long what the clock showed is remembered at least; more than the life of a transaction that writes events.
    static let period = Duration.seconds(180)
    /// Between two looks that lie further apart nobody knows what the clock has shown.
    static let longestPause = Duration.seconds(30)

    /// The least that the clock has shown in the present period and in the one before, milliseconds since 1970.
    private var current: Int64
    private var previous: Int64
    private var began: ContinuousClock.Instant
    private var lastLook: ContinuousClock.Instant
    private var isComplete = false

    /// - Parameter oldest: When the oldest transaction began that is under way, milliseconds since 1970 by the database's
    ///   clock.
    init(oldest: Int64, at now: ContinuousClock.Instant) {
        current = oldest
        previous = oldest
        began = now
        lastLook = now
    }

    /// No event that is still to be read is older, in milliseconds since 1970; nil while nobody knows.
    var floor: Int64? { isComplete ? min(current, previous) : nil }

    /// The relay has looked for events.
    ///
    /// - Parameters:
    ///   - time: The database's clock, milliseconds since 1970.
    ///   - isComplete: Whether it has all now that can be read, and no transaction has been in the way for long.
    mutating func looked(at now: ContinuousClock.Instant, time: Int64, isComplete: Bool) {
        if now - lastLook > Self.longestPause {
            current = .min
            self.isComplete = false
        }
        lastLook = now
        current = min(current, time)
        guard isComplete else { return }
        self.isComplete = true
        guard now - began >= Self.period else { return }
        previous = current
        current = time
        began = now
    }
}
