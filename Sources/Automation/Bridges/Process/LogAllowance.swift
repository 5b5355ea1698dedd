/// How many lines a program may write into the server's log: so many at once, then so many a second.
struct LogAllowance {
    private static let burst = 100.0
    private static let rate = 10.0

    private var left = burst
    private var last = ContinuousClock.now
    private var dropped = 0

    /// Asks for one line.
    ///
    /// - Returns: How many were dropped since the last one that was allowed; nil when this one is dropped too.
    mutating func take(at now: ContinuousClock.Instant = .now) -> Int? {
        left = min(Self.burst, left + (now - last) / .seconds(1) * Self.rate)
        last = now
        guard left >= 1 else {
            dropped += 1
            return nil
        }
        left -= 1
        defer { dropped = 0 }
        return dropped
    }
}
