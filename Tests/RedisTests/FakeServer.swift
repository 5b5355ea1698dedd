import EventLoop
import Synchronization

/// A server that greets like Redis and then says what a test wants it to.
final class FakeServer: Sendable {
    enum Step: Sendable {
        case say(String)
        case close
    }

    private let listener: StreamListener
    private let connections: Box
    var address: SocketAddress { listener.address }
    /// How many connections there have been.
    var connectionCount: Int { connections.count.withLock { $0 } }

    private final class Box: Sendable { let count = Mutex(0) }

    /// - Parameter answer: What to do when the command number `command`, from 0, of connection number `connection`,
    ///   from 1, has come; several commands that come in one piece count as one.
    init(
        on group: EventLoopGroup, greeting: String = "+OK\r\n+PONG\r\n",
        answer: @escaping @Sendable (_ connection: Int, _ command: Int) -> [Step]
    ) throws {
        let connections = Box()
        self.connections = connections
        listener = try StreamListener(.tcp(host: "127.0.0.1", port: 0), on: group) { connection in
            let number = connections.count.withLock { count in
                count += 1
                return count
            }
            var command = -1
            connection.start(
                onRead: { bytes in
                    if command < 0 {
                        connection.write(greeting)
                    } else {
                        for step in answer(number, command) {
                            switch step {
                            case .say(let text): connection.write(text)
                            case .close: connection.close()
                            }
                        }
                    }
                    command += 1
                    return bytes.count
                }, onClose: { _ in })
        }
    }

    func close() { listener.close() }
}
