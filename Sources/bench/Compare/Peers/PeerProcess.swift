import Foundation
import Glibc
import Lifecycle
import LoadGenerator
import Subprocess

/// The process of a peer, which ends with this one, and with it everything that it started.
final class PeerProcess: Sendable {
    private let child: ChildProcess
    private let log: String

    /// - Parameters:
    ///   - log: Gets what it prints.
    ///   - environment: Beside the path and the home folder of this process.
    init(_ arguments: [String], log: String, environment: [String: String] = [:]) async throws {
        // The kernel ends it when this process is killed, which cannot clean up any more.
        let wrapped = ["/usr/bin/env", "setpriv", "--pdeathsig=TERM", "--"] + arguments
        var command = ChildProcess.Command(arguments: wrapped, log: log)
        command.ownsGroup = true
        for name in ["PATH", "HOME"] { command.environment[name] = ProcessInfo.processInfo.environment[name] }
        command.environment.merge(environment) { $1 }
        self.log = log
        child = try await ChildProcess.start(command, on: BenchLoops.service)
        PeerProcess.running.add(child)
    }

    var identifier: Int32 { child.identifier }
    var isRunning: Bool { child.ending == nil }

    /// Asks again and again; an error counts as a no.
    func waitUntil(_ what: String, within limit: Duration = .seconds(120), _ isSo: () async throws -> Bool) async throws
    {
        let deadline = ContinuousClock.now + limit
        while (try? await isSo()) != true {
            if let ending = child.ending { throw BenchError("it ended with \(ending)\(tail)") }
            guard ContinuousClock.now < deadline else { throw BenchError("it never happened that it \(what)\(tail)") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// What it has printed.
    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    private var tail: String {
        let lines = output.split(separator: "\n").suffix(8).joined(separator: "\n  ")
        return lines.isEmpty ? "" : "; \(log) says:\n  \(lines)"
    }

    /// Waits for its end.
    ///
    /// - Returns: The exit code; nil when a signal ended it.
    func exitCode() async -> Int32? {
        await child.ended.wait()
        guard case .code(let code) = child.ending else { return nil }
        return code
    }

    func stop() async { await child.stop([(SIGTERM, .seconds(15))]) }

    static let running = Running()

    /// What has to be killed when this process is broken off.
    final class Running: @unchecked Sendable {
        private let lock = NSLock()
        private var children: [ChildProcess] = []
        func add(_ child: ChildProcess) { lock.withLock { children.append(child) } }
        func killAll() { lock.withLock { for child in children { child.signal(SIGKILL) } } }
    }
}
