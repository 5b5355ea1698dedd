import LoadGenerator
import Synchronization

/// A limit as a peer: a server in this program that stores nothing.
final class LimitPeer: Peer {
    let name: String
    let doors = ["http"]
    private let program: String
    private let command: String
    private let state = Mutex<(process: PeerProcess?, port: UInt16)>((nil, 0))

    /// The limit of a fan-out: nothing but `write`.
    static func writeLoop(program: String) -> LimitPeer {
        LimitPeer(name: "write loop", program: program, command: "bare-write")
    }

    /// The limit of a send over HTTP: nothing but an answer.
    static func httpAnswer(program: String) -> LimitPeer {
        LimitPeer(name: "http answer", program: program, command: "http-answer")
    }

    private init(name: String, program: String, command: String) {
        self.name = name
        self.program = program
        self.command = command
    }

    var processIdentifier: Int32 { state.withLock { $0.process?.identifier ?? 0 } }
    private var port: UInt16 { state.withLock { $0.port } }

    func start(_ machine: Machine, _ scene: Scene) async throws {
        let port = try Machine.freePort()
        let process = try await PeerProcess(
            [program, command, "\(port)"], log: machine.folder + "/limit.log")
        state.withLock { $0 = (process, port) }
        try await process.waitUntil("serves") { process.output.contains("READY") }
    }

    func stop() async {
        await state.withLock { $0.process }?.stop()
        state.withLock { $0.process = nil }
    }

    func openSender(
        _ user: Int, to channels: [Int], door: String, on loop: LoadLoop
    ) async throws -> any MessageSender {
        JSONSender(try await HTTPConnection.connect(to: port, on: loop), token: "u\(user)") {
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
