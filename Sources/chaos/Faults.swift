import Foundation
import Glibc
import Synchronization

/// Breaks things, one after the other, as the seed says.
final class Faults: Sendable {
    enum Fault: String, CaseIterable {
        case killServer = "kill -9 of the server"
        case restartServer = "restart of the server by SIGINT"
        case stopServer = "server stopped for 1 to 3 s"
        case killPostgres = "kill -9 of PostgreSQL"
        case killRedis = "kill -9 of Redis"
        case flushRedis = "FLUSHALL of Redis"
    }

    private let server: ChaosServer
    private let note: @Sendable (String) -> Void
    private let counts = Mutex<[Fault: Int]>([:])

    init(server: ChaosServer, note: @escaping @Sendable (String) -> Void) {
        self.server = server
        self.note = note
    }

    var happened: [(name: String, count: Int)] {
        let counts = counts.withLock { $0 }
        return Fault.allCases.map { ($0.rawValue, counts[$0] ?? 0) }
    }

    /// Goes on until `end`; every fault is followed by the server being ready again, or by the next one after a while.
    func run(_ random: RandomSource, until end: ContinuousClock.Instant) async throws {
        var random = random
        var bag: [Fault] = []
        while true {
            let pause = random.duration(2...8)
            // A bag, so that a short run has every kind as well.
            if bag.isEmpty { bag = Fault.allCases.shuffled(using: &random) }
            let fault = bag.removeLast()
            let length = random.duration(1...3)
            let isHasty = random.chance(0.25)
            guard ContinuousClock.now + pause < end else { break }
            try await Task.sleep(for: pause)
            try server.restartIfEnded()
            note(fault.rawValue)
            guard try await perform(fault, length) else { continue }
            counts.withLock { $0[fault, default: 0] += 1 }
            // Some faults meet a server that has not got over the one before.
            if isHasty { continue }
            try await server.waitUntilReady()
        }
        try await server.waitUntilReady()
    }

    private func perform(_ fault: Fault, _ length: Duration) async throws -> Bool {
        switch fault {
        case .killServer:
            await server.end(by: SIGKILL)
            try server.start()
        case .restartServer:
            await server.end(by: SIGINT)
            try server.start()
        case .stopServer:
            server.signal(SIGSTOP)
            try await Task.sleep(for: length)
            server.signal(SIGCONT)
        case .killPostgres: return server.kill(.postgres)
        case .killRedis: return server.kill(.redis)
        case .flushRedis:
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
            process.arguments = ["-s", server.redisSocket, "FLUSHALL"]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
            return process.terminationStatus == 0
        }
        return true
    }
}
