import ChatModel
import ChatService
import ChatTestSupport
import EventLog
import EventLoop
import Foundation
import GatewayKit
import HTTPRouting
import HTTPServer
import HTTPTypes
import Lifecycle
import Realtime
import Redis
import Synchronization
import Telemetry
import TestSupport
import Testing
import WebSocket

/// The WebSocket gateway on a port of its own, in front of a chat fixture.
final class RealtimeServer: Sendable {
    let fixture: ChatFixture
    let gateway: RealtimeGateway
    private let server: HTTPServer
    private let services: ServiceGroup
    private let running: Task<Void, any Error>
    private let clients: EventLoop

    private static let starting = Task {
        try await RealtimeServer(ChatFixture(encode: { WebSocketFrame.text($0) }))
    }

    /// One for all tests, ended with the process.
    static func shared() async throws -> RealtimeServer { try await starting.value }

    init(_ fixture: ChatFixture, startTimeout: Duration = .seconds(10), socketsPerUser: Int = 100) async throws {
        self.fixture = fixture
        clients = EventLoop(name: "clients")
        let service = fixture.service
        let ephemeral = EphemeralBus(
            redis: fixture.redisClient(),
            subscriber: RedisSubscriber(fixture.redis, loop: fixture.group.next(), logger: .silent, name: "ephemeral"),
            hub: fixture.hub, node: "test", logger: .silent)
        let gateway = RealtimeGateway(
            service: service, log: fixture.log, ephemeral: ephemeral, allowedOrigins: nil,
            startTimeout: startTimeout, socketsPerUser: socketsPerUser, logger: .silent, metrics: Metrics())
        self.gateway = gateway
        let router = Router(
            routes: gateway.routes, authenticate: { try await Authentication.principal(of: $0, service) },
            metrics: Metrics(),
            logger: .silent)
        server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), group: fixture.group, logger: .silent,
            metrics: Metrics()
        ) { await router.handle($0) }
        try server.start()
        let services = ServiceGroup([ephemeral, service.receipts, gateway, server], logger: .silent)
        self.services = services
        // Ended by `stop`, or with the process.
        running = Task { try await services.run() }
        // Who comes before is not heard of.
        await ephemeral.waitUntilReady()
    }

    func stop() async {
        services.shutdown()
        _ = try? await running.value
        await fixture.stop()
    }

    var url: String {
        guard case .tcp(let host, let port) = server.address else { return "" }
        return "ws://\(host):\(port)/v1/ws"
    }

    func connect(token: String? = nil) async throws -> Client {
        let socket = try await WebSocketConnection.connect(
            url: url, headers: token.map { ["Authorization": "Bearer \($0)"] } ?? [:], on: clients)
        return await Client(socket)
    }

    /// A connection that has started; from now on, or after `cursor`.
    func started(_ token: String, after cursor: String? = nil) async throws -> Client {
        let client = try await connect()
        let cursor = cursor.map { ",\"cursor\":\"\($0)\"" } ?? ""
        client.send("{\"op\":\"start\",\"token\":\"\(token)\"\(cursor)}")
        _ = try await client.next("ready")
        return client
    }
}

/// A WebSocket client that keeps what it got, in order.
final class Client: Sendable {
    private struct State {
        var frames: [JSONValue] = []
        var read = 0
        var close: WebSocketClose?
    }

    private let socket: WebSocketConnection
    private let state = Mutex(State())
    private let changes = WakeSignal()

    init(_ socket: WebSocketConnection) async {
        self.socket = socket
        await withCheckedContinuation { done in
            socket.loop.execute {
                socket.start(
                    onText: { text in
                        let frame = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
                        self.state.withLock { $0.frames.append(frame ?? .string(text)) }
                        self.changes.signal()
                    }, onBinary: { _ in },
                    onClose: { close in
                        self.state.withLock { $0.close = close }
                        self.changes.signal()
                    })
                done.resume()
            }
        }
    }

    func send(_ text: String) { socket.send(text: text) }
    func send(binary: [UInt8]) { socket.send(binary: binary) }
    func pauseReading() { socket.pauseReading() }
    func resumeReading() { socket.resumeReading() }
    func close() { socket.close() }

    /// Everything that came, read or not.
    var frames: [JSONValue] { state.withLock { $0.frames } }

    /// The next frame with one of these ops; those before it are passed over.
    func next(_ ops: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> JSONValue {
        while true {
            let (frame, close) = state.withLock { state -> (JSONValue?, WebSocketClose?) in
                while state.read < state.frames.count {
                    state.read += 1
                    let frame = state.frames[state.read - 1]
                    if let op = frame["op"]?.string, ops.contains(op) { return (frame, nil) }
                }
                return (nil, state.close)
            }
            if let frame { return frame }
            if let close {
                throw NeverHappened(description: "closed with \(close) before \(ops), at \(sourceLocation)")
            }
            await changes.wait()
        }
    }

    /// The next event of a type.
    func event(_ type: EventType) async throws -> JSONValue {
        while true {
            let event = try await next("event")
            if event["type"]?.string == type.description { return event }
        }
    }

    /// How the server ended the connection.
    func closed() async -> WebSocketClose {
        while true {
            if let close = state.withLock({ $0.close }) { return close }
            await changes.wait()
        }
    }
}
