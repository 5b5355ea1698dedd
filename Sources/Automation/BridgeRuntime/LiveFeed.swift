import BridgeKit
import ChatModel
import ChatStore
import EventLog
import Redis
import Telemetry

/// The new events of a bridge: reads them in their order and keeps them until they are done.
///
/// A bridge normally reads its consumer group. When there is none (the first start, or Redis was emptied) it reads
/// PostgreSQL from its cursor on, until the stream reaches back to where it is; then the group is made there.
///
/// Confined to the task of an ``EventPump``.
final class LiveFeed {
    /// Where the next events come from.
    private enum Source {
        case database
        /// Entries that were given out before and not acknowledged, behind this id.
        case pending(after: String)
        case stream
    }

    /// So many events are in memory at most.
    private static let window = 256
    /// So many more may be read and wait behind a channel that does not get on.
    private static let maximumParked = 50_000

    private let worker: BridgeWorker
    private let group: StreamGroup
    private let term: LeaseTerm
    private let progress: BridgeProgress
    private let deferred: DeferredFeed
    private let sieve: EventSieve
    private let crashes: CrashGuard
    private var source = Source.database
    private var queue: LaneQueue
    /// Everything up to here was read; nil while that is not known.
    private(set) var position: Cursor?
    private var holdStart: ContinuousClock.Instant?

    private var store: ChatStore { worker.services.store }
    private var logger: Logger { worker.logger }

    init(
        _ worker: BridgeWorker, _ group: StreamGroup, _ term: LeaseTerm, _ progress: BridgeProgress,
        _ deferred: DeferredFeed, _ sieve: EventSieve, _ crashes: CrashGuard
    ) {
        self.crashes = crashes
        self.worker = worker
        self.group = group
        self.term = term
        self.progress = progress
        self.deferred = deferred
        self.sieve = sieve
        queue = LaneQueue(isOrdered: worker.file.isOrdered)
    }

    /// Finds out where the bridge is.
    ///
    /// - Throws: ``StreamOfAnotherLog`` until a relay has looked after the stream.
    func begin() async throws {
        guard try await EventStream.belongs(to: store.epoch, group.redis) else { throw StreamOfAnotherLog() }
        if let place = try await group.place() {
            position = place.delivered
            return try await takeOver()
        }
        position = try await progress.start()
        logger.info("bridge.begins", ["cursor": .string(position?.description ?? "")])
    }

    /// Takes what a node that was stopped as it read has still in hand.
    func takeOverStrays() async throws {
        if case .database = source { return }
        if try await group.hasStrays() { try await takeOver() }
    }

    private func takeOver() async throws {
        let count = try await group.takeOver()
        if count > 0 { logger.info("bridge.took_over", ["events": .int(count)]) }
        source = .pending(after: "0-0")
    }

    // MARK: Reading

    /// Reads what fits.
    ///
    /// - Returns: How many events came.
    func read() async throws -> Int {
        try await unpark()
        // One by one while the look at one may end the process.
        let room = min(Self.window - queue.loadedCount, crashes.isCautious ? 1 : Self.window)
        guard room > 0, queue.parkedCount < Self.maximumParked else { return 0 }
        do {
            switch source {
            case .database: return try await readDatabase(room)
            case .pending(let id): return try await readPending(after: id, room)
            case .stream: return try await readStream(room)
            }
        } catch let error as RedisError where error.kind == "NOGROUP" {
            logger.error("bridge.group_lost", ["cursor": .string(position?.description ?? "")])
            worker.note(
                error: "its place in Redis is gone (Redis was emptied, or it fell too far behind): it reads PostgreSQL "
                    + "until it has caught up; nothing is left out")
            // What was read is known. What was pending before is not: only the stored cursor lies before all of it.
            if case .pending = source { position = try await progress.start() }
            source = .database
            return 1
        }
    }

    /// Reads again what waits in lanes that have got on.
    private func unpark() async throws {
        for parked in queue.wanted() {
            guard let record = try await store.event(at: parked.cursor) else {
                logger.error("bridge.gap", ["cursor": .string(parked.cursor.description)])
                worker.note(error: "the event \(parked.cursor) waited for so long that it is not kept any more")
                queue.drop(parked)
                if parked.isFromStream { worker.acknowledgeLater(parked.cursor) }
                continue
            }
            queue.unpark(QueuedEvent(record: record, event: BridgeEvent(record), isFromStream: parked.isFromStream))
        }
    }

    private func readDatabase(_ room: Int) async throws -> Int {
        let position = position ?? .beginning
        if let oldest = try await group.oldest(), position >= oldest {
            // The group can be made only when nothing is left that it would not know of.
            if queue.isCaughtUp {
                guard try await group.create(after: position) else { return 1 }
                logger.info("bridge.follows", ["cursor": .string(position.description)])
                source = .stream
                return 1
            }
            if !queue.isAnyWaiting, isHolding() { return 0 }
        }
        let records = try await store.settledEvents(after: position, limit: room)
        try await crashes.looking(at: records.map(\.cursor), isTaken: { queue.contains($0) }) {
            for record in records {
                try await admit(record, isFromStream: false)
                // Behind it only now: what could not be looked at is read again.
                self.position = record.cursor
            }
        }
        return records.count
    }

