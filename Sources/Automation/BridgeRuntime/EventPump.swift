import BridgeKit
import ChatModel
import ChatStore
import EventLog
import EventLoop
import Lifecycle
import Redis
import Telemetry

/// Reads the events of one bridge and hands them over, for as long as this node has the right to.
///
/// A bridge normally reads its consumer group. When there is none (the first start, or Redis was emptied) it reads
/// PostgreSQL from its cursor on, until the stream reaches back to where it is; then the group is made there.
///
/// Confined to the task that calls ``run()``; what is handed over runs in child tasks that report to the worker.
final class EventPump {
    /// Where the next events come from.
    private enum Source {
        case database
        /// Entries that were given out before and not acknowledged, behind this id.
        case pending(after: String)
        case stream

        var isGroup: Bool {
            if case .database = self { false } else { true }
        }
    }

    /// So many events are in memory at most.
    private static let window = 256
    /// So many more may be read and wait behind a channel that does not get on.
    private static let maximumParked = 50_000
    /// So many of those that were put off are in memory.
    private static let deferredWindow = 64
    /// The look for what another node has put off or what has expired.
    private static let housekeepingPeriod = Duration.seconds(60)

    private let worker: BridgeWorker
    private let group: StreamGroup
    private let lease: BridgeLease
    private let logger: Logger
    private var source = Source.database
    private var queue: LaneQueue
    /// Everything up to here was read; nil while that is not known.
    private var position: Cursor?
    private var persisted: Cursor?
    private var running = 0
    private var circuit: Circuit
    /// What the bridge is sent again; nil when there is none.
    private var replay: EventReplay?
    private var nextReplayLook = ContinuousClock.now
    /// What is new and what is replayed take turns.
    private var isReplayNext = false
    /// The event that was last to find out whether the target is back.
    private var lastProbe: Cursor?
    private var leaseEnd: ContinuousClock.Instant
    private var nextRenewal: ContinuousClock.Instant
    private var nextPersist = ContinuousClock.now
    private var nextReport = ContinuousClock.now
    private var nextHousekeeping = ContinuousClock.now
    /// When the next event that was put off is due, in milliseconds since 1970.
    private var nextDue: Int64?
    private var holdStart: ContinuousClock.Instant?
    private var stopDeadline: ContinuousClock.Instant?
    private var timer: Timer?

    private var file: BridgeFile { worker.file }
    private var services: BridgeServices { worker.services }
    private var traits: BridgeTraits { type(of: worker.bridge).traits }

    /// - Parameter leaseEnd: Until when the right is held already.
    init(worker: BridgeWorker, group: StreamGroup, lease: BridgeLease, leaseEnd: ContinuousClock.Instant) {
        self.worker = worker
        self.group = group
        self.lease = lease
        self.leaseEnd = leaseEnd
        nextRenewal = leaseEnd - lease.time * (2.0 / 3)
        logger = worker.logger
        queue = LaneQueue(isOrdered: worker.file.isOrdered)
        circuit = Circuit(first: worker.services.timing.firstProbe, longest: worker.services.timing.longestProbe)
    }

    /// Works until the bridge is stopped or the right is lost.
    ///
    /// - Throws: ``LeaseLost``, or what kept it from beginning.
    func run() async throws {
        try await begin()
        worker.hasBegun()
        let result: Result<Void, any Error> = await withDiscardingTaskGroup { tasks in
            var backoff = Backoff(first: .milliseconds(50), max: .seconds(1))
            while true {
                settle()
                if worker.isStopping {
                    if running == 0 { return .success(()) }
                    let deadline = stopDeadline ?? .now + services.timing.grace
                    stopDeadline = deadline
                    if ContinuousClock.now >= deadline { tasks.cancelAll() }
                    await worker.wake.wait()
                    continue
                }
                do {
                    try await step(&tasks)
                    backoff.reset()
                    worker.outage.worked()
                } catch let lost as LeaseLost {
                    // Another node begins with what is in progress here.
                    tasks.cancelAll()
                    return .failure(lost)
                } catch {
                    // Redis or PostgreSQL is away for a moment; what was read stays.
                    worker.outage.failed(error)
                    worker.note(error: "\(error)")
                    if ContinuousClock.now >= leaseEnd {
                        tasks.cancelAll()
                        return .failure(LeaseLost())
                    }
                    ring(after: backoff.next())
                    await worker.wake.wait()
                }
            }
        }
        timer?.cancel()
        settle()
        try? await acknowledge()
        try? await persist()
        try? await keepReplay()
        try result.get()
    }

