import Foundation
import LoadGenerator
import Synchronization

/// A peer that is a folder of `Benchmarks/peers` with `setup`, `start` and `fill`; its README has the contract.
final class PeerProgram: Sendable {
    let name: String
    private let folder: String
    private let state = Mutex(State())

    private struct State {
        var process: PeerProcess?
        var port: UInt16 = 0
        var environment: [String: String] = [:]
    }

    /// - Parameter folder: `Benchmarks/peers`.
    init(_ name: String, folder: String) {
        self.name = name
        self.folder = "\(folder)/\(name)"
    }

    var processIdentifier: Int32 { state.withLock { $0.process?.identifier ?? 0 } }
    var port: UInt16 { state.withLock { $0.port } }

    func start(_ machine: Machine, _ scene: Scene) async throws {
        guard FileManager.default.isExecutableFile(atPath: "\(folder)/start") else {
            throw BenchError("there is no \(folder)/start")
        }
        let port = try Machine.freePort()
        let data = machine.folder + "/peer"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let environment = [
            "PEER_PORT": "\(port)", "PEER_DATA": data, "PEER_POSTGRES": machine.postgresURL(Machine.peerDatabase),
            "PEER_REDIS": machine.redisURL, "PEER_USERS": "\(scene.users)",
            "PEER_CHANNELS": "\(scene.channels.count)",
        ]
        let process = try await PeerProcess(
            ["\(folder)/start"], log: machine.folder + "/peer.log", environment: environment)
        state.withLock { $0 = State(process: process, port: port, environment: environment) }
        do {
            try await process.waitUntil("printed READY", within: .seconds(180)) {
                process.output.split(separator: "\n").contains("READY")
            }
        } catch {
            throw BenchError("\(error)\n  (\(folder)/setup installs what it needs)")
        }
    }

    func stop() async {
        let process = state.withLock { state in
            defer { state.process = nil }
            return state.process
        }
        await process?.stop()
    }

    /// - Returns: Whether channel `c0` has so many messages now; a peer may be unable to have it.
    func fill(_ count: Int, _ machine: Machine) async throws -> Bool {
        let process = try await PeerProcess(
            ["\(folder)/fill", "\(count)"], log: machine.folder + "/fill.log",
            environment: state.withLock { $0.environment })
        switch await process.exitCode() {
        case 0: return true
        case 3: return false
        default: throw BenchError("\(folder)/fill failed: \(process.output.suffix(500))")
        }
    }
}
