internal import EventLoop
import Synchronization

/// One whole message.
package enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary([UInt8])
}

extension WebSocketConnection {
    /// Starts the connection and gives its messages one by one, to one consumer.
    ///
    /// While the consumer is more than `window` messages behind, nothing is read from the peer. The sequence ends when
    /// the connection was closed with 1000, or the consumer's task was cancelled, and throws ``WebSocketError``
    /// otherwise. Whoever stops consuming has to close the connection.
    package func messages(window: Int = 64) -> WebSocketMessages {
        let messages = WebSocketMessages(connection: self, window: window)
        loop.executeNow { messages.start() }
        return messages
    }
}

/// The messages of a connection, as they come; see ``WebSocketConnection/messages(window:)``.
package final class WebSocketMessages: AsyncSequence, AsyncIteratorProtocol, Sendable {
    package typealias Element = WebSocketMessage

    private struct State {
        // Read from `head` on, so that taking a message does not move the others.
        var messages: [WebSocketMessage] = []
        var head = 0
        var isPaused = false
        var close: WebSocketClose?
        var waiter: CheckedContinuation<Void, Never>?

        var count: Int { messages.count - head }
    }

    private enum Step {
        case message(WebSocketMessage, mustResume: Bool)
        case end(WebSocketClose)
        case wait
    }

    private let connection: WebSocketConnection
    private let window: Int
    private let state = Mutex(State())

    init(connection: WebSocketConnection, window: Int) {
        self.connection = connection
        self.window = Swift.max(1, window)
    }

    /// How the connection ended; nil while it has not.
    package var close: WebSocketClose? { state.withLock { $0.close } }

    package func makeAsyncIterator() -> WebSocketMessages { self }

    package func next() async throws -> WebSocketMessage? {
        while !Task.isCancelled {
            switch step() {
            case .message(let message, let mustResume):
                if mustResume { connection.resumeReading() }
                return message
            case .end(let close):
                guard close.code != 1000 else { return nil }
                throw WebSocketError(.closed(close), "the WebSocket connection was closed with \(close)")
            case .wait:
                await withTaskCancellationHandler {
                    await wait()
                } onCancel: {
                    wake { _ in }
                }
            }
        }
        return nil
    }

    func start() {
        connection.start(
            onText: { self.received(.text($0)) }, onBinary: { self.received(.binary($0)) },
            onClose: { close in self.wake { $0.close = close } })
    }

    private func received(_ message: WebSocketMessage) {
        var mustPause = false
        wake { state in
            state.messages.append(message)
            if state.count >= window, !state.isPaused {
                state.isPaused = true
                mustPause = true
            }
        }
        if mustPause { connection.pauseReading() }
    }

    private func step() -> Step {
        state.withLock { state in
            guard state.count > 0 else { return state.close.map { .end($0) } ?? .wait }
            let message = state.messages[state.head]
            state.head += 1
            if state.head == state.messages.count {
                state.messages.removeAll(keepingCapacity: state.head <= window)
                state.head = 0
            }
            let mustResume = state.isPaused && state.count <= window / 2
            if mustResume { state.isPaused = false }
            return .message(message, mustResume: mustResume)
        }
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let isNews = state.withLock { state in
                if state.count > 0 || state.close != nil || Task.isCancelled { return true }
                state.waiter = continuation
                return false
            }
            if isNews { continuation.resume() }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