    /// One round: everything that can be done now, and then a wait.
    private func step(_ tasks: inout DiscardingTaskGroup) async throws {
        try await renewLease()
        try await acknowledge()
        if worker.takeReplayRequest() || ContinuousClock.now >= nextReplayLook || replay?.isOver ?? false {
            try await keepReplay()
        }
        var count = 0
        if !worker.isPaused, !circuit.isOpen {
            count = try await read() + admitDue() + readReplay()
            // This node may have been stopped meanwhile, and what it has read been done by another.
            try await renewLease()
            try dispatch(&tasks)
        } else if !worker.isPaused, running == 0, circuit.isDue(at: .now) {
            // Of another channel, if there is one: the event at hand may be all that is wrong.
            if queue.laneCount < 2 { count = try await read() + admitDue() + readReplay() }
            try await renewLease()
            probe(&tasks)
        }
        try await acknowledge()
        if ContinuousClock.now >= nextPersist { try await persist() }
        if ContinuousClock.now >= nextReport { try await report() }
        if worker.takePutOff() || ContinuousClock.now >= nextHousekeeping { try await keepHouse() }
        guard count == 0, !worker.hasResults else { return }
        guard !(replay?.isOver ?? false) else { return }
        let nextTime = [queue.nextTime, replay?.queue.nextTime].compactMap { $0 }.min()
        let next = [circuit.isOpen ? circuit.nextProbe : nextTime, nextRenewal, timeOfNextDue].compactMap { $0 }.min()
        if let next { ring(after: next - .now) }
        await worker.wake.wait()
    }

    private func ring(after delay: Duration) {
        timer?.cancel()
        timer = services.loops.next().schedule(after: max(delay, .milliseconds(1))) { [wake = worker.wake] in
            wake.signal()
        }
    }

    // MARK: The right to run

    private func renewLease() async throws {
        guard ContinuousClock.now >= nextRenewal else { return }
        let start = ContinuousClock.now
        guard try await lease.renew() else { throw LeaseLost() }
        leaseEnd = start + lease.time
        nextRenewal = start + lease.time / 3
        guard source.isGroup, try await group.hasStrays() else { return }
        try await takeOver()
    }

    /// The process may have been stopped anywhere, for longer than the lease lasts.
    private func checkLease() throws {
        guard ContinuousClock.now < leaseEnd else { throw LeaseLost() }
    }

    private func takeOver() async throws {
        let count = try await group.takeOver()
        if count > 0 { logger.info("bridge.took_over", ["events": .int(count)]) }
        source = .pending(after: "0-0")
    }

    // MARK: Reading

    private func begin() async throws {
        try await acknowledge()
        nextDue = try await services.store.nextDueTime(of: file.name)
        if let place = try await group.place() {
            position = place.delivered
            return try await takeOver()
        }
        position = try await start()
        logger.info("bridge.begins", ["cursor": .string(position?.description ?? "")])
    }

    /// Where a bridge without a group begins.
    private func start() async throws -> Cursor {
        let store = services.store
        if let stored = try await store.bridgeCursors()[file.name] {
            if try await store.isTrimmed(stored) {
                logger.error("bridge.gap", ["cursor": .string(stored.description)])
                worker.note(error: "events after \(stored) are not kept any more; the bridge goes on with the oldest")
            }
            return stored
        }
        let cursor =
            switch file.start {
            case .now: try await store.head()
            case .beginning: Cursor.beginning
            case .time(let time): try await store.cursor(before: time)
            case .cursor(let cursor): cursor
            }
        // Kept at once: "now" is the moment of the first start.
        try await store.setBridgeCursor(cursor, of: file.name)
        persisted = cursor
        return cursor
    }

    /// Reads what fits.
    ///
    /// - Returns: How many events came.
    private func read() async throws -> Int {
        try await unpark()
        let room = Self.window - queue.loadedCount
        guard room > 0, queue.parkedCount < Self.maximumParked else { return 0 }
        do {
            switch source {
            case .database: return try await readDatabase(room)
            case .pending(let id):
                let entries = try await group.pending(after: id, limit: room)
                guard let last = entries.last else {
                    source = .stream
                    return 1
                }
                source = .pending(after: last.id)
                if let cursor = Cursor(last.id) { position = max(position ?? cursor, cursor) }
                for entry in entries { try await admit(entry) }
                return entries.count
            case .stream:
                try checkLease()
                let entries: [RedisStreamEntry]
                do {
                    entries = try await group.new(limit: room)
                } catch let error as RedisError where error.code != .reply {
                    // Redis may have given them out before the answer was lost.
                    source = .pending(after: "0-0")
                    throw error
                }
                if let last = entries.last { position = Cursor(last.id) }
                for entry in entries { try await admit(entry) }
                return entries.count
            }
        } catch let error as RedisError where error.kind == "NOGROUP" {
            logger.error("bridge.group_lost", ["cursor": .string(position?.description ?? "")])
            worker.note(
                error: "its place in Redis is gone (Redis was emptied, or it fell too far behind): it reads PostgreSQL "
                    + "until it has caught up; nothing is left out")
            // What was read is known. What was pending before is not: only the stored cursor lies before all of it.
            if case .pending = source { position = try await start() }
            source = .database
            return 1
        }
    }

