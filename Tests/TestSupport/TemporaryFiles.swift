import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Makes an empty folder that is removed when the process ends.
///
/// Its path is short, so that sockets fit below it, and its mode lets the servers' user enter.
package func temporaryDirectory() throws -> String {
    try TemporaryFiles.make()
}

enum TemporaryFiles {
    private struct State: Sendable {
        var folders: [String] = []
        var servers: [@Sendable () -> [Int32]] = []
    }

    private static let state = Mutex(State())
    private static let prefix = "martlet-test-"

    /// Once a process: removes what killed test runs have left, and sees to our own end.
    private static let prepare: Void = {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? [] where name.hasPrefix(prefix) {
            guard let owner = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ Int32($0) }),
                kill(owner, 0) != 0, errno == ESRCH
            else { continue }
            try? FileManager.default.removeItem(atPath: "/tmp/\(name)")
        }
        atexit(processEnds)
    }()

    static func make() throws -> String {
        prepare
        let path = "/tmp/\(prefix)\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 36))"
        guard mkdir(path, 0o755) == 0, chmod(path, 0o755) == 0 else { throw CocoaError(.fileWriteUnknown) }
        state.withLock { $0.folders.append(path) }
        return path
    }

    /// Ends the processes that `identifiers` names when this process ends.
    static func endWithProcess(_ identifiers: @escaping @Sendable () -> [Int32]) {
        state.withLock { $0.servers.append(identifiers) }
    }

    fileprivate static func end() {
        let (folders, servers) = state.withLock { ($0.folders, $0.servers) }
        let living = { servers.flatMap { $0() } }
        for identifier in living() { kill(identifier, SIGQUIT) }
        var rounds = 0
        while !living().isEmpty, rounds < 400 {
            usleep(5000)
            rounds += 1
        }
        for identifier in living() { kill(identifier, SIGKILL) }
        for folder in folders { try? FileManager.default.removeItem(atPath: folder) }
    }
}

private func processEnds() { TemporaryFiles.end() }

/// Copies a folder with its owners and modes, as an operator does who keeps a copy.
package func copyFolder(_ path: String, to copy: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/cp")
    process.arguments = ["-a", path, copy]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw NeverHappened(description: "cp ended with \(process.terminationStatus)")
    }
}
