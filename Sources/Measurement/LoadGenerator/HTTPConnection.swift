/// A connection of HTTP/1.1 that is kept open; requests may be written before the answers to those before have come.
///
/// Used on its loop alone.
package final class HTTPConnection: @unchecked Sendable {
    /// Gets the status and the body, or nil when the connection ended first.
    package typealias Completion = ((status: Int, body: UnsafeRawBufferPointer)?) -> Void

    private let socket: LoadSocket
    private var reader = HTTPAnswerReader()
    private var waiting: [Completion] = []
    private var head = 0

    private init(_ loop: LoadLoop) { socket = LoadSocket(loop) }

    package static func connect(to port: UInt16, on loop: LoadLoop) async throws -> HTTPConnection {
        let connection = HTTPConnection(loop)
        try await connection.socket.connect(
            to: port, onRead: { [unowned connection] in connection.received($0) },
            onClose: { [weak connection] in connection?.ended() })
        return connection
    }

    package var isOpen: Bool { socket.isOpen }

    /// - Parameter request: A whole request, as it goes over the wire.
    package func send(_ request: [UInt8], _ completion: @escaping Completion) {
        guard socket.isOpen else { return completion(nil) }
        waiting.append(completion)
        socket.write(request)
    }

    package func close() {
        socket.close()
        ended()
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        do {
            try reader.read(bytes) { status, body in
                guard head < waiting.count else { return }
                let completion = waiting[head]
                head += 1
                if head == waiting.count {
                    waiting.removeAll(keepingCapacity: true)
                    head = 0
                }
                completion((status, body))
            }
        } catch {
            close()
        }
    }

    private func ended() {
        let left = waiting[head...]
        waiting = []
        head = 0
        for completion in left { completion(nil) }
    }

    /// The bytes of a request with a JSON body.
    package static func request(
        _ method: String, _ path: String, token: String?, body: [UInt8] = []
    ) -> [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if let token { text += "Authorization: Bearer \(token)\r\n" }
        if !body.isEmpty { text += "Content-Type: application/json\r\n" }
        if !body.isEmpty || method != "GET" { text += "Content-Length: \(body.count)\r\n" }
        return Array((text + "\r\n").utf8) + body
    }
}