    /// Reads again what waits in lanes that have got on.
    private func unpark() async throws {
        for parked in queue.wanted() {
            guard let record = try await services.store.event(at: parked.cursor) else {
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
        let records = try await services.store.settledEvents(after: position, limit: room)
        for record in records {
            self.position = record.cursor
            try await admit(record, isFromStream: false)
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

    private func admit(_ entry: RedisStreamEntry) async throws {
        guard let cursor = Cursor(entry.id) else { return }
        guard !queue.contains(cursor) else { return }
        if let record = EventStream.event(entry) { return try await admit(record, isFromStream: true) }
        // Trimmed while it was pending, or not written by a relay: the database knows what was meant.
        if let record = try await services.store.event(at: cursor) {
            return try await admit(record, isFromStream: true)
        }
        logger.error("bridge.unreadable", ["cursor": .string(entry.id)])
        if !entry.isDeleted {
            try await bury(
                EventRecord(
                    cursor: cursor, type: "unreadable", version: 1, appID: worker.context.app, channelID: nil,
                    audienceID: nil, actorID: nil, subjectID: nil, hops: 0, at: Timestamp.nowMilliseconds(),
                    data: "null"), "the entry in the stream is no event")
        }
        worker.acknowledgeLater(cursor)
    }

    private func admit(_ record: EventRecord, isFromStream: Bool) async throws {
        guard !queue.contains(record.cursor) else { return }
        guard let event = try await wanted(record) else {
            if isFromStream { worker.acknowledgeLater(record.cursor) }
            return
        }
        var queued = QueuedEvent(record: record, event: event, isFromStream: isFromStream)
        if case .stream = source {} else { queued.mayBeDeferred = nextDue != nil }
        queue.append(queued)
    }

    /// The event as the bridge gets it; nil when it is not for the bridge.
    private func wanted(_ record: EventRecord) async throws -> BridgeEvent? {
        guard file.selection.types.contains(record.type), worker.app.map({ $0 == record.appID }) ?? true else {
            worker.counters.skipped.add()
            return nil
        }
        if traits.writesBack {
            let isOwn = record.actorID.map { worker.chat.knownBot(in: record.appID) == $0 } ?? false
            let isLoop = record.hops >= BridgeWorker.maximumHops
            if isLoop {
                worker.counters.looped.add()
                logger.warn("bridge.loop", ["cursor": .string(record.cursor.description)])
            }
            guard !isLoop, !isOwn else {
                worker.counters.skipped.add()
                return nil
            }
        }
        let event = BridgeEvent(record)
        // What became of the bridge itself is not its business: it could never come to rest.
        if record.type.isOfBridges, event.event.data["bridge"]?.string == file.name {
            worker.counters.skipped.add()
            return nil
        }
        let isWanted = try await file.selection.holds(event) {
            guard let channel = record.channelID else { return nil }
            return try await services.channels.name(of: channel, in: record.appID)
        }
        if !isWanted { worker.counters.skipped.add() }
        return isWanted ? event : nil
    }

    /// Takes in what was put off and is due.
    ///
    /// - Returns: How many events came.
    private func admitDue() async throws -> Int {
        let now = services.timing.now()
        // What is pending in the stream may have been put off by a node that could not acknowledge it any more.
        if case .pending = source { return 0 }
        guard let nextDue, nextDue <= now, queue.deferredCount < Self.deferredWindow else { return 0 }
        // Those that are in progress are among them.
        let events = try await services.store.dueEvents(of: file.name, now: now, limit: 2 * Self.deferredWindow)
        var count = 0
        for due in events where !queue.contains(due.record.cursor) {
            guard queue.deferredCount < Self.deferredWindow else { break }
            queue.append(
                QueuedEvent(
                    record: due.record, event: BridgeEvent(due.record), isFromStream: false, isDeferred: true,
                    attempts: due.attempts))
            count += 1
        }
        if count == 0 { self.nextDue = try await services.store.nextDueTime(of: file.name) }
        return count
    }

    /// When the pump should look again for what is due; nil when that is now or never.
    private var timeOfNextDue: ContinuousClock.Instant? {
        guard let nextDue else { return nil }
        let wait = nextDue - services.timing.now()
        return wait > 0 ? .now + .milliseconds(wait) : nil
    }

    private func keepHouse() async throws {
        nextHousekeeping = .now + Self.housekeepingPeriod
        nextDue = try await services.store.nextDueTime(of: file.name)
        try await worker.removeExpiredValues()
    }

    private func bury(_ record: EventRecord, _ reason: String) async throws {
        try await services.store.insertDeadLetter(bridge: file.name, event: record, error: reason, attempts: 0)
        worker.countDead(record, attempts: 0, reason)
    }

    // MARK: Handing over

    private func dispatch(_ tasks: inout DiscardingTaskGroup) throws {
        let traits = traits
        while running < traits.concurrency {
            try checkLease()
            // One of the past at least is on its way, and no two of them while something new waits.
            var taken = isReplayNext && replay?.running == 0 ? takeReplayed() : []
            if taken.isEmpty { taken = queue.take(limit: traits.batch, perLane: traits.batch, now: .now) }
            if taken.isEmpty { taken = takeReplayed() }
            guard let first = taken.first else { return }
            isReplayNext = first.replay == nil
            start(taken, isProbe: false, &tasks)
        }
    }

    private func takeReplayed() -> [QueuedEvent] {
        let taken = replay?.queue.take(limit: traits.batch, perLane: traits.batch, now: .now) ?? []
        replay?.running += taken.count
        return taken
    }

    private func probe(_ tasks: inout DiscardingTaskGroup) {
        var found = queue.takeOldest(after: lastProbe)
        if found == nil {
            found = replay?.queue.takeOldest(after: lastProbe)
            if found != nil { replay?.running += 1 }
        }
        guard let event = found else { return }
        lastProbe = event.cursor
        circuit.probing()
        start([event], isProbe: true, &tasks)
    }

    private func start(_ events: [QueuedEvent], isProbe: Bool, _ tasks: inout DiscardingTaskGroup) {
        running += 1
        let worker = worker
        let leaseEnd = leaseEnd
        tasks.addTask {
            worker.add(
                await EventAttempt.perform(
                    events, on: worker.bridge, of: worker.file, store: worker.services.store,
                    timing: worker.services.timing, isProbe: isProbe, before: leaseEnd))
        }
    }

    /// Takes in what has ended.
    private func settle() {
        let (jobs, attempts) = worker.takeResults()
        running -= jobs
        for attempt in attempts { settle(attempt) }
    }

    private func settle(_ attempt: EventAttempt) {
        let event = attempt.event
        judge(attempt)
        if event.replay != nil, event.replay == replay?.id { replay?.running -= 1 }
        switch attempt.disposition {
        case .done:
            worker.countHandled()
            finish(event)
        case .dead(let reason, let pauses):
            worker.countDead(event.record, attempts: event.attempts, reason)
            worker.note(error: reason)
            logger.error(
                "bridge.dead_letter", ["cursor": .string(event.cursor.description), "reason": .string(reason)])
            if pauses { worker.pauseItself(reason) }
            if event.replay != nil, event.replay == replay?.id { replay?.dead += 1 }
            finish(event)
        case .retry(let delay, let reason):
            worker.countRetried(reason)
            logger.warn(
                "bridge.retry",
                [
                    "cursor": .string(event.cursor.description), "attempt": .int(event.attempts),
                    "delayMs": .int(Int(delay / .milliseconds(1))), "reason": .string(reason),
                ])
            putBack(event, notBefore: .now + delay)
        case .deferred(let time, let failure):
            if let failure { worker.countRetried(failure) }
            nextDue = min(nextDue ?? time, time)
            finish(event)
        case .down(let reason):
            worker.note(error: reason)
            putBack(event, notBefore: nil)
        }
    }

    /// Draws from a try whether the target is there.
    private func judge(_ attempt: EventAttempt) {
        let wasOpen = circuit.isOpen
        switch attempt.verdict {
        case .alive: circuit.close()
        case .doubtful(let wait): circuit.failed(at: .now, asking: wait)
        case .down: circuit.open(at: .now)
        case .none: break
        }
        worker.setDown(circuit.isOpen, attempt.disposition.reason)
        if circuit.isOpen, !wasOpen {
            logger.error("bridge.target_down", ["reason": .string(attempt.disposition.reason ?? "")])
        } else if wasOpen, !circuit.isOpen {
            logger.info("bridge.target_back")
        }
    }

    /// What belongs to a replay that was cancelled is forgotten.
    private func putBack(_ event: QueuedEvent, notBefore time: ContinuousClock.Instant?) {
        guard let id = event.replay else { return queue.putBack(event, notBefore: time) }
        if id == replay?.id { replay?.queue.putBack(event, notBefore: time) }
    }

    private func finish(_ event: QueuedEvent) {
        if let id = event.replay {
            if id == replay?.id { replay?.queue.finish(event) }
            return
        }
        queue.finish(event)
        if event.isFromStream { worker.acknowledgeLater(event.cursor) }
    }

    // MARK: Sending again

    /// Reads what fits of the past.
    ///
    /// - Returns: How many events came.
    private func readReplay() async throws -> Int {
        guard let before = replay else { return 0 }
        for parked in before.queue.wanted() {
            if let record = try await services.store.event(at: parked.cursor) {
                replay?.queue.unpark(
                    QueuedEvent(record: record, event: BridgeEvent(record), isFromStream: false, replay: before.id))
            } else {
                worker.note(error: "the event \(parked.cursor) waited for so long that it is not kept any more")
                replay?.queue.drop(parked)
            }
        }
        let room = before.room(batch: traits.batch)
        guard room > 0 else { return 0 }
        // What the bridge has not had yet comes by itself.
        let end = position.map { min($0, before.until) } ?? before.until
        let records = try await services.store.replayableEvents(
            after: before.position, until: end, types: Array(file.selection.types), app: worker.app, limit: room)
        for record in records {
            let event = queue.contains(record.cursor) ? nil : try await wanted(record)
            replay?.admit(record, event)
        }
        if records.count < room { replay?.end() }
        return records.count
    }

    /// Keeps how far a replay is, ends it, and looks whether somebody has asked for one or has cancelled it.
    private func keepReplay() async throws {
        nextReplayLook = .now + services.timing.persist
        guard replay != nil else {
            guard let found = try await services.store.runningReplay(of: file.name) else { return }
            replay = EventReplay(found, isOrdered: file.isOrdered)
            logger.info("bridge.replay", ["total": .int(found.total), "done": .int(found.done)])
            return
        }
        replay?.settle()
        guard let replay else { return }
        let goesOn = try await services.store.advanceReplay(
            replay.id, of: file.name, to: replay.settledPosition, settled: replay.settled, done: replay.done,
            dead: replay.dead)
        if goesOn, replay.isOver { _ = try await services.store.endReplay(replay.id, of: file.name) }
        guard goesOn, !replay.isOver else {
            logger.info(
                goesOn ? "bridge.replayed" : "bridge.replay_cancelled",
                ["done": .int(replay.done), "total": .int(replay.total), "deadLetters": .int(replay.dead)])
            self.replay = nil
            return
        }
    }

    // MARK: Remembering

    /// Everything up to here is done; nil while that is not known.
    private var done: Cursor? {
        guard let lowest = queue.lowest else { return position }
        let before = Cursor(transaction: lowest.transaction, row: max(1, lowest.row) - 1)
        return position.map { min($0, before) } ?? before
    }

    private func acknowledge() async throws {
        let cursors = worker.unacknowledged
        guard !cursors.isEmpty else { return }
        do {
            guard try await group.acknowledge(cursors) else { throw LeaseLost() }
        } catch let error as RedisError where error.code == .reply {
            // The stream or the group is gone; so is what there was to acknowledge.
        }
        worker.acknowledged(cursors.count)
    }

    private func persist() async throws {
        nextPersist = .now + services.timing.persist
        guard let done, done != persisted else { return }
        if case .pending = source { return }
        // A node that was stopped would set back what its heir has stored.
        try checkLease()
        try await services.store.setBridgeCursor(done, of: file.name)
        persisted = done
    }

    private func report() async throws {
        nextReport = .now + services.timing.persist
        guard let position else { return }
        let waiting = try await services.store.eventCount(after: position, limit: BridgeStatus.largestLag)
        var count = queue.count
        if case .pending = source { count = try await group.place()?.pending ?? count }
        worker.counters.lag.set(waiting + count)
    }
}

/// Another node has the right to run the bridge now.
struct LeaseLost: Error, CustomStringConvertible {
    var description: String { "the right to run the bridge was lost" }
}
