/// A WebSocket connection that hands out payloads as they lie in the read buffer; used on its loop alone.
///
/// It is for measuring: the server's answer to the handshake is not verified, and what it sends is masked with zeros,
/// which saves this side the work and costs the server what any other mask does.
package final class WebSocketClient: @unchecked Sendable {
    private let socket: LoadSocket
    private var reader = WebSocketReader()
    private var handshake: ((Int?) -> Void)?
    private var head: [UInt8] = []
    private let onText: (UnsafeRawBufferPointer) -> Void
    private let onClose: () -> Void

    private init(
        _ loop: LoadLoop, onText: @escaping (UnsafeRawBufferPointer) -> Void, onClose: @escaping () -> Void
    ) {
        socket = LoadSocket(loop)
        self.onText = onText
        self.onClose = onClose
    }

    /// - Parameters:
    ///   - headers: Further lines of the request's head, each with its line break.
    ///   - onText: Gets the payload of each message.
    ///   - onClose: Called once when the server ends the connection.
    package static func connect(
        to port: UInt16, path: String, headers: String = "", on loop: LoadLoop,
        onText: @escaping (UnsafeRawBufferPointer) -> Void, onClose: @escaping () -> Void = {}
    ) async throws -> WebSocketClient {
        let client = WebSocketClient(loop, onText: onText, onClose: onClose)
        try await client.socket.connect(
            to: port, onRead: { [unowned client] in client.received($0) },
            onClose: { [weak client] in client?.ended() })
        let status = await withCheckedContinuation { continuation in
            client.handshake = { continuation.resume(returning: $0) }
            client.socket.write(
                Array(
                    ("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bWFydGxldC1iZW5jaC0wMQ==\r\n"
                        + headers + "\r\n").utf8))
        }
        guard status == 101 else {
            client.socket.close()
            throw LoadError("no WebSocket at \(path): \(status.map { "status \($0)" } ?? "the connection ended")")
        }
        return client
    }

    package var isOpen: Bool { socket.isOpen }

    package func send(_ text: String) { send(Array(text.utf8)) }

    package func send(_ text: [UInt8]) { socket.write(Self.frame(1, text)) }

    package func close() { socket.close() }

    /// A client's frame, masked with zeros.
    static func frame(_ opcode: UInt8, _ payload: some Collection<UInt8>) -> [UInt8] {
        var frame: [UInt8] = [0x80 | opcode]
        frame.reserveCapacity(payload.count + 8)
        if payload.count < 126 {
            frame.append(0x80 | UInt8(payload.count))
        } else {
            precondition(payload.count <= 0xFFFF, "the frames of a load are small")
            frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        }
        frame += [0, 0, 0, 0]
        frame.append(contentsOf: payload)
        return frame
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard handshake == nil else { return opened(bytes) }
        do {
            try reader.read(bytes) { opcode, payload in
                switch opcode {
                case 0, 1, 2: onText(payload)
                case 8: socket.write(Self.frame(8, payload))
                case 9: socket.write(Self.frame(10, payload))
                default: break
                }
            }
        } catch {
            socket.close()
            onClose()
        }
    }

    private func opened(_ bytes: UnsafeRawBufferPointer) {
        head.append(contentsOf: bytes)
        guard let end = head.firstRange(of: Array("\r\n\r\n".utf8)) else {
            if head.count > 64 << 10 { ended() }
            return
        }
        let status = Int(String(decoding: head.dropFirst(9).prefix(3), as: UTF8.self))
        let rest = Array(head[end.upperBound...])
        head = []
        let handshake = handshake
        self.handshake = nil
        handshake?(status)
        if !rest.isEmpty { rest.withUnsafeBytes { received($0) } }
    }

    private func ended() {
        socket.close()
        if let handshake {
            self.handshake = nil
            handshake(nil)
        } else {
            onClose()
        }
    }
}
