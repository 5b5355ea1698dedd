import LoadGenerator

/// The peer in python-socketio: events over Engine.IO's WebSocket, answers as acknowledgements.
final class SocketIOPeer: ProgramPeer {
    let doors = ["socket.io"]
    let program: PeerProgram

    init(_ program: PeerProgram) { self.program = program }

    func openSender(
        _ user: Int, to channels: [Int], door: String, on loop: LoadLoop
    ) async throws -> any MessageSender {
        try await open(user, on: loop)
    }

    func openReader(_ user: Int, on loop: LoadLoop) async throws -> any PageReader { try await open(user, on: loop) }

    func openReceiver(
        _ user: Int, channels: [Int], on loop: LoadLoop, onMessage: @escaping (UInt64) -> Void
    ) async throws -> any MessageReceiver {
        let socket = try await connect(user, on: loop) { _, payload in
            if let stamp = Marker.find(in: payload) { onMessage(stamp) }
        }
        let names = channels.map { "\"c\($0)\"" }.joined(separator: ",")
        _ = try await socket.ask("420[\"subscribe\",[\(names)]]", until: "\"subscribed\"")
        return socket
    }

    private func open(_ user: Int, on loop: LoadLoop) async throws -> SocketIOSender {
        let sender = SocketIOSender()
        sender.socket = try await connect(user, on: loop) { _, payload in sender.received(payload) }
        return sender
    }

    private func connect(
        _ user: Int, on loop: LoadLoop, onText: @escaping (TextSocket, UnsafeRawBufferPointer) -> Void
    ) async throws -> TextSocket {
        let socket = try await TextSocket.connect(
            to: program.port, path: "/socket.io/?EIO=4&transport=websocket", on: loop
        ) { socket, payload in
            // Engine.IO's ping and pong.
            if payload.count == 1, payload[0] == UInt8(ascii: "2") { return socket.send("3") }
            onText(socket, payload)
        }
        _ = try await socket.ask("40{\"token\":\"u\(user)\"}", until: "40{")
        return socket
    }
}

/// Sends events and finds their acknowledgements, which may come in another order.
private final class SocketIOSender: MessageSender, PageReader {
    var socket: TextSocket?
    private var count: UInt64 = 0
    private var waiting: [UInt64: (UnsafeRawBufferPointer) -> Void] = [:]

    func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void) {
        guard let socket, socket.isOpen else { return done(false) }
        count += 1
        waiting[count] = { done(!$0.starts(with: #"[{"error""#.utf8)) }
        var event = Array("42\(count)[\"send\",{\"channel\":\"c\(channel)\",\"text\":\"".utf8)
        Marker.appendText(stamp, to: &event)
        event += Array(#"","nonce":""#.utf8)
        Marker.appendHexadecimal(Nonce.next(), to: &event)
        event += Array("\"}]".utf8)
        socket.send(event)
    }

    func page(of channel: Int, before: Int, done: @escaping (Int) -> Void) {
        guard let socket, socket.isOpen else { return done(-1) }
        count += 1
        waiting[count] = { done(HTTPPageReader.count($0)) }
        socket.send("42\(count)[\"history\",{\"channel\":\"c\(channel)\",\"before\":\(before),\"limit\":50}]")
    }

    /// `43`, the number of the event, and the answer in a list.
    func received(_ payload: UnsafeRawBufferPointer) {
        guard payload.starts(with: "43".utf8) else { return }
        var number: UInt64 = 0
        var index = 2
        while index < payload.count, (48...57).contains(payload[index]) {
            number = number &* 10 &+ UInt64(payload[index] - 48)
            index += 1
        }
        waiting.removeValue(forKey: number)?(UnsafeRawBufferPointer(rebasing: payload[index...]))
    }

    func close() {
        socket?.close()
        let left = waiting
        waiting = [:]
        for done in left.values { done(UnsafeRawBufferPointer(start: nil, count: 0)) }
    }
}
