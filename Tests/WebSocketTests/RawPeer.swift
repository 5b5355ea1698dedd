import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import Synchronization
import Telemetry

@testable import WebSocket

/// A peer that sends bytes of the test's choice and takes frames apart by itself.
final class RawPeer: Sendable {
    struct Frame: Sendable, Equatable {
        var first: UInt8
        var payload: [UInt8]
        /// A close frame's code.
        var code: Int? {
            first == 0x88 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
        }
    }

    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var changes = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    let stream: StreamConnection
    private let state = Mutex(State())

    init(_ stream: StreamConnection, isReading: Bool = true) async {
        self.stream = stream
        await withCheckedContinuation { (started: CheckedContinuation<Void, Never>) in
            stream.loop.execute {
                stream.start(
                    onRead: { bytes in
                        self.change { $0.bytes.append(contentsOf: bytes) }
                        return bytes.count
                    }, onClose: { _ in self.change { $0.isClosed = true } })
                if !isReading { stream.pauseReading() }
                started.resume()
            }
        }
    }

    /// Connects and shakes hands as a client.
    static func connect(to address: SocketAddress, on loop: EventLoop) async throws -> RawPeer {
        let peer = await RawPeer(try await StreamConnection.connect(to: address, on: loop))
        peer.send(
            Array(
                ("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").utf8))
        _ = await peer.head()
        return peer
    }

    func send(_ bytes: [UInt8]) {
        let stream = stream
        stream.loop.execute { stream.write(bytes) }
    }

    /// Sends a masked frame.
    func send(_ first: UInt8, _ payload: [UInt8]) { send(Self.masked(first, payload)) }

    func pause() {
        let stream = stream
        stream.loop.execute { stream.pauseReading() }
    }

    func resume() {
        let stream = stream
        stream.loop.execute { stream.resumeReading() }
    }

    func close() {
        let stream = stream
        stream.loop.execute { stream.close(afterFlush: false) }
    }

    static func masked(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var frame = WebSocketFrame.encode(.text, payload, mask: 0x1234_5678)
        frame[0] = first
        return frame
    }

    private func change(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            state.changes += 1
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func next<Value: Sendable>(_ take: (inout [UInt8], _ isClosed: Bool) -> Value?) async -> Value? {
        while true {
            let (value, isClosed, seen) = state.withLock { state in
                (take(&state.bytes, state.isClosed), state.isClosed, state.changes)
            }
            if let value { return value }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isNews = state.withLock { state in
                    if state.changes != seen { return true }
                    state.waiter = continuation
                    return false
                }
                if isNews { continuation.resume() }
            }
        }
    }

    /// The head of an HTTP message.
    func head() async -> String? {
        await next { bytes, _ in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { return nil }
            bytes.removeFirst(text[..<end.upperBound].utf8.count)
            return String(text[..<end.lowerBound])
        }
    }

    /// The next frame, unmasked; nil when the connection ends before.
    func frame() async -> Frame? {
        await next { bytes, _ in
            guard bytes.count >= 2 else { return nil }
            var count = Int(bytes[1] & 0x7F)
            var start = 2
            if count >= 126 {
                let width = count == 126 ? 2 : 8
                guard bytes.count >= 2 + width else { return nil }
                count = bytes[2..<(2 + width)].reduce(0) { $0 << 8 | Int($1) }
                start += width
            }
            var mask: [UInt8] = [0, 0, 0, 0]
            if bytes[1] & 0x80 != 0 {
                guard bytes.count >= start + 4 else { return nil }
                mask = Array(bytes[start..<(start + 4)])
                start += 4
            }
            guard bytes.count >= start + count else { return nil }
            let payload = bytes[start..<(start + count)].enumerated().map { $1 ^ mask[$0 & 3] }
            let frame = Frame(first: bytes[0], payload: payload)
            bytes.removeFirst(start + count)
            return frame
        }
    }

    /// The code of the close frame that follows, whatever comes before it.
    func closeCode() async -> Int? {
        while let frame = await frame() {
            if frame.first == 0x88 { return frame.code ?? 1005 }
        }
        return nil
    }

    /// Whether the connection ends.
    func ends() async -> Bool { await next { _, isClosed in isClosed ? true : nil } ?? true }
}

/// Runs `body` against a server whose every connection is given to `onOpen`.
func withWebSocketServer(
    _ change: (inout WebSocketLimits) -> Void = { _ in }, group: EventLoopGroup = EventLoopGroup(count: 1),
    onOpen: @escaping @Sendable (WebSocketConnection) -> Void = echo,
    _ body: @escaping (SocketAddress, EventLoop) async throws -> Void
) async throws {
    var limits = WebSocketLimits()
    change(&limits)
    let server = HTTPServer(
        HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), group: group, logger: .silent,
        metrics: Metrics()
    ) { [limits] request in
        WebSocketUpgrade.respond(to: request, limits: limits, subprotocols: ["b", "a"], onOpen: onOpen)
    }
    try server.start()
    let running = Task { try await server.run() }
    do {
        try await body(server.address, group.next())
    } catch {
        server.shutdown()
        throw error
    }
    server.shutdown()
    try await running.value
}

/// Sends back what comes.
@Sendable func echo(_ connection: WebSocketConnection) {
    connection.start(
        onText: { connection.send(text: $0) }, onBinary: { connection.send(binary: $0) }, onClose: { _ in })
}
