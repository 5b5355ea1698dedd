import EventLoop
import Foundation
import HTTPTypes
import Synchronization
import WebSocket

/// Sends at a fixed rate and measures when a reader on another WebSocket has each message.
///
/// Open loop: the send times are fixed beforehand and latency counts from them, so that a stall is not hidden by the
/// sender waiting too. The time includes the way in and the commit: it is an upper bound of commit to receiver.
struct LatencyBench {
    let server: BenchServer
    let loop: EventLoop
    let rate: Int
    let seconds: Int

    private static let channels = 10

    func run() async throws -> [Figure] {
        let admin = try server.administrator()
        let session = try await HTTP.post(
            "\(server.url)/v1/auth/login", ["handle": admin.handle, "password": admin.password])
        guard let token = session["access_token"] as? String else { throw BenchError("no token") }
        var channels: [Int] = []
        for number in 0..<Self.channels {
            let channel = try await HTTP.post(
                "\(server.url)/v1/channels", token: token, ["kind": "public", "name": "latency-\(number)"])
            channels.append((channel["id"] as? NSNumber)?.intValue ?? 0)
        }
        let measurement = Measurement(count: rate * seconds)
        let reader = try await connect(token)
        let sender = try await connect(token)
        try await measurement.read(from: reader, on: loop)
        try await measurement.acknowledge(from: sender, on: loop)
        let start = ContinuousClock.now + .milliseconds(50)
        let interval = Duration.seconds(1) / rate
        for number in 0..<(rate * seconds) {
            let due = start + interval * number
            let now = ContinuousClock.now
            if due > now { try await Task.sleep(until: due, clock: .continuous) }
            measurement.sent(number, at: due)
            sender.send(
                text: "{\"op\":\"send\",\"id\":\"\(number)\",\"channel_id\":\(channels[number % channels.count]),"
                    + "\"text\":\"m\(number)\"}")
        }
        let deadline = ContinuousClock.now + .seconds(20)
        while !measurement.isComplete, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        reader.close()
        sender.close()
        return try measurement.figures()
    }

    private func connect(_ token: String) async throws -> WebSocketConnection {
        try await WebSocketConnection.connect(
            url: "ws://127.0.0.1:\(server.port)/v1/ws", headers: ["Authorization": "Bearer \(token)"], on: loop)
    }
}

/// When each message was due, was acknowledged, and was received.
private final class Measurement: Sendable {
    private struct State {
        var due: [ContinuousClock.Instant?]
        var acknowledged: [Double?]
        var received: [Double?]
        var receivedCount = 0
        var acknowledgedCount = 0
    }

    private let state: Mutex<State>
    private let count: Int

    init(count: Int) {
        self.count = count
        state = Mutex(
            State(
                due: Array(repeating: nil, count: count), acknowledged: Array(repeating: nil, count: count),
                received: Array(repeating: nil, count: count)))
    }

    var isComplete: Bool { state.withLock { $0.receivedCount == count && $0.acknowledgedCount == count } }

    func sent(_ number: Int, at due: ContinuousClock.Instant) { state.withLock { $0.due[number] = due } }

    func read(from socket: WebSocketConnection, on loop: EventLoop) async throws {
        try await start(socket, on: loop) { text in
            guard let range = text.range(of: "\"text\":\"m"), let number = Self.number(text[range.upperBound...]) else {
                return
            }
            let now = ContinuousClock.now
            self.state.withLock { state in
                guard let due = state.due[number], state.received[number] == nil else { return }
                state.received[number] = (now - due).seconds
                state.receivedCount += 1
            }
        }
    }

    func acknowledge(from socket: WebSocketConnection, on loop: EventLoop) async throws {
        try await start(socket, on: loop) { text in
            let prefix = "{\"op\":\"sent\",\"id\":\""
            guard text.hasPrefix(prefix), let number = Self.number(text.dropFirst(prefix.count)) else { return }
            let now = ContinuousClock.now
            self.state.withLock { state in
                guard let due = state.due[number], state.acknowledged[number] == nil else { return }
                state.acknowledged[number] = (now - due).seconds
                state.acknowledgedCount += 1
            }
        }
    }

    private func start(
        _ socket: WebSocketConnection, on loop: EventLoop, _ handle: @escaping @Sendable (String) -> Void
    ) async throws {
        let isReady = Mutex(false)
        await withCheckedContinuation { ready in
            loop.execute {
                socket.start(
                    onText: { text in
                        if text.hasPrefix("{\"op\":\"ready\"") {
                            let isFirst = isReady.withLock { wasReady in
                                defer { wasReady = true }
                                return !wasReady
                            }
                            if isFirst { ready.resume() }
                        } else {
                            handle(text)
                        }
                    }, onBinary: { _ in }, onClose: { _ in })
                socket.send(text: "{\"op\":\"start\"}")
            }
        }
    }

    func figures() throws -> [Figure] {
        let state = state.withLock { $0 }
        let received = state.received.compactMap { $0 }.sorted()
        let acknowledged = state.acknowledged.compactMap { $0 }.sorted()
        guard received.count == count, acknowledged.count == count else {
            throw BenchError("\(count) sent, \(acknowledged.count) acknowledged, \(received.count) received")
        }
        let after = zip(state.received, state.acknowledged).map { ($0 ?? 0) - ($1 ?? 0) }.sorted()
        return [
            Figure("acknowledgement to receiver, p99", Self.percentile(after, 0.99) * 1000, "ms"),
            Figure("send to acknowledgement, p50", Self.percentile(acknowledged, 0.5) * 1000, "ms"),
            Figure("send to acknowledgement, p99", Self.percentile(acknowledged, 0.99) * 1000, "ms"),
            Figure("send to receiver, p50", Self.percentile(received, 0.5) * 1000, "ms", goal: .atMost(5)),
            Figure("send to receiver, p99", Self.percentile(received, 0.99) * 1000, "ms", goal: .atMost(25)),
        ]
    }

    private static func percentile(_ sorted: [Double], _ share: Double) -> Double {
        sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    private static func number(_ text: Substring) -> Int? { Int(text.prefix { $0.isNumber }) }
}
