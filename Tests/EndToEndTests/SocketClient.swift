import ChatModel
import EventLoop
import Foundation
import HTTPTypes
import Synchronization
import WebSocket

/// A WebSocket client that keeps what it got.
final class SocketClient: Sendable {
    private static let loop = EventLoop(name: "sockets")

    private struct State {
        var frames: [JSONValue] = []
        /// By op; kept beside the frames, which are many and are asked for often.
        var counts: [String: Int] = [:]
        var close: WebSocketClose?
    }

    private let socket: WebSocketConnection
    private let state = Mutex(State())

    init(
        _ server: MartletProcess, token: String, path: String = "/v1/ws", start: String = #"{"op":"start"}"#
    ) async throws {
        socket = try await WebSocketConnection.connect(
            url: server.url.replacing("http:", with: "ws:") + path, headers: ["Authorization": "Bearer \(token)"],
            on: Self.loop)
        await withCheckedContinuation { done in
            Self.loop.execute {
                self.socket.start(
                    onText: { text in
                        // Every message comes back as an event too; the answers are what is asked for here.
                        if text.hasPrefix(#"{"op":"event""#) { return }
                        let frame = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
                        self.state.withLock {
                            $0.frames.append(frame ?? .null)
                            $0.counts[frame?["op"]?.string ?? "", default: 0] += 1
                        }
                    }, onBinary: { _ in }, onClose: { close in self.state.withLock { $0.close = close } })
                done.resume()
            }
        }
        send(start)
    }

    func send(_ text: String) { socket.send(text: text) }
    func close() { socket.close() }

    var closing: WebSocketClose? { state.withLock { $0.close } }
    func frames(_ op: String) -> [JSONValue] { state.withLock { $0.frames }.filter { $0["op"]?.string == op } }
    func count(_ op: String) -> Int { state.withLock { $0.counts[op] ?? 0 } }
}
