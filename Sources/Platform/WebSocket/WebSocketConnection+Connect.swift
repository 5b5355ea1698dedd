internal import Crypto
package import EventLoop
package import HTTPTypes

extension WebSocketConnection {
    /// Opens a connection as a client.
    ///
    /// - Parameters:
    ///   - url: `ws://host:port/path?query` or `wss://…`.
    ///   - address: Where to dial instead of the URL's host: a Unix socket, for one.
    ///   - timeout: For the whole attempt, handshakes included.
    ///   - makeTLS: Makes the session for a `wss` URL, for the host name given; nil to trust the system's authorities.
    /// - Returns: A connection on which `start` or `close` has to be called, on its loop.
    /// - Throws: ``WebSocketError`` or `SocketError`.
    package static func connect(
        url: String, headers: HTTPHeaders = [:], subprotocols: [String] = [], via address: SocketAddress? = nil,
        on loop: EventLoop, limits: WebSocketLimits = WebSocketLimits(), timeout: Duration = .seconds(10),
        makeTLS: (@Sendable (_ hostName: String) -> OpaquePointer?)? = nil
    ) async throws -> WebSocketConnection {
        let parts = try WebSocketURL(url)
        let handshake = try ClientHandshake(url: parts, headers: headers, subprotocols: subprotocols)
        var makeSession: (@Sendable () -> OpaquePointer?)?
        if parts.isSecure {
            let make = try makeTLS ?? systemTrust()
            let host = parts.host
            makeSession = { make(host) }
        }
        let deadline = ContinuousClock.now + timeout
        let stream = try await StreamConnection.connect(
            to: address ?? parts.address, on: loop, timeout: timeout, makeTLS: makeSession)
        let attempt = HandshakeAttempt(stream: stream, handshake: handshake, limits: limits)
        return try await attempt.run(timeout: deadline - .now)
    }

    private static func systemTrust() throws -> @Sendable (String) -> OpaquePointer? {
        let context = try TLSClientContext()
        return { context.makeSession(hostName: $0) }
    }
}

/// Reads the answer to a client's handshake, then gives the stream away.
private final class HandshakeAttempt: @unchecked Sendable {
    private let stream: StreamConnection
    private let handshake: ClientHandshake
    private let limits: WebSocketLimits
    // Touched on the loop only.
    private var continuation: CheckedContinuation<WebSocketConnection, any Error>?
    private var connection: WebSocketConnection?
    private var timer: Timer?
    private var isOver = false

    init(stream: StreamConnection, handshake: ClientHandshake, limits: WebSocketLimits) {
        self.stream = stream
        self.handshake = handshake
        self.limits = limits
    }

    func run(timeout: Duration) async throws -> WebSocketConnection {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                stream.loop.execute { self.begin(continuation, timeout) }
            }
        } onCancel: {
            stream.loop.execute { self.fail(CancellationError()) }
        }
    }

    private func begin(_ continuation: CheckedContinuation<WebSocketConnection, any Error>, _ timeout: Duration) {
        if isOver { return continuation.resume(throwing: CancellationError()) }
        self.continuation = continuation
        timer = stream.loop.schedule(after: max(.zero, timeout)) {
            self.fail(WebSocketError(.timeout, "the server did not answer the WebSocket handshake in time"))
        }
        stream.start(
            onRead: { self.received($0) },
            onClose: { reason in
                if let connection = self.connection {
                    connection.streamEnded(reason)
                } else {
                    self.fail(WebSocketError(.refused(status: nil), "the server ended the WebSocket handshake"))
                }
                self.connection = nil
            })
        stream.write(handshake.request)
    }

    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let connection { return connection.received(bytes) }
        guard !isOver else { return bytes.count }
        do {
            guard let (count, subprotocol) = try handshake.read(bytes) else { return 0 }
            isOver = true
            timer?.cancel()
            // Until the new owner calls `start` nothing more is read.
            stream.pauseReading()
            let connection = WebSocketConnection(
                stream: stream, isServer: false, limits: limits, subprotocol: subprotocol)
            self.connection = connection
            continuation?.resume(returning: connection)
            continuation = nil
            return count
        } catch {
            fail(error)
            return bytes.count
        }
    }

    private func fail(_ error: any Error) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        stream.close(afterFlush: false)
        continuation?.resume(throwing: error)
        continuation = nil
    }
}