    /// Whether reading pauses for what is in progress to end; never for long, or a slow event would stop the others.
    private func isHolding() -> Bool {
        let now = ContinuousClock.now
        let start = holdStart ?? now
        holdStart = now - start < .seconds(5) ? start : nil
        return now - start < .milliseconds(200)
    }

    private func readPending(after id: String, _ room: Int) async throws -> Int {
        let entries = try await group.pending(after: id, limit: room)
        guard !entries.isEmpty else {
            source = .stream
            return 1
        }
        try await crashes.looking(at: entries.compactMap { Cursor($0.id) }, isTaken: { queue.contains($0) }) {
            for entry in entries {
                try await admit(entry)
                source = .pending(after: entry.id)
                if let cursor = Cursor(entry.id) { position = max(position ?? cursor, cursor) }
            }
        }
        return entries.count
    }

    private func readStream(_ room: Int) async throws -> Int {
        try term.check()
        let entries: [RedisStreamEntry]
        do {
            entries = try await group.new(limit: room)
        } catch let error as RedisError where error.code != .reply {
            // Redis may have given them out before the answer was lost.
            source = .pending(after: "0-0")
            throw error
        }
        if let last = entries.last { position = Cursor(last.id) }
        do {
            try await crashes.looking(at: entries.compactMap { Cursor($0.id) }, isTaken: { queue.contains($0) }) {
                for entry in entries { try await admit(entry) }
            }
        } catch {
            // They were given out and will not be again.
            source = .pending(after: "0-0")
            throw error
        }
        return entries.count
    }

    /// Takes in what was put off and is due.
    ///
    /// - Returns: How many events came.
    func readDue() async throws -> Int {
        // What is pending in the stream may have been put off by a node that could not acknowledge it any more.
        if case .pending = source { return 0 }
        let due = try await deferred.read(beside: queue)
        for event in due { queue.append(event) }
        return due.count
    }

    private func admit(_ entry: RedisStreamEntry) async throws {
        guard let cursor = Cursor(entry.id), !queue.contains(cursor) else { return }
        if let record = EventStream.event(entry) { return try await admit(record, isFromStream: true) }
        // Trimmed while it was pending, or not written by a relay: the database knows what was meant.
        if let record = try await store.event(at: cursor) { return try await admit(record, isFromStream: true) }
        logger.error("bridge.unreadable", ["cursor": .string(entry.id)])
        if !entry.isDeleted { try await bury(cursor, "the entry in the stream is no event") }
        worker.acknowledgeLater(cursor)
    }

    private func bury(_ cursor: Cursor, _ reason: String) async throws {
        let record = EventRecord(
            cursor: cursor, type: "unreadable", version: 1, appID: worker.context.app, channelID: nil,
            audienceID: nil, actorID: nil, subjectID: nil, hops: 0, at: Timestamp.nowMilliseconds(), data: "null")
        try await store.insertDeadLetter(bridge: worker.file.name, event: record, error: reason, attempts: 0)
        worker.countDead(record, attempts: 0, reason)
    }

    private func admit(_ record: EventRecord, isFromStream: Bool) async throws {
        guard !queue.contains(record.cursor) else { return }
        let isCondemned = crashes.isCondemned(record.cursor)
        guard let event = isCondemned ? BridgeEvent(record) : try await sieve.wanted(record) else {
            if isFromStream { worker.acknowledgeLater(record.cursor) }
            return
        }
        var queued = QueuedEvent(record: record, event: event, isFromStream: isFromStream)
        if case .stream = source {} else { queued.mayBeDeferred = !deferred.isEmpty }
        queue.append(queued)
    }

    // MARK: On the way

    /// How many channels have something that can be handed over.
    var laneCount: Int { queue.laneCount }
    /// When the first waiting lane may go on.
    var nextTime: ContinuousClock.Instant? { queue.nextTime }

    func contains(_ cursor: Cursor) -> Bool { queue.contains(cursor) }

    func take(limit: Int) -> [QueuedEvent] { queue.take(limit: limit, perLane: limit, now: .now) }

    func takeOldest(after cursor: Cursor?) -> QueuedEvent? { queue.takeOldest(after: cursor) }

    func finish(_ event: QueuedEvent) {
        queue.finish(event)
        if event.isFromStream { worker.acknowledgeLater(event.cursor) }
    }

    func putBack(_ event: QueuedEvent, notBefore time: ContinuousClock.Instant?) {
        queue.putBack(event, notBefore: time)
    }

    /// Everything up to here is done; nil while that is not known.
    var done: Cursor? {
        if case .pending = source { return nil }
        guard let lowest = queue.lowest else { return position }
        let before = Cursor(transaction: lowest.transaction, row: max(1, lowest.row) - 1)
        return position.map { min($0, before) } ?? before
    }

    /// How many events are not read or not done; nil while that is not known.
    func lag() async throws -> Int? {
        guard let position else { return nil }
        let waiting = try await store.eventCount(after: position, limit: BridgeStatus.largestLag)
        guard case .pending = source, let place = try await group.place() else { return waiting + queue.count }
        return waiting + place.pending
    }
}

/// The stream may hold events that the database, set back or started anew, does not know.
struct StreamOfAnotherLog: Error, CustomStringConvertible {
    let description = "no relay has looked after the stream since the database was started"
}
