import Lifecycle

/// Keeps callers from knocking all at once at a server that has just turned one of them away.
///
/// A state machine without time and without I/O.
struct ConnectPause {
    private var backoff = Backoff(first: .milliseconds(20), max: .milliseconds(500))
    private var end: ContinuousClock.Instant?
    private var error: PostgresError?

    /// Why not to try now; nil for the one who may.
    mutating func refusal(at now: ContinuousClock.Instant) -> PostgresError? {
        guard let end, let error else { return nil }
        guard now >= end else { return error }
        // The next may try when this one has told how it went, or has taken too long for it.
        self.end = now + backoff.bound(backoff.attempt)
        return nil
    }

    mutating func failed(_ error: PostgresError, at now: ContinuousClock.Instant) {
        self.error = error
        end = now + backoff.next()
    }

    mutating func worked() { self = ConnectPause() }
}
