import EventLoop
import Foundation
import Glibc
import HTTPClient
import HTTPTypes
import Lifecycle
import Subprocess
import Synchronization
import Telemetry

/// One process of `martlet serve`, which is started again whenever it ends by itself.
final class ServerNode: Sendable {
    let name: String
    let roles: [String]
    let port: UInt16
    /// What the process keeps itself.
    let folder: String
    /// Where its output goes.
    let log: String
    /// Its time of day; nil where it cannot be set.
    let clock: SteppedClock?
    private let environment: [String: String]
    private let loop: EventLoop
    private let client: HTTPClient
    private let state: Mutex<State>

    private struct State {
        var program: String
        var child: ChildProcess?
        var isStarting = false
        var wasReady = false
        var restarts = 0
        /// Ends that nobody asked for.
        var crashes: [String] = []
        /// Whether a bridge's program is about to kill it, and how often one has.
        var expectsPoison = false
        var killsByPoison = 0
        /// Whether its database is of an older time than what it may find elsewhere.
        var expectsSetBack = false
    }

    /// - Parameters:
    ///   - settings: By their dotted names.
    ///   - log: Where its output goes.
    init(
        name: String, roles: [String], program: String, port: UInt16, folder: String, settings: [String: String],
        log: String, clock: SteppedClock?, loop: EventLoop, client: HTTPClient
    ) {
        self.name = name
        self.roles = roles
        self.port = port
        self.folder = folder
        self.log = log
        self.clock = clock
        self.loop = loop
        self.client = client
        state = Mutex(State(program: program))
        var environment: [String: String] = [:]
        for (key, value) in settings {
            environment["MARTLET_\(key.uppercased().replacing(".", with: "_"))"] = value
        }
        if let clock { environment.merge(clock.environment) { $1 } }
        self.environment = environment
    }

    /// From the next start on it is another program.
    func use(_ program: String) { state.withLock { $0.program = program } }

    private var command: ChildProcess.Command {
        // It ends with this program, however that ends.
        var command = ChildProcess.Command(
            arguments: [
                "/usr/bin/setpriv", "--pdeathsig=KILL", "--", state.withLock { $0.program }, "serve", "--listen",
                "127.0.0.1:\(port)", "--data", folder, "--roles", roles.joined(separator: ","), "--node", name,
            ], log: log)
        command.environment.merge(environment) { $1 }
        return command
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var crashes: [String] { state.withLock { $0.crashes } }
    /// How often it ended because it could not start, as where PostgreSQL was away.
    var restarts: Int { state.withLock { $0.restarts } }
    var killsByPoison: Int { state.withLock { $0.killsByPoison } }
    /// Nil while it does not run.
    var processIdentifier: Int32? { child.flatMap { $0.ending == nil ? $0.identifier : nil } }
    private var child: ChildProcess? { state.withLock { $0.child } }

    /// - Parameter isExpected: Whether it may end with status 1 because its database was set back.
    func expectsSetBack(_ isExpected: Bool) { state.withLock { $0.expectsSetBack = isExpected } }

    /// - Parameter isExpected: Whether a bridge's program may kill the process from now on.
    func expectsPoison(_ isExpected: Bool) { state.withLock { $0.expectsPoison = isExpected } }

    /// Starts the process unless it runs; returns when it runs, which is before it is ready.
    func start() async throws {
        let isDue = state.withLock { state in
            guard state.child == nil, !state.isStarting else { return false }
            state.isStarting = true
            return true
        }
        guard isDue else { return }
        let child = try await ChildProcess.start(command, on: loop)
        state.withLock { state in
            state.child = child
            state.isStarting = false
            state.wasReady = false
        }
    }

    func isReady() async -> Bool {
        guard let child, child.ending == nil else { return false }
        let request = HTTPClientRequest(method: .get, url: url + "/readyz", timeout: .seconds(5))
        guard (try? await client.send(request))?.status == 200 else { return false }
        state.withLock { state in
            if state.child === child { state.wasReady = true }
        }
        return true
    }

    /// One number of `/metrics`; nil when it does not answer.
    func metric(_ name: String) async -> Double? {
        let request = HTTPClientRequest(method: .get, url: url + "/metrics", timeout: .seconds(1))
        guard let response = try? await client.send(request), response.status == 200 else { return nil }
        for line in String(decoding: response.body, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix(name + " ") {
            return Double(line.dropFirst(name.count + 1))
        }
        return nil
    }

    /// Starts the process again when it has ended by itself, and notes that.
    func restartIfEnded() async throws {
        let ended = state.withLock { state -> Bool in
            guard let ending = state.child?.ending else { return false }
            // Where PostgreSQL is away a process ends, for its supervisor to start it again; it never dies of a signal.
            if case .code(1) = ending, !state.wasReady || state.expectsSetBack, state.restarts < 1000 {
                state.restarts += 1
            } else if ending == .signal(SIGKILL), state.expectsPoison {
                state.killsByPoison += 1
            } else {
                state.crashes.append("\(name) ended by itself with \(ending)")
            }
            state.child = nil
            return true
        }
        if ended { try await start() }
    }

    func signal(_ number: Int32) { child?.signal(number) }

    /// Ends the process by `number` and waits for the end; it stays away until ``start()``.
    func end(by number: Int32) async {
        guard
            let child = state.withLock({ state in
                defer { state.child = nil }
                return state.child
            })
        else { return }
        child.signal(number)
        if await child.ended.wait(until: .now + .seconds(60)) { return }
        state.withLock { $0.crashes.append("\(name) did not end within 60 s of signal \(number)") }
        child.signal(SIGKILL)
        await child.ended.wait()
    }
}
