import EventLoop
import Foundation
import Glibc
import HTTPClient
import HTTPTypes
import Synchronization
import Telemetry

/// The `martlet serve` that the faults happen to, with PostgreSQL and Redis of its own.
final class ChaosServer: Sendable {
    let folder: String
    let port: UInt16
    private let program: String
    private let client: HTTPClient
    private let state = Mutex(State())

    private struct State {
        var process: Process?
        /// Ends that nobody asked for.
        var crashes: [String] = []
    }

    init(program: String, folder: String, loop: EventLoop) {
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .any
        client = HTTPClient(loop: loop, configuration: configuration, logger: .silent)
        self.program = program
        self.folder = folder
        port = UInt16.random(in: 20_000..<30_000)
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var crashes: [String] { state.withLock { $0.crashes } }
    private var process: Process? { state.withLock { $0.process } }

    /// Starts the server; returns when it runs, which is before it is ready.
    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [
            "serve", "--listen", "127.0.0.1:\(port)", "--data", folder, "--set", "log.level=info", "--set",
            "limits.sends_per_second=100000",
        ]
        let log = folder + ".log"
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let output = FileHandle(forWritingAtPath: log)
        try output?.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        state.withLock { $0.process = process }
    }

    /// Waits until the server answers that it can serve; starts it again when it has ended by itself, and notes that.
    func waitUntilReady(within limit: Duration = .seconds(90)) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            try restartIfEnded()
            if await isReady() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ChaosError("the server was not ready within \(limit); its log is \(folder).log")
    }

    func restartIfEnded() throws {
        guard let process, !process.isRunning else { return }
        let reason = process.terminationReason == .uncaughtSignal ? "signal" : "status"
        state.withLock { $0.crashes.append("the server ended by itself with \(reason) \(process.terminationStatus)") }
        try start()
    }

    private func isReady() async -> Bool {
        let request = HTTPClientRequest(method: .get, url: url + "/readyz", timeout: .seconds(5))
        return (try? await client.send(request))?.status == 200
    }

    /// Sends a signal to the server.
    func signal(_ number: Int32) {
        guard let process, process.isRunning else { return }
        Glibc.kill(process.processIdentifier, number)
    }

    /// Ends the server by `number` and waits for the end.
    func end(by number: Int32) async {
        guard let process else { return }
        state.withLock { $0.process = nil }
        if process.isRunning { Glibc.kill(process.processIdentifier, number) }
        let deadline = ContinuousClock.now + .seconds(60)
        while process.isRunning {
            if ContinuousClock.now > deadline {
                state.withLock { $0.crashes.append("the server did not end within 60 s of signal \(number)") }
                Glibc.kill(process.processIdentifier, SIGKILL)
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// For the way out of a run that was broken off.
    func killNow() {
        if let process, process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    // MARK: The servers beside it

    enum Child: String {
        case postgres = "postgres"
        case redis = "redis-server"
    }

    /// Kills the child that its own file names, when that is still the process.
    func kill(_ child: Child) -> Bool {
        let file = folder + (child == .postgres ? "/postgres/postmaster.pid" : "/redis/redis.pid")
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let line = text.split(whereSeparator: \.isWhitespace).first, let identifier = pid_t(line), identifier > 1,
            let name = try? String(contentsOfFile: "/proc/\(identifier)/comm", encoding: .utf8),
            name.hasPrefix(child.rawValue)
        else { return false }
        return Glibc.kill(identifier, SIGKILL) == 0
    }

    var redisSocket: String { folder + "/run/redis.sock" }

    func administrator() throws -> (handle: String, password: String) {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/admin.json"))
        let fields = try JSONDecoder().decode([String: String].self, from: data)
        return (fields["handle"] ?? "", fields["password"] ?? "")
    }
}
