import Synchronization

/// Counts attempts by key in windows of fixed length.
///
/// Bounded: when too many keys are known, those whose window has passed are dropped, and if that is not enough, all.
package final class RateLimiter: Sendable {
    private struct Window {
        var count = 0
        var end: ContinuousClock.Instant
    }

    private static let maximumKeys = 100_000

    private let count: Int
    private let period: Duration
    private let windows = Mutex<[String: Window]>([:])

    /// - Parameter count: How many attempts pass in each period.
    package init(count: Int, per period: Duration) {
        self.count = count
        self.period = period
    }

    /// Counts one attempt.
    ///
    /// - Returns: nil when it may pass, otherwise how long to wait.
    package func take(_ key: String, now: ContinuousClock.Instant = .now) -> Duration? {
        windows.withLock { windows in
            if windows.count >= Self.maximumKeys {
                windows = windows.filter { $0.value.end > now }
                if windows.count >= Self.maximumKeys { windows = [:] }
            }
            var window = windows[key] ?? Window(end: now + period)
            if window.end <= now { window = Window(end: now + period) }
            window.count += 1
            windows[key] = window
            return window.count > count ? window.end - now : nil
        }
    }
}
