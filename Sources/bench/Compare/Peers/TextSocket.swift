import LoadGenerator

/// A WebSocket that can be asked something and waits for the answer while it begins; used on its loop alone.
final class TextSocket: @unchecked Sendable {
    private var socket: WebSocketClient?
    private var marker: String?
    private var waiter: CheckedContinuation<String, any Error>?
    private var hasEnded = false
    /// Gets what nobody waits for.
    private let onText: (TextSocket, UnsafeRawBufferPointer) -> Void

    private init(_ onText: @escaping (TextSocket, UnsafeRawBufferPointer) -> Void) { self.onText = onText }

    static func connect(
        to port: UInt16, path: String, headers: String = "", on loop: LoadLoop,
        onText: @escaping (TextSocket, UnsafeRawBufferPointer) -> Void
    ) async throws -> TextSocket {
        let one = TextSocket(onText)
        one.socket = try await WebSocketClient.connect(
            to: port, path: path, headers: headers, on: loop,
            onText: { [unowned one] in one.received($0) }, onClose: { [weak one] in one?.ended() })
        return one
    }

    var isOpen: Bool { socket?.isOpen ?? false }

    func send(_ text: String) { socket?.send(text) }
    func send(_ text: [UInt8]) { socket?.send(text) }

    /// Sends a text and waits for one that holds the marker.
    func ask(_ text: String, until marker: String) async throws -> String {
        guard !hasEnded else { throw LoadError("the server closed the connection before \(marker)") }
        self.marker = marker
        return try await withCheckedThrowingContinuation { continuation in
            waiter = continuation
            send(text)
        }
    }

    func close() {
        socket?.close()
        ended()
    }

    private func received(_ payload: UnsafeRawBufferPointer) {
        guard let waiter, let marker else { return onText(self, payload) }
        let text = String(decoding: payload, as: UTF8.self)
        guard text.contains(marker) else { return onText(self, payload) }
        self.waiter = nil
        self.marker = nil
        waiter.resume(returning: text)
    }

    private func ended() {
        hasEnded = true
        let waiter = waiter
        self.waiter = nil
        waiter?.resume(throwing: LoadError("the server closed the connection before \(marker ?? "")"))
    }
}

extension TextSocket: MessageReceiver {}
