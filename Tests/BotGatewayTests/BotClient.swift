import ChatModel
import EventLoop
import Foundation
import MartletBot
import WebSocket

/// A bot's connection, frame by frame.
final class BotClient: Sendable {
    private let connection: WebSocketConnection
    private let queue = FrameQueue()

    init(_ node: BotServer) async throws {
        let loop = node.group.next()
        connection = try await WebSocketConnection.connect(
            url: node.address.replacing("http://", with: "ws://") + "/v1/bot", on: loop)
        loop.execute { [connection, queue] in
            connection.start(
                onText: { _ = queue.push($0) }, onBinary: { _ in }, onClose: { _ in queue.finishAfterLast() })
        }
    }

    /// The next frame; nil once the connection is closed.
    func next() async throws -> JSONValue? {
        guard let text = await queue.next() else { return nil }
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    func send(_ frame: JSONValue) throws {
        connection.send(text: String(decoding: try JSONEncoder().encode(frame), as: UTF8.self))
    }

    func send(raw text: String) { connection.send(text: text) }

    /// Says hello and starts.
    ///
    /// - Returns: The `ready` frame, or what came instead.
    func start(
        _ token: String, events: [String] = ["message.created"], cursor: Cursor? = nil,
        extra: [String: JSONValue] = [:]
    ) async throws -> JSONValue? {
        _ = try await next()
        let frame: [String: JSONValue] = [
            "op": "start", "token": .string(token), "events": .array(events.map { .string($0) }),
            "cursor": cursor.map { .string("\($0)") } ?? .null,
        ]
        try send(.object(frame.merging(extra) { $1 }))
        return try await next()
    }

    func ack(_ event: JSONValue?) throws { try send(["op": "ack", "cursor": event?["cursor"] ?? .null]) }

    func close() { connection.close() }
}
