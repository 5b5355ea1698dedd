import Lifecycle

/// Keeps events from a target that is down, but for one now and then.
struct Circuit {
    private var backoff: Backoff
    private(set) var isOpen = false
    private(set) var nextProbe: ContinuousClock.Instant?

    init(first: Duration, longest: Duration) { backoff = Backoff(first: first, max: longest) }

    func isDue(at now: ContinuousClock.Instant) -> Bool { nextProbe.map { $0 <= now } ?? false }

    /// The target is down, or still is.
    ///
    /// Only the first of several that report it before the next probe counts.
    mutating func open() {
        guard !isOpen || nextProbe == nil else { return }
        isOpen = true
        nextProbe = .now + backoff.next()
    }

    /// One event is on its way to find out.
    mutating func probing() { nextProbe = nil }

    /// The target has answered.
    mutating func close() {
        isOpen = false
        nextProbe = nil
        backoff.reset()
    }
}
