import BridgeKit
import ChatStore

/// The events that a bridge has put off, from the time on at which they are due.
///
/// Confined to the task of an ``EventPump``.
final class DeferredFeed {
    /// So many of them are in memory.
    private static let window = 64

    private let worker: BridgeWorker
    /// When the next one is due, in milliseconds since 1970.
    private var nextDue: Int64?

    private var store: ChatStore { worker.services.store }

    init(_ worker: BridgeWorker) { self.worker = worker }

    var isEmpty: Bool { nextDue == nil }

    /// When the pump should look again for what is due; nil when that is now or never.
    var nextTime: ContinuousClock.Instant? {
        guard let nextDue else { return nil }
        let wait = nextDue - worker.services.timing.now()
        return wait > 0 ? .now + .milliseconds(wait) : nil
    }

    /// Looks what this and other nodes have put off.
    func look() async throws { nextDue = try await store.nextDueTime(of: worker.file.name) }

    /// One more is due at a time in milliseconds since 1970.
    func add(dueAt time: Int64) { nextDue = min(nextDue ?? time, time) }

    /// Reads what is due and not in the queue yet.
    func read(beside queue: LaneQueue) async throws -> [QueuedEvent] {
        let now = worker.services.timing.now()
        let room = Self.window - queue.deferredCount
        guard let nextDue, nextDue <= now, room > 0 else { return [] }
        // Those that are in progress are among them.
        let due = try await store.dueEvents(of: worker.file.name, now: now, limit: 2 * Self.window)
        let events = due.filter { !queue.contains($0.record.cursor) }.prefix(room)
        if events.isEmpty { try await look() }
        return events.map {
            QueuedEvent(
                record: $0.record, event: BridgeEvent($0.record), isFromStream: false, isDeferred: true,
                attempts: $0.attempts)
        }
    }
}
