/// Waits that double from `first` to `max`, each drawn at random below its bound ("full jitter"), so that many clients
/// that lost the same server do not come back in step.
package struct Backoff: Sendable {
    package let first: Duration
    package let max: Duration
    package private(set) var attempt = 0

    package init(first: Duration = .milliseconds(100), max: Duration = .seconds(10)) {
        self.first = first
        self.max = max
    }

    /// The bound of try number `attempt` (from 0), before jitter.
    package func bound(_ attempt: Int) -> Duration {
        // 2^20 times anything is past every maximum in use; the shift must not overflow.
        let bound = first * (1 << Swift.min(attempt, 20))
        return bound < max ? bound : max
    }

    /// The next wait.
    package mutating func next() -> Duration {
        defer { attempt += 1 }
        return bound(attempt) * Double.random(in: 0.1...1)
    }

    /// Starts again at `first`; for the moment when things work.
    package mutating func reset() { attempt = 0 }
}
