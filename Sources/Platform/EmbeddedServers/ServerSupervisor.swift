import Lifecycle
import Subprocess
import Synchronization
import Telemetry

/// Keeps one server running: starts it, starts it again when it dies, stops it at the end.
final class ServerSupervisor: Sendable {
    private let name: String
    private let stopSignals: [(number: Int32, patience: Duration)]
    private let logger: Logger
    private let launch: @Sendable () async throws -> ChildProcess
    private let child = Mutex<ChildProcess?>(nil)
    private let stopping = Latch()

    /// - Parameters:
    ///   - stopSignals: Sent in turn until the server has ended; SIGKILL comes after the last.
    ///   - launch: Starts the server and returns when it accepts connections.
    init(
        name: String, stopSignals: [(number: Int32, patience: Duration)], logger: Logger,
        launch: @escaping @Sendable () async throws -> ChildProcess
    ) {
        self.name = name
        self.stopSignals = stopSignals
        self.logger = logger
        self.launch = launch
    }

    /// The server's process; nil when it does not run.
    var processIdentifier: Int32? { child.withLock { $0 }.flatMap { $0.ending == nil ? $0.identifier : nil } }

    func start() async throws {
        guard processIdentifier == nil, !stopping.isOpen else { return }
        let begun = ContinuousClock.now
        let started = try await launch()
        child.withLock { $0 = started }
        let milliseconds = (ContinuousClock.now - begun) / .milliseconds(1)
        logger.info(
            "embedded.started",
            [
                "server": .string(name), "processId": .int(Int64(started.identifier)),
                "milliseconds": .int(Int64(milliseconds)),
            ])
        if stopping.isOpen { await started.stop(stopSignals) }
    }

    func run() async throws {
        var backoff = Backoff(first: .milliseconds(50), max: .seconds(10))
        var begun = ContinuousClock.now
        try await start()
        while !stopping.isOpen, !Task.isCancelled {
            if let child = child.withLock({ $0 }) {
                await Self.wait(child.ended, stopping)
                guard let ending = child.ending, !stopping.isOpen, !Task.isCancelled else { break }
                logger.error("embedded.died", ["server": .string(name), "ending": .string("\(ending)")])
            }
            // A server that has run for a while died of something new.
            if ContinuousClock.now - begun > .seconds(60) { backoff.reset() }
            if await stopping.wait(until: .now + backoff.next()) { break }
            begun = .now
            do {
                try await start()
            } catch is CancellationError {
                break
            } catch {
                logger.error("embedded.failed", ["server": .string(name), "error": .error(error)])
            }
        }
        await stop()
    }

    func shutdown() { stopping.open() }

    func stop() async {
        stopping.open()
        guard let child = child.withLock({ $0 }), child.ending == nil else { return }
        await child.stop(stopSignals)
        logger.info("embedded.stopped", ["server": .string(name)])
    }

    /// Polls `isReady` until the server is, or has ended, or the time is over; then what it wrote is the reason.
    static func waitUntilReady(
        _ child: ChildProcess, name: String, log: String, from offset: Int, deadline: ContinuousClock.Instant,
        isReady: () async -> Bool
    ) async throws {
        do {
            while !(await isReady()) {
                if let ending = child.ending {
                    throw EmbeddedServersError(
                        .failed, "\(name) ended with \(ending) while it started\(tail(log, from: offset))")
                }
                guard ContinuousClock.now < deadline else {
                    throw EmbeddedServersError(.timeout, "\(name) did not get ready in time\(tail(log, from: offset))")
                }
                try await Task.sleep(for: .milliseconds(3))
            }
        } catch {
            await child.stop([])
            throw error
        }
    }

    /// The last lines of a log, for the text of an error.
    static func tail(_ log: String, from offset: Int) -> String {
        let size = Folder.size(log)
        let text = (Folder.read(log, from: max(offset, size - 2000), limit: 2000) ?? "").trimmed
        let lines = text.split(separator: "\n").suffix(6).joined(separator: "\n  ")
        return lines.isEmpty ? "" : "; \(log) says:\n  \(lines)"
    }

    private static func wait(_ first: Latch, _ second: Latch) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await first.wait() }
            group.addTask { await second.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
