import Synchronization

/// Counts attempts by key in leaky buckets: a bucket holds ``RateLimit/count`` and drains evenly.
///
/// A bucket is one number, the time at which it is empty (the generic cell rate algorithm of ATM). Memory is bounded;
/// see ``LimitTable``.
package final class RateLimiter: Sendable {
    private let name: String
    private let duration: Duration
    private let count: Atomic<Int>
    private let spacing: Atomic<Int64>
    private let period: Int64
    private let overdraft: Int64
    private let origin: ContinuousClock.Instant
    private let table: Mutex<LimitTable>

    /// - Parameters:
    ///   - capacity: Keys that have a bucket of their own, about 100 bytes each; further ones share.
    ///   - overdraft: How far ``charge(_:now:)`` may overfill a bucket.
    ///   - now: The present, for tests.
    package init(
        _ limit: RateLimit, capacity: Int = 50_000, overdraft: Duration = .zero, now: ContinuousClock.Instant = .now
    ) {
        name = limit.name
        duration = limit.period
        count = Atomic(limit.count)
        period = limit.period.nanoseconds
        spacing = Atomic(max(1, period / Int64(limit.count)))
        self.overdraft = overdraft.nanoseconds
        origin = now
        table = Mutex(LimitTable(capacity: capacity, horizon: period + self.overdraft, now: 0))
    }

    package var limit: RateLimit { RateLimit(name, count.load(ordering: .relaxed), per: duration) }

    /// Lets another number pass in each period from now on; what buckets hold stays.
    ///
    /// - Precondition: More than 0.
    package func change(count: Int) {
        precondition(count > 0, "a limit lets something through")
        self.count.store(count, ordering: .relaxed)
        spacing.store(max(1, period / Int64(count)), ordering: .relaxed)
    }

    private var interval: Int64 { spacing.load(ordering: .relaxed) }

    /// Counts one attempt when it may pass; one that may not costs nothing.
    package func take(_ key: LimitKey, now: ContinuousClock.Instant = .now) -> LimitVerdict {
        let now = (now - origin).nanoseconds
        let (end, isAllowed) = table.withLock { table in
            table.update(key, now: now) { end in
                let next = max(end, now) + interval
                guard next - now <= period else { return (max(end, now), false) }
                end = next
                return (next, true)
            }
        }
        return verdict(end: end, isAllowed: isAllowed, now: now)
    }

    /// What ``take(_:now:)`` would say, without counting.
    package func look(_ key: LimitKey, now: ContinuousClock.Instant = .now) -> LimitVerdict {
        let now = (now - origin).nanoseconds
        let end = table.withLock { table in table.update(key, now: now) { max($0, now) } }
        return verdict(end: end, isAllowed: end + interval - now <= period, now: now)
    }

    /// Counts one attempt in any case.
    ///
    /// - Returns: How far the bucket is overfull; zero while it is not.
    package func charge(_ key: LimitKey, now: ContinuousClock.Instant = .now) -> Duration {
        let now = (now - origin).nanoseconds
        let excess = table.withLock { table in
            table.update(key, now: now) { end in
                end = min(max(end, now) + interval, now + period + overdraft)
                return max(0, end - now - period)
            }
        }
        return .nanoseconds(excess)
    }

    /// Takes one attempt back, as when it turned out to be right.
    package func giveBack(_ key: LimitKey, now: ContinuousClock.Instant = .now) {
        let now = (now - origin).nanoseconds
        table.withLock { table in
            table.update(key, now: now) { end in
                if end > now { end = max(now, end - interval) }
            }
        }
    }

    /// Places in memory, for tests.
    package var size: Int { table.withLock { $0.count } }

    private func verdict(end: Int64, isAllowed: Bool, now: Int64) -> LimitVerdict {
        let filled = max(0, end - now)
        return LimitVerdict(
            limit: limit, isAllowed: isAllowed, remaining: Int(max(0, period - filled) / interval),
            retryAfter: isAllowed ? .zero : .nanoseconds(max(1, filled + interval - period)),
            resetAfter: .nanoseconds(filled))
    }
}

extension Duration {
    /// Saturates, so that no duration from a configuration stops the process.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !isOver, abs(product) < 1 << 60 else { return seconds < 0 ? -(1 << 60) : 1 << 60 }
        return product + attoseconds / 1_000_000_000
    }
}
