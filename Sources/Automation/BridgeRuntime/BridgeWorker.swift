import BridgeKit
import ChatModel
import ChatService
import ChatStore
import EventLog
import EventLoop
import Lifecycle
import Synchronization
import Telemetry

/// One configured bridge from its start to its end.
final class BridgeWorker: Sendable {
    /// A bridge that writes back gets nothing that came through so many automations: its answer would be refused.
    static let maximumHops = ChatLimits.hops

    private struct State {
        /// What the bridge needs is open: its filter judges, its listener listens.
        var isOpen = false
        var isStarted = false
        var isStandby = false
        var isDown = false
        var isDone = false
        var pauseReason: String?
        var handled = 0
        var retried = 0
        var hasReplayRequest = false
        var lastError: String?
        var results: [EventAttempt] = []
        var finishedJobs = 0
        var unacknowledged: [Cursor] = []
        /// Something was put off past the pump.
        var hasPutOff = false
    }

    let file: BridgeFile
    let services: BridgeServices
    let context: BridgeContext
    let chat: ChatBridge
    let bridge: any Bridge
    let counters: BridgeCounters
    let logger: Logger
    let outage: OutageLog
    /// The tenant of the file; nil for all.
    let app: AppID?
    let wake = WakeSignal()
    private let health = TargetHealth()
    private let values: StoredValues
    private let stopping = Latch()
    private let opened = Latch()
    private let ended = Latch()
    private let isRetired = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// Makes the bridge of a file; nothing runs yet.
    ///
    /// - Throws: What the bridge says against its settings, or when the tenant is unknown.
    init(_ file: BridgeFile, _ services: BridgeServices) async throws {
        self.file = file
        self.services = services
        logger = services.logger.named("bridge").with([
            "bridge": .string(file.name), "kind": .string(file.kind.kind),
        ])
        outage = OutageLog(logger, failed: "bridge.interrupted", restored: "bridge.resumed")
        counters = services.counters.counters(of: file.name)
        app = if let name = file.app { try await services.service.app(named: name) } else { nil }
        let home = if let app { app } else { try await services.service.app(named: nil) }
        chat = ChatBridge(
            service: services.service, name: file.name, app: app, loops: services.loops)
        values = StoredValues(store: services.store, bridge: file.name, now: services.timing.now)
        context = BridgeContext(
            name: file.name, app: home, log: BridgeLog(logger), chat: chat, store: values,
            environment: services.environment, folder: "\(services.dataDirectory)/bridges/\(file.name)",
            loops: services.loops, health: health, now: services.timing.now)
        bridge = try await file.kind.init(settings: file.settings, context: context)
        setPauseReason(try await values.pauseReason())
    }

    /// As events name it.
    var subject: BridgeEventWriter.Subject {
        BridgeEventWriter.Subject(name: file.name, kind: file.kind.kind, app: context.app)
    }

    var hasStarted: Bool { state.withLock { $0.isStarted } }
    /// Why what the bridge needs is not open; nil when it is.
    var obstacle: String? {
        state.withLock { $0.isOpen ? nil : $0.lastError ?? "still starting" }
    }
    /// Whether it follows events, here or, as the file says, on another node.
    var isFollowing: Bool { state.withLock { $0.isOpen && ($0.isStarted || $0.isStandby) } }

    // MARK: Life

    var isStopping: Bool { stopping.isOpen }

    /// Runs until ``shutdown(retire:)``.
    func run() async {
        defer {
            state.withLock {
                $0.isDone = true
                $0.isOpen = false
            }
            opened.open()
            ended.open()
        }
        let timer = services.loops.next().schedule(every: services.timing.poll) { [wake] in wake.signal() }
        defer { timer.cancel() }
        guard await startBridge() else { return }
        if file.selection.types.isEmpty { await stopping.wait() } else { await consume() }
        await bridge.stop()
        chat.unregister()
        logger.info("bridge.stopped")
    }

