/// Keeps the distances in time that events had, or a part of them.
struct ReplayPace: Equatable {
    /// How many times faster than it was.
    let factor: Double
    private var first: (at: Int64, moment: ContinuousClock.Instant)?

    /// Reads `10x`, `0.5x` or `10`; nil when it is no number from a thousandth to a million.
    init?(_ text: String) {
        guard let factor = Double(text.hasSuffix("x") ? String(text.dropLast()) : text), factor >= 0.001,
            factor <= 1_000_000
        else { return nil }
        self.factor = factor
    }

    /// How long an event has to wait.
    ///
    /// - Parameter at: When it was stored, milliseconds since 1970.
    mutating func wait(for at: Int64, now: ContinuousClock.Instant) -> Duration {
        guard let first else {
            self.first = (max(0, at), now)
            return .zero
        }
        let due = first.moment + .milliseconds(1) * (Double(max(0, at - first.at)) / factor)
        return max(.zero, due - now)
    }

    static func == (left: ReplayPace, right: ReplayPace) -> Bool { left.factor == right.factor }
}
