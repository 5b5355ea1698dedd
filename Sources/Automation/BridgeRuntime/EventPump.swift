import BridgeKit
import ChatModel
import EventLog
import EventLoop
import Lifecycle
import Telemetry

/// Hands the events of one bridge over, for as long as this node has the right to.
///
/// They come from three feeds: what is new, what was put off and is due, and what of the past is sent again.
///
/// Confined to the task that calls ``run()``; what is handed over runs in child tasks that report to the worker.
final class EventPump {
    /// The look for what another node has put off or what has expired.
    private static let housekeepingPeriod = Duration.seconds(60)

    private let worker: BridgeWorker
    private let logger: Logger
    private let traits: BridgeTraits
    private let term: LeaseTerm
    private let progress: BridgeProgress
    private let live: LiveFeed
    private let deferred: DeferredFeed
    private let replays: ReplayFeed
    private let crashes: CrashGuard
    private var running = 0
    private var circuit: Circuit
    /// What is new and what is replayed take turns.
    private var isReplayNext = false
    /// The event that was last to find out whether the target is back.
    private var lastProbe: Cursor?
    private var nextPersist = ContinuousClock.now
    private var nextReport = ContinuousClock.now
    private var nextHousekeeping = ContinuousClock.now
    private var stopDeadline: ContinuousClock.Instant?
    private var timer: Timer?

    private var services: BridgeServices { worker.services }

    /// - Parameter leaseEnd: Until when the right is held already.
    init(worker: BridgeWorker, group: StreamGroup, lease: BridgeLease, leaseEnd: ContinuousClock.Instant) {
        self.worker = worker
        logger = worker.logger
        traits = type(of: worker.bridge).traits
        term = LeaseTerm(lease, end: leaseEnd)
        progress = BridgeProgress(worker, group, term)
        deferred = DeferredFeed(worker)
        let sieve = EventSieve(worker)
        crashes = CrashGuard(worker)
        live = LiveFeed(worker, group, term, progress, deferred, sieve, crashes)
        replays = ReplayFeed(worker, sieve, crashes)
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
                    await crashes.sayGoodbye()
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
                    worker.note(error: ErrorText.of(error))
                    if term.isOver {
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
        try? await progress.acknowledge()
        try? await persist()
        try? await replays.keep()
        try result.get()
    }

    private func begin() async throws {
        try await crashes.begin()
        try await progress.acknowledge()
        try await deferred.look()
        try await live.begin()
    }

    /// One round: everything that can be done now, and then a wait.
    private func step(_ tasks: inout DiscardingTaskGroup) async throws {
        try await renewLease()
        try await progress.acknowledge()
        if worker.takeReplayRequest() || replays.isDue { try await replays.keep() }
        var count = 0
        if !worker.isPaused, !circuit.isOpen {
            count = try await read()
            // This node may have been stopped meanwhile, and what it has read been done by another.
            try await renewLease()
            try dispatch(&tasks)
        } else if !worker.isPaused, running == 0, circuit.isDue(at: .now) {
            // Of another channel, if there is one: the event at hand may be all that is wrong.
            if live.laneCount < 2 { count = try await read() }
            try await renewLease()
            probe(&tasks)
        }
        try await progress.acknowledge()
        if ContinuousClock.now >= nextPersist { try await persist() }
        if ContinuousClock.now >= nextReport { try await report() }
        if worker.takePutOff() || ContinuousClock.now >= nextHousekeeping { try await keepHouse() }
        guard count == 0, !worker.hasResults, !replays.isOver else { return }
        let nextTime = [live.nextTime, replays.nextTime].compactMap { $0 }.min()
        let times = [circuit.isOpen ? circuit.nextProbe : nextTime, term.nextRenewal, deferred.nextTime]
        if let next = times.compactMap({ $0 }).min() { ring(after: next - .now) }
        await worker.wake.wait()
    }

    private func ring(after delay: Duration) {
        timer?.cancel()
        timer = services.loops.next().schedule(after: max(delay, .milliseconds(1))) { [wake = worker.wake] in
            wake.signal()
        }
    }

    private func renewLease() async throws {
        if try await term.renew() { try await live.takeOverStrays() }
    }

    /// - Returns: How many events came.
    private func read() async throws -> Int {
        try await live.read() + live.readDue() + replays.read(beside: live, batch: traits.batch)
    }

    private func persist() async throws {
        nextPersist = .now + services.timing.persist
        if let done = live.done { try await progress.store(done) }
    }

    private func report() async throws {
        nextReport = .now + services.timing.persist
        if let lag = try await live.lag() { worker.counters.lag.set(lag) }
    }

    private func keepHouse() async throws {
        nextHousekeeping = .now + Self.housekeepingPeriod
        try await deferred.look()
        try await worker.removeExpiredValues()
    }

    // MARK: Handing over

    private func dispatch(_ tasks: inout DiscardingTaskGroup) throws {
        while running < traits.concurrency {
            try term.check()
            // One of the past at least is on its way, and no two of them while something new waits.
            let limit = crashes.isCautious ? 1 : traits.batch
            var taken = isReplayNext && replays.isIdle ? replays.take(limit: limit) : []
            if taken.isEmpty { taken = live.take(limit: limit) }
            if taken.isEmpty { taken = replays.take(limit: limit) }
            guard let first = taken.first else { return }
            isReplayNext = first.replay == nil
            start(taken, isProbe: false, &tasks)
        }
    }

    private func probe(_ tasks: inout DiscardingTaskGroup) {
        guard let event = live.takeOldest(after: lastProbe) ?? replays.takeOldest(after: lastProbe) else { return }
        lastProbe = event.cursor
        circuit.probing()
        start([event], isProbe: true, &tasks)
    }

    private func start(_ events: [QueuedEvent], isProbe: Bool, _ tasks: inout DiscardingTaskGroup) {
        running += 1
        let worker = worker
        let deadline = term.end
        let suspects = crashes.suspects(among: events.map(\.cursor))
        tasks.addTask {
            worker.add(
                await CrashGuard.perform(events, suspects: suspects, of: worker, isProbe: isProbe, before: deadline))
        }
    }

    // MARK: What became of it

    /// Takes in what has ended.
    private func settle() {
        let (jobs, attempts) = worker.takeResults()
        running -= jobs
        for attempt in attempts { settle(attempt) }
    }

    private func settle(_ attempt: EventAttempt) {
        let event = attempt.event
        if attempt.wasBegun { crashes.ended(event.cursor) }
        judge(attempt)
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
            finish(event, isDead: true)
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
            deferred.add(dueAt: time)
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

    private func finish(_ event: QueuedEvent, isDead: Bool = false) {
        if event.replay == nil { live.finish(event) } else { replays.finish(event, isDead: isDead) }
    }

    private func putBack(_ event: QueuedEvent, notBefore time: ContinuousClock.Instant?) {
        if event.replay == nil {
            live.putBack(event, notBefore: time)
        } else {
            replays.putBack(event, notBefore: time)
        }
    }
}
