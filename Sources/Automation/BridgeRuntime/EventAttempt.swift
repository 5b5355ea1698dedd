import BridgeKit
import ChatStore
import EventLog
import Lifecycle
import Telemetry

/// How one try to bring an event to its target ended, and what follows from the file's rules.
struct EventAttempt: Sendable {
    enum Disposition: Sendable {
        case done
        case dead(reason: String, pauses: Bool)
        case retry(after: Duration, reason: String)
        case down(reason: String)
        /// It is kept apart until this time, in milliseconds since 1970; `failure` when a try has failed.
        case deferred(until: Int64, failure: String?)

        var reason: String? {
            switch self {
            case .done: nil
            case .dead(let reason, _), .retry(_, let reason), .down(let reason): reason
            case .deferred(_, let failure): failure
            }
        }
    }

    /// What the try says of the target.
    enum Verdict: Sendable {
        case alive
        /// It may be down; `wait` is what it asked for.
        case doubtful(wait: Duration?)
        case down
        /// The try never got there.
        case none
    }

    /// With the try counted, when it counts.
    let event: QueuedEvent
    let disposition: Disposition
    let verdict: Verdict
    /// Whether the event was handed over.
    var wasBegun = true

    /// A target may not ask for more.
    private static let longestRequestedDelay = Duration.seconds(86_400)
    private static let storeDelay = Duration.seconds(5)
    /// So many events of a bridge may be put off.
    static let mostDeferred = 10_000

    /// Hands events over, keeps those that are given up as dead letters, and puts off those that want it.
    ///
    /// - Parameters:
    ///   - isProbe: Whether the target is taken for down, so that its silence counts no try.
    ///   - deadline: Until when the bridge is this node's; nothing is begun after it.
    static func perform(
        _ events: [QueuedEvent], on bridge: any Bridge, of file: BridgeFile, store: ChatStore, log: EventLog,
        timing: BridgeTiming, isProbe: Bool, before deadline: ContinuousClock.Instant
    ) async -> [EventAttempt] {
        guard ContinuousClock.now < deadline else { return events.map { untouched($0) } }
        var events = events
        do {
            // What was deleted or edited since the event was read, or since the last try, is not handed out.
            for (index, record) in try await log.current(events.map(\.record)).enumerated()
            where record.redaction != nil && record != events[index].record {
                events[index].record = record
                events[index].event = BridgeEvent(record)
            }
        } catch {
            let disposition = Disposition.retry(
                after: Self.storeDelay, reason: "what holds now of the event could not be read: \(error)")
            return events.map { EventAttempt(event: $0, disposition: disposition, verdict: .none) }
        }
        let outcomes = await bridge.handle(
            events.map { queued in
                var event = queued.event
                event.attempt = queued.attempts + 1
                return event
            })
        var attempts: [EventAttempt] = []
        for (index, event) in events.enumerated() {
            let outcome =
                index < outcomes.count
                ? outcomes[index]
                : .failed(BridgeError.retry(reason: "the bridge told no outcome for this event"))
            let attempt = EventAttempt(event, outcome, file, isProbe: isProbe)
            attempts.append(await attempt.kept(for: file.name, in: store, timing))
        }
        return attempts
    }

    /// One that was not handed over.
    static func untouched(_ event: QueuedEvent, _ failure: String? = nil) -> EventAttempt {
        var attempt = EventAttempt(
            event: event,
            disposition: .retry(
                after: failure == nil ? .zero : storeDelay, reason: failure ?? "the node was stopped"), verdict: .none)
        attempt.wasBegun = false
        return attempt
    }

    /// One that is not handed over any more, since the process ended each time.
    static func condemned(_ event: QueuedEvent, after ends: Int, of worker: BridgeWorker) async -> EventAttempt {
        var counted = event
        counted.attempts = ends
        let attempt = EventAttempt(
            event: counted,
            disposition: .dead(
                reason: "the process ended \(ends) times in a row while this event was in hand; it is not tried again",
                pauses: false), verdict: .none)
        let kept = await attempt.kept(for: worker.file.name, in: worker.services.store, worker.services.timing)
        if case .dead = kept.disposition {
            try? await worker.services.store.endBridgeTries(
                [event.cursor], of: worker.file.name, process: worker.services.process)
        }
        return kept
    }

