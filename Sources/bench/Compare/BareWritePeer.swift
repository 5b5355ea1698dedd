import LoadGenerator
import Synchronization

/// The limit of a fan-out as a peer: nothing but `write`, nothing stored.
final class BareWritePeer: Peer {
    let name = "write loop"
    let doors = ["http"]
    private let program: String
    private let state = Mutex<(process: PeerProcess?, port: UInt16)>((nil, 0))

    /// - Parameter program: This program.
    init(program: String) { self.program = program }

    var processIdentifier: Int32 { state.withLock { $0.process?.identifier ?? 0 } }
    private var port: UInt16 { state.withLock { $0.port } }

    func start(_ machine: Machine, _ scene: Scene) async throws {
        let port = try Machine.freePort()
        let process = try await PeerProcess(
            [program, "bare-write", "\(port)"], log: machine.folder + "/bare-write.log")
        state.withLock { $0 = (process, port) }
        try await process.waitUntil("serves") { process.output.contains("READY") }
    }

    func stop() async {
        await state.withLock { $0.process }?.stop()
        state.withLock { $0.process = nil }
    }

    func openSender(_ user: Int, door: String, on loop: LoadLoop) async throws -> any MessageSender {
        JSONSender(try await HTTPConnection.connect(to: port, on: loop), token: "u\(user)", number: user) {
            "/channels/c\($0)/messages"
        }
    }

    func openReceiver(
        _ user: Int, channels: [Int], on loop: LoadLoop, onMessage: @escaping (UInt64) -> Void
    ) async throws -> any MessageReceiver {
        try await WebSocketClient.connect(
            to: port, path: "/ws", on: loop,
            onText: { if let stamp = Marker.find(in: $0) { onMessage(stamp) } })
    }
}
