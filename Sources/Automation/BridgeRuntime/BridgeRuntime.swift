package import BridgeKit
import ChatModel
package import ChatService
package import ChatStore
package import EventLog
package import EventLoop
import Foundation
import Lifecycle
package import Redis
import Settings
import Synchronization
package import Telemetry

/// Runs the bridges that the files of some folders describe, and follows the files as they change.
///
/// Only what changed is restarted, and a file with errors leaves its bridge as it was. A bridge that cannot start or
/// whose target is down disturbs no other.
package final class BridgeRuntime: Service {
    package let name = "bridges"
    /// What is in progress gets its grace, and a listener of mail time for what it is about to answer.
    package let endLimit = Duration.seconds(12)

    let folders: [String]
    /// Those of them that have to be there.
    let namedFolders: Set<String>
    let onlyFilters: Bool
    let registry: BridgeRegistry
    let required: BridgeRequirement
    let services: BridgeServices
    let logger: Logger
    let wake = WakeSignal()
    let stopping = Latch()
    let slots = Mutex<[String: BridgeSlot]>([:])
    let readiness = BridgeReadiness()

    /// - Parameters:
    ///   - folders: Where `*.yaml` files are looked for; one that does not exist is empty.
    ///   - store: Where the runtime keeps how far each bridge is.
    ///   - namedFolders: More of them, which have to be there: when one is gone, its bridges stay as they are.
    ///   - required: Which bridges have to work before ``waitUntilReady()`` returns.
    ///   - dataDirectory: Below it every bridge has a folder of its own.
    ///   - nodeName: Names this process in the consumer groups; the same after a restart.
    ///   - onlyFilters: Run only the kinds that judge messages before they are stored and follow no events: for a
    ///     process that takes messages while others run the bridges.
    package init(
        folders: [String], registry: BridgeRegistry, service: ChatService, store: ChatStore, log: EventLog,
        redis: RedisClient,
        loops: EventLoopGroup, dataDirectory: String, nodeName: String, logger: Logger, metrics: Metrics,
        onlyFilters: Bool = false, namedFolders: [String] = [], required: BridgeRequirement = .none,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        timing: BridgeTiming = BridgeTiming()
    ) {
        self.onlyFilters = onlyFilters
        self.folders = folders + namedFolders
        self.namedFolders = Set(namedFolders)
        self.required = required
        self.registry = registry
        self.logger = logger.named("bridges")
        services = BridgeServices(
            service: service, store: store, log: log, redis: redis, loops: loops, node: nodeName,
            dataDirectory: dataDirectory,
            environment: environment, timing: timing, logger: logger, channels: ChannelNames(service: service),
            counters: CounterDirectory(metrics: metrics),
            eventWriter: BridgeEventWriter(service: service, store: store, node: nodeName, logger: logger),
            runtimeWake: wake,
            process: String(UInt64.random(in: .min ... .max), radix: 16))
        log.hub.addStreamTap { [weak self] events in
            guard let self else { return }
            services.channels.forget(events)
            // The others read at their next look; with many bridges it counts that most of them sleep.
            let types = Set(events.map(\.type))
            for worker in workers where !worker.file.selection.types.isDisjoint(with: types) { worker.wake.signal() }
        }
    }

    package func run() async throws {
        let timer = services.loops.next().schedule(every: services.timing.poll) { [wake, services] in
            wake.signal()
            services.eventWriter.remind()
        }
        let watcher = FolderWatcher(loop: services.loops.next()) { [wake] in wake.signal() }
        defer {
            timer.cancel()
            watcher.close()
        }
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { [services] in await services.eventWriter.run() }
            while !stopping.isOpen {
                watcher.watch(folders)
                await lookAtFiles(&tasks)
                checkReadiness()
                await wake.wait()
            }
            let workers = workers
            for worker in workers { worker.shutdown(retire: false) }
            for worker in workers { await worker.waitUntilEnded() }
            services.eventWriter.stop()
        }
    }

    package func shutdown() {
        stopping.open()
        wake.signal()
    }

    /// Looks at the files now.
    package func reload() { wake.signal() }

    var workers: [BridgeWorker] { slots.withLock { $0.values.compactMap(\.worker) } }

    // MARK: Asked by the API

    /// How every bridge is doing, by name; also those that are switched off or whose file has errors.
    package func status() async throws -> [BridgeStatus] {
        let counts = try await services.store.deadLetterCounts()
        let deferred = try await services.store.deferredEventCounts()
        let replays = try await services.store.replays().mapValues { BridgeStatus.Replay($0) }
        let lags = try await lags()
        let slots = slots.withLock { $0 }
        return slots.map { path, slot in
            let problems = slot.problems.map(\.description)
            if let worker = slot.worker {
                let name = worker.file.name
                return worker.status(
                    lag: lags[name], deferred: deferred[name] ?? 0, deadLetters: counts[name] ?? 0,
                    replay: replays[name], problems: problems)
            }
            let name = slot.name(path)
            return BridgeStatus(
                name: name, kind: slot.file?.kind.kind ?? "", file: path,
                state: idleState(slot.file), lag: lags[name], deferred: deferred[name] ?? 0,
                deadLetters: counts[name] ?? 0, replay: replays[name], problems: problems)
        }.sorted { $0.name < $1.name }
    }

    /// How many events wait for each bridge that has ever begun, whichever node runs it, or none.
    private func lags() async throws -> [String: Int] {
        // Without Redis the stored cursors tell nearly the same.
        let places = (try? await StreamGroup.places(services.redis, timeout: .seconds(1))) ?? [:]
        var counts: [Cursor: Int] = [:]
        var lags: [String: Int] = [:]
        for (name, stored) in try await services.store.bridgeCursors() {
            let place = places[EventStream.group(name)]
            let cursor = place?.delivered ?? stored
            let known = counts[cursor]
            let count =
                if let known { known } else {
                    try await services.store.eventCount(after: cursor, limit: BridgeStatus.largestLag)
                }
            counts[cursor] = count
            lags[name] = min(count + (place?.pending ?? 0), BridgeStatus.largestLag)
        }
        return lags
    }

    /// The state of a bridge that this process does not run.
    private func idleState(_ file: BridgeFile?) -> BridgeStatus.State {
        guard let file else { return .broken }
        if !file.isEnabled { return .disabled }
        return onlyFilters ? .standby : .broken
    }

    /// The events that a bridge has given up, oldest first.
    package func deadLetters(
        of bridge: String, after id: Int64 = 0, limit: Int = 200
    ) async throws -> [DeadLetter] {
        try await services.store.deadLetters(of: bridge, after: id, limit: limit)
    }

    /// Sends a dead letter again, now.
    ///
    /// - Throws: ``BridgeRuntimeError``; with `failed` the letter stays where it is.
    package func retryDeadLetter(_ id: Int64, of bridge: String, by principal: Principal) async throws {
        guard let letter = try await services.store.deadLetter(id, of: bridge) else {
            throw Self.unknownLetter
        }
        try await worker(bridge).redeliver(letter)
        _ = try await services.store.deleteDeadLetter(
            id, of: bridge, action: "bridge.dead_letter_retried", by: principal.auditActor, in: principal.appID)
    }

    package func dropDeadLetter(_ id: Int64, of bridge: String, by principal: Principal) async throws {
        let isGone = try await services.store.deleteDeadLetter(
            id, of: bridge, action: "bridge.dead_letter_dropped", by: principal.auditActor, in: principal.appID)
        guard isGone else { throw Self.unknownLetter }
    }

    /// Lets a bridge rest, also after a restart, until ``resume(_:)``.
    package func pause(_ bridge: String, by principal: Principal) async throws {
        try await worker(bridge).pause("paused by an administrator", by: principal)
    }

    package func resume(_ bridge: String, by principal: Principal) async throws {
        try await worker(bridge).resume(by: principal)
    }

    private func worker(_ name: String) throws -> BridgeWorker {
        guard let worker = workers.first(where: { $0.file.name == name }) else {
            throw BridgeRuntimeError(code: .unknownBridge, description: "There is no running bridge of this name.")
        }
        return worker
    }

    private static let unknownLetter = BridgeRuntimeError(
        code: .unknownDeadLetter, description: "There is no dead letter with this id.")
}