    private init(event: QueuedEvent, disposition: Disposition, verdict: Verdict) {
        self.event = event
        self.disposition = disposition
        self.verdict = verdict
    }

    /// Draws from an outcome what the file's rules make of it.
    ///
    /// - Parameter jitter: The part of the longest wait to wait.
    init(
        _ event: QueuedEvent, _ outcome: BridgeOutcome, _ file: BridgeFile, isProbe: Bool,
        jitter: Double = .random(in: 0.1...1)
    ) {
        var counted = event
        counted.attempts += 1
        func dead(_ reason: String, pauses: Bool, _ verdict: Verdict = .alive) -> EventAttempt {
            EventAttempt(event: counted, disposition: .dead(reason: reason, pauses: pauses), verdict: verdict)
        }
        func retry(_ requested: Duration?, _ reason: String, _ verdict: Verdict = .alive) -> EventAttempt {
            guard counted.attempts < file.attempts else { return dead(reason, pauses: false, verdict) }
            let backoff = Backoff(first: file.firstDelay, max: file.longestDelay)
            let own = backoff.bound(counted.attempts - 1) * jitter
            let delay = max(own, requested ?? .zero)
            return EventAttempt(event: counted, disposition: .retry(after: delay, reason: reason), verdict: verdict)
        }
        func bounded(_ requested: Duration?) -> Duration? { requested.map { min($0, Self.longestRequestedDelay) } }
        switch outcome {
        case .done: self.init(event: counted, disposition: .done, verdict: .alive)
        case .failed(let error):
            switch error {
            case BridgeError.giveUp(let reason): self = dead(reason, pauses: false)
            case BridgeError.giveUpAndPause(let reason): self = dead(reason, pauses: true)
            case BridgeError.targetDown(let reason):
                self.init(event: event, disposition: .down(reason: reason), verdict: .down)
            case BridgeError.later(let time):
                var fresh = event
                fresh.attempts = 0
                self.init(event: fresh, disposition: .deferred(until: time, failure: nil), verdict: .alive)
            case BridgeError.targetSilent(let wait, let reason):
                let verdict = Verdict.doubtful(wait: bounded(wait))
                if isProbe {
                    self.init(event: event, disposition: .down(reason: reason), verdict: verdict)
                } else {
                    self = retry(bounded(wait), reason, verdict)
                }
            case BridgeError.targetFailing(let wait, let reason):
                self = retry(bounded(wait), reason, .doubtful(wait: bounded(wait)))
            case BridgeError.retry(let wait, let reason): self = retry(bounded(wait), reason)
            case is CancellationError:
                // The bridge is being stopped; the event says nothing of itself.
                self.init(event: event, disposition: .retry(after: .zero, reason: "cancelled"), verdict: .none)
            default: self = retry(nil, ErrorText.of(error))
            }
        }
    }

    /// Writes down what must outlive the process.
    private func kept(for bridge: String, in store: ChatStore, _ timing: BridgeTiming) async -> EventAttempt {
        do {
            switch disposition {
            case .done: break
            case .dead(let reason, _):
                try await store.insertDeadLetter(
                    bridge: bridge, event: event.record, error: String(reason.prefix(2000)), attempts: event.attempts)
            case .deferred(let time, _):
                let isKept = try await store.deferEvent(
                    event.record, of: bridge, dueAt: time, attempts: 0, limit: Self.mostDeferred)
                if isKept { return self }
                return EventAttempt(
                    event: event,
                    disposition: .retry(
                        after: timing.room, reason: "\(Self.mostDeferred) events of the bridge wait already"),
                    verdict: verdict)
            case .retry(let delay, let reason) where event.isDeferred:
                let time = timing.now() + Int64(delay / .milliseconds(1))
                _ = try await store.deferEvent(
                    event.record, of: bridge, dueAt: time, attempts: event.attempts, limit: .max)
                return EventAttempt(
                    event: event, disposition: .deferred(until: time, failure: reason), verdict: verdict)
            case .retry, .down: return self
            }
            if event.isDeferred || event.mayBeDeferred {
                try await store.deleteDeferredEvent(event.cursor, of: bridge)
            }
            return self
        } catch {
            return EventAttempt(
                event: event,
                disposition: .retry(
                    after: Self.storeDelay, reason: "what became of the event could not be kept: \(ErrorText.of(error))"
                ),
                verdict: verdict)
        }
    }
}
