import Lifecycle

/// Keeps events from a target that is down, but for one now and then.
///
/// A target is down at once when it says so or nobody listens there, and after several failures in a row that a single
/// event or a moment of weakness would not explain. A state machine without time and without I/O.
struct Circuit {
    /// So many failures in a row take the target for down.
    static let threshold = 5
    /// A target may not ask for more; an event of its own may wait longer.
    private static let longestWait = Duration.seconds(3600)

    private var backoff: Backoff
    private var failures = 0
    private(set) var isOpen = false
    /// When one event may find out whether the target is back; nil while one is on its way.
    private(set) var nextProbe: ContinuousClock.Instant?

    init(first: Duration, longest: Duration) { backoff = Backoff(first: first, max: longest) }

    func isDue(at now: ContinuousClock.Instant) -> Bool { nextProbe.map { $0 <= now } ?? false }

    /// The target is down, or still is.
    ///
    /// Only the first of several that report it before the next probe counts.
    ///
    /// - Parameter wait: What the target asked for; the probe comes no earlier.
    mutating func open(at now: ContinuousClock.Instant, asking wait: Duration? = nil) {
        guard !isOpen || nextProbe == nil else { return }
        isOpen = true
        nextProbe = now + max(backoff.next(), min(wait ?? .zero, Self.longestWait))
    }

    /// The target did not answer, or is in trouble: it may be the event, it may be the target.
    mutating func failed(at now: ContinuousClock.Instant, asking wait: Duration? = nil) {
        failures += 1
        if isOpen || failures >= Self.threshold { open(at: now, asking: wait) }
    }

    /// One event is on its way to find out.
    mutating func probing() { nextProbe = nil }

    /// The target has answered.
    mutating func close() {
        isOpen = false
        failures = 0
        nextProbe = nil
        backoff.reset()
    }
}
