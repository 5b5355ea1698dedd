import BridgeKit
import ChatStore
import Lifecycle

/// How one try to bring an event to its target ended, and what follows from the file's rules.
struct EventAttempt: Sendable {
    enum Disposition: Sendable {
        case done
        case dead(reason: String, pauses: Bool)
        case retry(after: Duration, reason: String)
        case down(reason: String)
        /// It is kept apart until this time, in milliseconds since 1970; `failure` when a try has failed.
        case deferred(until: Int64, failure: String?)
    }

    /// With the try counted, when it counts.
    let event: QueuedEvent
    let disposition: Disposition

    /// A target may not ask for more.
    private static let longestRequestedDelay = Duration.seconds(86_400)
    private static let storeDelay = Duration.seconds(5)
    /// So many events of a bridge may be put off.
    static let mostDeferred = 10_000

    /// Hands events over, keeps those that are given up as dead letters, and puts off those that want it.
    static func perform(
        _ events: [QueuedEvent], on bridge: any Bridge, of file: BridgeFile, store: ChatStore, timing: BridgeTiming
    ) async -> [EventAttempt] {
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
            let attempt = EventAttempt(event, outcome, file)
            attempts.append(await attempt.kept(for: file.name, in: store, timing))
        }
        return attempts
    }

    private init(event: QueuedEvent, disposition: Disposition) {
        self.event = event
        self.disposition = disposition
    }

    private init(_ event: QueuedEvent, _ outcome: BridgeOutcome, _ file: BridgeFile) {
        var counted = event
        counted.attempts += 1
        func retry(_ requested: Duration?, _ reason: String) -> EventAttempt {
            guard counted.attempts < file.attempts else {
                return EventAttempt(event: counted, disposition: .dead(reason: reason, pauses: false))
            }
            let backoff = Backoff(first: file.firstDelay, max: file.longestDelay)
            let own = backoff.bound(counted.attempts - 1) * Double.random(in: 0.1...1)
            let delay = max(own, min(requested ?? .zero, Self.longestRequestedDelay))
            return EventAttempt(event: counted, disposition: .retry(after: delay, reason: reason))
        }
        switch outcome {
        case .done: self.init(event: counted, disposition: .done)
        case .failed(let error):
            switch error {
            case BridgeError.giveUp(let reason):
                self.init(event: counted, disposition: .dead(reason: reason, pauses: false))
            case BridgeError.giveUpAndPause(let reason):
                self.init(event: counted, disposition: .dead(reason: reason, pauses: true))
            case BridgeError.targetDown(let reason):
                self.init(event: event, disposition: .down(reason: reason))
            case BridgeError.later(let time):
                var fresh = event
                fresh.attempts = 0
                self.init(event: fresh, disposition: .deferred(until: time, failure: nil))
            case BridgeError.retry(let after, let reason): self = retry(after, reason)
            case is CancellationError:
                // The bridge is being stopped; the event says nothing of itself.
                self.init(event: event, disposition: .retry(after: .zero, reason: "cancelled"))
            default: self = retry(nil, "\(error)")
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
                        after: timing.room, reason: "\(Self.mostDeferred) events of the bridge wait already"))
            case .retry(let delay, let reason) where event.isDeferred:
                let time = timing.now() + Int64(delay / .milliseconds(1))
                _ = try await store.deferEvent(
                    event.record, of: bridge, dueAt: time, attempts: event.attempts, limit: .max)
                return EventAttempt(event: event, disposition: .deferred(until: time, failure: reason))
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
                    after: Self.storeDelay, reason: "what became of the event could not be kept: \(error)"))
        }
    }
}
