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
    private struct Slot {
        var signature = ""
        var text = ""
        var file: BridgeFile?
        var worker: BridgeWorker?
        var problems: [SettingsProblem] = []
        /// When a bridge that could not be made is tried again.
        var retry: ContinuousClock.Instant?
    }

    package let name = "bridges"

    private static let largestFile = 1 << 20
    private static let retryDelay = Duration.seconds(5)

    private let folders: [String]
    private let onlyFilters: Bool
    private let registry: BridgeRegistry
    let services: BridgeServices
    private let logger: Logger
    private let wake = WakeSignal()
    private let stopping = Latch()
    private let slots = Mutex<[String: Slot]>([:])

    /// - Parameters:
    ///   - folders: Where `*.yaml` files are looked for; one that does not exist is empty.
    ///   - store: Where the runtime keeps how far each bridge is.
    ///   - dataDirectory: Below it every bridge has a folder of its own.
    ///   - nodeName: Names this process in the consumer groups; the same after a restart.
    ///   - onlyFilters: Run only the kinds that judge messages before they are stored and follow no events: for a
    ///     process that takes messages while others run the bridges.
    package init(
        folders: [String], registry: BridgeRegistry, service: ChatService, store: ChatStore, log: EventLog,
        redis: RedisClient,
        loops: EventLoopGroup, dataDirectory: String, nodeName: String, logger: Logger, metrics: Metrics,
        onlyFilters: Bool = false, environment: [String: String] = ProcessInfo.processInfo.environment,
        timing: BridgeTiming = BridgeTiming()
    ) {
        self.onlyFilters = onlyFilters
        self.folders = folders
        self.registry = registry
        self.logger = logger.named("bridges")
        services = BridgeServices(
            service: service, store: store, log: log, redis: redis, loops: loops, node: nodeName,
            dataDirectory: dataDirectory,
            environment: environment, timing: timing, logger: logger, channels: ChannelNames(service: service),
            counters: CounterDirectory(metrics: metrics),
            chronicle: BridgeChronicle(service: service, store: store, node: nodeName, logger: logger))
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
            services.chronicle.remind()
        }
        let watcher = FolderWatcher(loop: services.loops.next()) { [wake] in wake.signal() }
        defer {
            timer.cancel()
            watcher.close()
        }
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { [services] in await services.chronicle.run() }
            while !stopping.isOpen {
                watcher.watch(folders)
                for path in paths() where !stopping.isOpen { await look(at: path, &tasks) }
                await wake.wait()
            }
            let workers = workers
            for worker in workers { worker.shutdown(retire: false) }
            for worker in workers { await worker.waitUntilEnded() }
            services.chronicle.stop()
        }
    }

    package func shutdown() {
        stopping.open()
        wake.signal()
    }

    /// Looks at the files now.
    package func reload() { wake.signal() }

    var workers: [BridgeWorker] { slots.withLock { $0.values.compactMap(\.worker) } }

    // MARK: Files

    /// The files that are there, and those that were.
    private func paths() -> [String] {
        var paths = Set(slots.withLock { $0.keys })
        for folder in folders {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
                paths.insert("\(folder)/\(name)")
            }
        }
        return paths.sorted()
    }

    private func look(at path: String, _ tasks: inout DiscardingTaskGroup) async {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
            return await remove(path)
        }
        let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        let size = (attributes[.size] as? Int) ?? 0
        let signature = "\(time)/\(size)/\((attributes[.systemFileNumber] as? Int) ?? 0)"
        var slot = slots.withLock { $0[path] } ?? Slot()
        let isDue = slot.retry.map { $0 <= .now } ?? false
        guard slot.signature != signature || isDue else { return }
        slot.signature = signature
        guard size <= Self.largestFile, let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            slot.problems = [SettingsProblem(file: path, message: "cannot be read as UTF-8 text of at most 1 MiB")]
            return keep(slot, path)
        }
        guard text != slot.text || isDue else { return keep(slot, path) }
        slot.text = text
        slot.retry = nil
        let wasBroken = !slot.problems.errors.isEmpty
        await apply(&slot, path, &tasks)
        if !wasBroken { tellIfBroken(slot, path) }
        keep(slot, path)
    }

    private func tellIfBroken(_ slot: Slot, _ path: String) {
        let problems = slot.problems.errors
        guard !problems.isEmpty else { return }
        let subject =
            slot.worker?.subject
            ?? BridgeChronicle.Subject(name: Self.name(slot, path), kind: slot.file?.kind.kind ?? "", app: nil)
        services.chronicle.broken(subject, problems: problems.map(\.description))
    }

    /// What a bridge is called whose file cannot be read.
    private static func name(_ slot: Slot, _ path: String) -> String {
        slot.file?.name ?? path.split(separator: "/").last.map(String.init) ?? path
    }

    private func apply(_ slot: inout Slot, _ path: String, _ tasks: inout DiscardingTaskGroup) async {
        let (read, problems) = BridgeFile.read(
            slot.text, path: path, registry: registry, environment: services.environment)
        slot.problems = problems
        for problem in problems where read?.isEnabled ?? true {
            logger.warn("file.problem", ["problem": .string(problem.description)])
        }
        guard let file = read else { return }
        if let other = owner(of: file.name, besides: path) {
            slot.problems.append(
                file.settings.problem(at: "", "the name \"\(file.name)\" is taken by \(other)"))
            return
        }
        if onlyFilters, !file.kind.traits.events.isEmpty {
            slot.file = file
            return
        }
        guard file.isEnabled else {
            await retire(slot.worker, reason: "disabled")
            slot.worker = nil
            slot.file = file
            return
        }
        do {
            let worker = try await BridgeWorker(file, services)
            await stop(slot.worker, retire: slot.worker.map { $0.file.name != file.name } ?? false)
            slot.worker = worker
            slot.file = file
            tasks.addTask { await worker.run() }
        } catch let error as BridgeSettingsError {
            slot.problems += error.problems
            for problem in error.problems { logger.warn("file.problem", ["problem": .string(problem.description)]) }
        } catch {
            // The file may be right and something else away for the moment.
            slot.problems.append(SettingsProblem(file: path, message: "\(error)"))
            slot.retry = .now + Self.retryDelay
            logger.warn("bridge.not_made", ["file": .string(path), "error": .error(error)])
        }
    }

    private func remove(_ path: String) async {
        guard let slot = slots.withLock({ $0[path] }) else { return }
        await retire(slot.worker, reason: "removed")
        slots.withLock { _ = $0.removeValue(forKey: path) }
    }

    /// Stops a bridge that nobody will run for the time being.
    private func retire(_ worker: BridgeWorker?, reason: String) async {
        await stop(worker, retire: true)
        if let worker, worker.hasStarted { services.chronicle.stopped(worker.subject, reason: reason) }
    }

    private func stop(_ worker: BridgeWorker?, retire: Bool) async {
        guard let worker else { return }
        worker.shutdown(retire: retire)
        await worker.waitUntilEnded()
    }

    private func keep(_ slot: Slot, _ path: String) { slots.withLock { $0[path] = slot } }

    /// The file of a bridge that is there, whether this process runs it or not.
    func file(named name: String) -> BridgeFile? {
        slots.withLock { slots in slots.values.compactMap(\.file).first { $0.name == name } }
    }

    private func owner(of name: String, besides path: String) -> String? {
        slots.withLock { slots in slots.first { $0.key != path && $0.value.file?.name == name }?.key }
    }

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
            let name = Self.name(slot, path)
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
    package func deadLetters(of bridge: String, limit: Int = 200) async throws -> [DeadLetter] {
        try await services.store.deadLetters(of: bridge, limit: limit)
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
