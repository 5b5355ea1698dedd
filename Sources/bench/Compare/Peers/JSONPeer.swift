import LoadGenerator

/// A peer that takes messages as JSON over HTTP and tells of them over a WebSocket: those in Node.js and FastAPI.
final class JSONPeer: ProgramPeer {
    let doors = ["http"]
    let program: PeerProgram

    init(_ program: PeerProgram) { self.program = program }

    func openSender(
        _ user: Int, to channels: [Int], door: String, on loop: LoadLoop
    ) async throws -> any MessageSender {
        JSONSender(try await HTTPConnection.connect(to: program.port, on: loop), token: "u\(user)") {
            "/channels/c\($0)/messages"
        }
    }

    func openReceiver(
        _ user: Int, channels: [Int], on loop: LoadLoop, onMessage: @escaping (UInt64) -> Void
    ) async throws -> any MessageReceiver {
        let start = Handshake()
        let socket = try await WebSocketClient.connect(
            to: program.port, path: "/ws?token=u\(user)", on: loop,
            onText: { payload in
                if let stamp = Marker.find(in: payload) {
                    onMessage(stamp)
                } else if !start.isDone {
                    start.received(payload, marker: #""subscribed""#)
                }
            }, onClose: { start.failed() })
        let names = channels.map { "\"c\($0)\"" }.joined(separator: ",")
        socket.send("{\"subscribe\":[\(names)]}")
        try await start.wait()
        return socket
    }

    func openReader(_ user: Int, on loop: LoadLoop) async throws -> any PageReader {
        HTTPPageReader(try await HTTPConnection.connect(to: program.port, on: loop), token: "u\(user)") {
            "/channels/c\($0)/messages?before=\($1)&limit=50"
        }
    }
}