    /// Asks for the end.
    ///
    /// - Parameter retire: Nobody will run the bridge for the time being: its group must not keep the stream.
    func shutdown(retire: Bool) {
        if retire { isRetired.store(true, ordering: .relaxed) }
        stopping.open()
        wake.signal()
    }

    func waitUntilEnded() async { await ended.wait() }

    /// Waits until what the bridge needs is open, or it has ended without.
    func waitUntilOpen() async { await opened.wait() }

    private func startBridge() async -> Bool {
        var backoff = Backoff(first: .milliseconds(500), max: .seconds(10))
        while !isStopping {
            do {
                try await bridge.start()
                state.withLock { $0.isOpen = true }
                opened.open()
                services.runtimeWake.signal()
                if file.selection.types.isEmpty { hasBegun() }
                return true
            } catch {
                logger.error("bridge.start_failed", ["error": .error(error)])
                note(error: ErrorText.of(error))
                chat.unregister()
                _ = await stopping.wait(until: .now + backoff.next())
            }
        }
        return false
    }

    private func consume() async {
        let lease = BridgeLease(
            store: services.store, redis: services.redis, bridge: file.name,
            holder: "\(services.node)/\(UInt64.random(in: .min ... .max))", time: services.timing.lease)
        let group = StreamGroup(
            redis: services.redis, bridge: file.name, consumer: services.node, lease: lease)
        var backoff = Backoff(first: .milliseconds(100), max: .seconds(5))
        while !isStopping {
            do {
                let start = ContinuousClock.now
                guard try await lease.acquire() else {
                    let wasStandby = state.withLock { state in
                        defer { state.isStandby = true }
                        return state.isStandby
                    }
                    if !wasStandby { services.runtimeWake.signal() }
                    // The node that runs it counts.
                    counters.lag.set(0)
                    _ = await stopping.wait(until: .now + lease.time / 4)
                    continue
                }
                state.withLock { $0.isStandby = false }
                try await EventPump(worker: self, group: group, lease: lease, leaseEnd: start + lease.time).run()
                backoff.reset()
            } catch {
                guard !isStopping else { break }
                outage.failed(error)
                note(error: ErrorText.of(error))
                _ = await stopping.wait(until: .now + backoff.next())
            }
        }
        if isRetired.load(ordering: .relaxed), (try? await lease.renew()) == true { try? await group.destroy() }
        await lease.giveUp()
    }

    // MARK: What the pump reports

    var hasResults: Bool { state.withLock { $0.finishedJobs > 0 } }

    /// Called by the task of a job when it has ended.
    func add(_ results: [EventAttempt]) {
        state.withLock { state in
            state.results += results
            state.finishedJobs += 1
        }
        wake.signal()
    }

    func takeResults() -> (jobs: Int, attempts: [EventAttempt]) {
        state.withLock { state in
            defer {
                state.results = []
                state.finishedJobs = 0
            }
            return (state.finishedJobs, state.results)
        }
    }

    /// What is done and not acknowledged; it outlives the pump, so that it is not done again.
    var unacknowledged: [Cursor] { state.withLock { $0.unacknowledged } }
    func acknowledgeLater(_ cursor: Cursor) { state.withLock { $0.unacknowledged.append(cursor) } }
    func acknowledged(_ count: Int) { state.withLock { $0.unacknowledged.removeFirst(count) } }

