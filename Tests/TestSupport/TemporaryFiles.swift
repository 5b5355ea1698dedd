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
///
/// - Parameter isDisposable: Nothing of it has to survive anything: it lies in memory where there is plenty.
package func temporaryDirectory(isDisposable: Bool = false) throws -> String {
    try TemporaryFiles.make(isDisposable: isDisposable)
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
        for folder in ["/tmp", memory] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for name in names where name.hasPrefix(prefix) {
                guard let owner = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ Int32($0) }),
                    kill(owner, 0) != 0, errno == ESRCH
                else { continue }
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
        atexit(processEnds)
    }()

    private static let memory = "/dev/shm"
    /// The databases of a whole run take two or three gigabytes.
    private static let memoryNeeded = 8 << 30
    private static let hasMemory: Bool = {
        let free = try? FileManager.default.attributesOfFileSystem(forPath: memory)[.systemFreeSize] as? Int
        return (free ?? 0) >= memoryNeeded && ProcessInfo.processInfo.physicalMemory >= 2 * UInt64(memoryNeeded)
    }()

    static func make(isDisposable: Bool) throws -> String {
        prepare
        let parent = isDisposable && hasMemory ? memory : "/tmp"
        let path = "\(parent)/\(prefix)\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 36))"
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
