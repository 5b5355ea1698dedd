import BridgeKit
import ChatModel
import ChatStore
import Telemetry

/// The stretch of the past that a bridge is sent again, while there is one.
///
/// What belongs to one that was cancelled is forgotten. Confined to the task of an ``EventPump``.
final class ReplayFeed {
    private let worker: BridgeWorker
    private let sieve: EventSieve
    private let crashes: CrashGuard
    private var replay: EventReplay?
    private var nextLook = ContinuousClock.now

    private var file: BridgeFile { worker.file }
    private var store: ChatStore { worker.services.store }

    init(_ worker: BridgeWorker, _ sieve: EventSieve, _ crashes: CrashGuard) {
        self.crashes = crashes
        self.worker = worker
        self.sieve = sieve
    }

    /// Whether there is one, and nothing of it is on its way.
    var isIdle: Bool { replay?.running == 0 }
    /// Whether there is one with nothing left to do.
    var isOver: Bool { replay?.isOver ?? false }
    /// Whether it is time for ``keep()``.
    var isDue: Bool { ContinuousClock.now >= nextLook || isOver }
    /// When the first waiting lane may go on.
    var nextTime: ContinuousClock.Instant? { replay?.queue.nextTime }

    /// Reads what fits.
    ///
    /// - Returns: How many events came.
    func read(beside live: LiveFeed, batch: Int) async throws -> Int {
        guard let before = replay else { return 0 }
        for parked in before.queue.wanted() {
            if let record = try await store.event(at: parked.cursor) {
                replay?.queue.unpark(
                    QueuedEvent(record: record, event: BridgeEvent(record), isFromStream: false, replay: before.id))
            } else {
                worker.note(error: "the event \(parked.cursor) waited for so long that it is not kept any more")
                replay?.queue.drop(parked)
            }
        }
        let room = min(before.room(batch: batch), crashes.isCautious ? 1 : .max)
        guard room > 0 else { return 0 }
        // What the bridge has not had yet comes by itself.
        let end = live.position.map { min($0, before.until) } ?? before.until
        let records = try await store.replayableEvents(
            after: before.position, until: end, types: Array(file.selection.types), app: worker.app, limit: room)
        try await crashes.looking(
            at: records.map(\.cursor), isTaken: { replay?.queue.contains($0) ?? false }
        ) {
            for record in records {
                let isCondemned = crashes.isCondemned(record.cursor)
                let event =
                    live.contains(record.cursor)
                    ? nil : isCondemned ? BridgeEvent(record) : try await sieve.wanted(record)
                replay?.admit(record, event)
            }
        }
        if records.count < room { replay?.end() }
        return records.count
    }

    /// Keeps how far it is, ends it, and looks whether somebody has asked for one or has cancelled it.
    func keep() async throws {
        nextLook = .now + worker.services.timing.persist
        guard replay != nil else {
            guard let found = try await store.runningReplay(of: file.name) else { return }
            replay = EventReplay(found, isOrdered: file.isOrdered)
            worker.logger.info("bridge.replay", ["total": .int(found.total), "done": .int(found.done)])
            return
        }
        replay?.settle()
        guard let replay else { return }
        let goesOn = try await store.advanceReplay(
            replay.id, of: file.name, to: replay.settledPosition, settled: replay.settled, done: replay.done,
            dead: replay.dead)
        if goesOn, replay.isOver { _ = try await store.endReplay(replay.id, of: file.name) }
        guard goesOn, !replay.isOver else {
            worker.logger.info(
                goesOn ? "bridge.replayed" : "bridge.replay_cancelled",
                ["done": .int(replay.done), "total": .int(replay.total), "deadLetters": .int(replay.dead)])
            self.replay = nil
            return
        }
    }

    // MARK: On the way

    func take(limit: Int) -> [QueuedEvent] {
        let taken = replay?.queue.take(limit: limit, perLane: limit, now: .now) ?? []
        replay?.running += taken.count
        return taken
    }

    func takeOldest(after cursor: Cursor?) -> QueuedEvent? {
        guard let taken = replay?.queue.takeOldest(after: cursor) else { return nil }
        replay?.running += 1
        return taken
    }

    /// - Parameter isDead: Whether it was given up.
    func finish(_ event: QueuedEvent, isDead: Bool) {
        guard event.replay == replay?.id else { return }
        replay?.running -= 1
        if isDead { replay?.dead += 1 }
        replay?.queue.finish(event)
    }

    func putBack(_ event: QueuedEvent, notBefore time: ContinuousClock.Instant?) {
        guard event.replay == replay?.id else { return }
        replay?.running -= 1
        replay?.queue.putBack(event, notBefore: time)
    }
}