    /// Nothing that happens from now on is missed.
    func hasBegun() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if isFirst {
            logger.info("bridge.started")
            services.runtimeWake.signal()
            services.eventWriter.began(file, in: context.app)
        }
    }

    func note(error: String) { state.withLock { $0.lastError = String(error.prefix(2000)) } }

    func setDown(_ isDown: Bool, _ reason: String? = nil) {
        let wasDown = state.withLock { state in
            defer { state.isDown = isDown }
            return state.isDown
        }
        if isDown != wasDown { services.eventWriter.target(of: subject, isDown: isDown, reason: reason ?? "") }
    }

    func countDead(_ event: EventRecord, attempts: Int, _ reason: String) {
        counters.dead.add()
        services.eventWriter.deadLetter(of: subject, event, attempts: attempts, error: reason)
    }

    func countHandled() {
        counters.handled.add()
        state.withLock { $0.handled += 1 }
    }

    func countRetried(_ reason: String) {
        counters.retried.add()
        state.withLock {
            $0.retried += 1
            $0.lastError = String(reason.prefix(2000))
        }
    }

    /// Whether something was put off past the pump since it was last asked.
    func takePutOff() -> Bool {
        state.withLock { state in
            defer { state.hasPutOff = false }
            return state.hasPutOff
        }
    }

    /// Asks the pump to look for a replay now, or whether the one that runs was cancelled.
    func lookForReplay() {
        state.withLock { $0.hasReplayRequest = true }
        wake.signal()
    }

    func takeReplayRequest() -> Bool {
        state.withLock { state in
            defer { state.hasReplayRequest = false }
            return state.hasReplayRequest
        }
    }

    func removeExpiredValues() async throws { try await values.removeExpired() }

    // MARK: Rest

    var isPaused: Bool { state.withLock { $0.pauseReason != nil } }

    /// Rests until ``resume()``, also after a restart.
    func pause(_ reason: String, by principal: Principal) async throws {
        setPauseReason(reason)
        try await setPause(reason, by: principal.auditActor, in: principal.appID)
    }

    func resume(by principal: Principal) async throws {
        try await setPause(nil, by: principal.auditActor, in: principal.appID)
        setPauseReason(nil)
        wake.signal()
    }

    func pauseItself(_ reason: String) {
        setPauseReason(reason)
        // Ends with one statement; the bridge rests already.
        Task {
            do { try await setPause(reason, by: nil, in: context.app) } catch {
                logger.error("bridge.pause_lost", ["error": .error(error)])
            }
        }
    }

    private func setPauseReason(_ reason: String?) {
        state.withLock { $0.pauseReason = reason }
        chat.isPaused = reason != nil
    }

    private func setPause(_ reason: String?, by actor: AuditActor?, in app: AppID) async throws {
        try await services.store.setBridgePause(
            reason, of: file.name, key: StoredValues.pausedKey,
            data: try BridgeEventWriter.pause(subject, reason: reason), by: actor, in: app)
    }

    // MARK: Asked from outside

    func status(
        lag: Int?, deferred: Int, deadLetters: Int, replay: BridgeStatus.Replay?, problems: [String]
    ) -> BridgeStatus {
        let reason = health.reason
        return state.withLock { state in
            let current: BridgeStatus.State =
                if state.isDone {
                    .stopped
                } else if state.pauseReason != nil {
                    .paused
                } else if state.isStandby {
                    .standby
                } else if !state.isStarted {
                    .starting
                } else if state.isDown || reason != nil {
                    .down
                } else {
                    .running
                }
            return BridgeStatus(
                name: file.name, kind: file.kind.kind, file: file.path, state: current, lag: lag,
                deferred: deferred,
                handled: state.handled, retried: state.retried, deadLetters: deadLetters,
                lastError: reason ?? state.lastError, replay: replay, problems: problems)
        }
    }

    /// Brings a dead letter to the target, past the queue.
    ///
    /// - Throws: ``BridgeRuntimeError`` with the reason when it fails again.
    func redeliver(_ letter: DeadLetter) async throws {
        let record = try await services.store.event(at: letter.cursor)
        let json = record?.json(op: false) ?? Array(letter.event.utf8)
        do {
            let event = try BridgeEvent(app: letter.appID ?? context.app, json: json)
            guard case .failed(let error)? = await bridge.handle([event]).first else { return }
            if case BridgeError.later(let time) = error, let record {
                let isKept = try await services.store.deferEvent(
                    record, of: file.name, dueAt: time, attempts: 0, limit: EventAttempt.mostDeferred)
                if isKept {
                    state.withLock { $0.hasPutOff = true }
                    return wake.signal()
                }
            }
            throw error
        } catch {
            throw BridgeRuntimeError(code: .failed, description: ErrorText.of(error))
        }
    }
}
