import EventLoop
import Synchronization

/// A server on a port of its own that answers by script and keeps what it was sent.
final class ScriptedServer: Sendable {
    enum Answer {
        /// Written as it is; the connection stays open.
        case bytes([UInt8])
        case text(String)
        /// Written, then the connection is closed.
        case last(String)
        /// The head, then the piece again and again.
        case endless(head: String, piece: [UInt8])
        case silence
    }

    enum Kind {
        /// Asks the script for every whole request.
        case http
        /// Asks the script for every line, and for the message after a 354; greets with `greeting`.
        case lines(greeting: String)
    }

    let listener: StreamListener
    private let log: Log

    /// Records shared with the connections, which may live longer than the server.
    private final class Log: Sendable {
        let requests = Mutex<[String]>([])
        let connections = Mutex(0)
        let ends: AsyncStream<Void>
        let ended: AsyncStream<Void>.Continuation
        init() { (ends, ended) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16)) }
    }

    init(
        _ group: EventLoopGroup, at address: SocketAddress = .tcp(host: "127.0.0.1", port: 0), kind: Kind = .http,
        answer: @escaping @Sendable (String) -> Answer
    ) throws {
        let log = Log()
        self.log = log
        listener = try StreamListener(address, on: group) { connection in
            log.connections.withLock { $0 += 1 }
            var piece: [UInt8]?
            var isMessage = false
            connection.start(
                onRead: { bytes in
                    guard piece == nil else { return bytes.count }
                    let text = String(decoding: bytes, as: UTF8.self)
                    let length =
                        switch kind {
                        case .http: Self.requestLength(text)
                        case .lines: Self.length(text, through: isMessage ? "\r\n.\r\n" : "\r\n")
                        }
                    guard let length else { return 0 }
                    let request = String(decoding: bytes.prefix(length), as: UTF8.self)
                    log.requests.withLock { $0.append(request) }
                    switch answer(request) {
                    case .bytes(let bytes): connection.write(bytes)
                    case .text(let text):
                        isMessage = text.hasPrefix("354")
                        connection.write(text)
                    case .last(let text):
                        connection.write(text)
                        connection.close()
                    case .endless(let head, let repeated):
                        piece = repeated
                        connection.write(head)
                    case .silence: break
                    }
                    return length
                },
                onWritable: { if let piece { connection.write(piece) } },
                onClose: { _ in log.ended.yield() })
            if case .lines(let greeting) = kind { connection.write(greeting) }
        }
    }

    deinit { listener.close() }

    var port: UInt16 { if case .tcp(_, let port) = listener.address { port } else { 0 } }
    var url: String { "http://127.0.0.1:\(port)/" }
    var requests: [String] { log.requests.withLock { $0 } }
    var connectionCount: Int { log.connections.withLock { $0 } }

    /// Waits until a connection has ended.
    func connectionEnd() async {
        for await _ in log.ends { return }
    }

    private static func length(_ text: String, through end: String) -> Int? {
        guard let range = text.utf8.firstRange(of: Array(end.utf8)) else { return nil }
        return text.utf8.distance(from: text.startIndex, to: range.upperBound)
    }

    private static func requestLength(_ text: String) -> Int? {
        guard let head = length(text, through: "\r\n\r\n") else { return nil }
        let lines = text.lowercased().split(separator: "\r\n")
        let field = lines.first { $0.hasPrefix("content-length:") }
        let body = field.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
        return text.utf8.count >= head + body ? head + body : nil
    }
}

/// An answer with a length.
func ok(_ body: String = "", status: String = "200 OK", headers: String = "") -> ScriptedServer.Answer {
    .text("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
}
