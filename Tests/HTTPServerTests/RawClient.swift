import EventLoop
import Synchronization

/// Speaks raw bytes to a server and cuts what comes back into answers.
final class RawClient: Sendable {
    struct Answer: Sendable {
        var status: Int
        var head: String
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts[0].lowercased() == name.lowercased() { return parts[1].drop { $0 == " " }.description }
            }
            return nil
        }
    }

    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var changes = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    let connection: StreamConnection
    private let state = Mutex(State())

    init(
        _ address: SocketAddress, on loop: EventLoop, isReading: Bool = true,
        makeTLS: (@Sendable () -> OpaquePointer?)? = nil
    ) async throws {
        connection = try await StreamConnection.connect(to: address, on: loop, makeTLS: makeTLS)
        await withCheckedContinuation { (started: CheckedContinuation<Void, Never>) in
            loop.execute {
                self.connection.start(
                    onRead: { bytes in
                        self.change { $0.bytes.append(contentsOf: bytes) }
                        return bytes.count
                    }, onClose: { _ in self.change { $0.isClosed = true } })
                if !isReading { self.connection.pauseReading() }
                started.resume()
            }
        }
    }

    deinit {
        let connection = connection
        connection.loop.execute { connection.close(afterFlush: false) }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        let connection = connection
        connection.loop.execute { connection.write(bytes) }
    }

    func close() {
        let connection = connection
        connection.loop.execute { connection.close(afterFlush: false) }
    }

    /// Says that no more is sent, when all has left.
    func endWriting() {
        let connection = connection
        connection.loop.execute { connection.endWriting() }
    }

    func resume() {
        let connection = connection
        connection.loop.execute { connection.resumeReading() }
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

    /// Waits for bytes until `take` makes something of them; nil when the connection ends before.
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

    /// Whether the server ends the connection, without another byte.
    func ends() async -> Bool {
        await next { bytes, isClosed in isClosed ? bytes.isEmpty : (bytes.isEmpty ? nil : false) } ?? true
    }

    /// The next answer, its body unchunked.
    func answer(isHead: Bool = false) async -> Answer? {
        await next { bytes, isClosed in
            guard let end = Self.find("\r\n\r\n", in: bytes) else { return nil }
            let head = String(decoding: bytes[..<end], as: UTF8.self)
            var answer = Answer(status: Int(head.split(separator: " ")[1]) ?? 0, head: head, body: [])
            var rest = Array(bytes[(end + 4)...])
            if isHead || answer.status == 204 || answer.status < 200 {
                bytes = rest
                return answer
            }
            if answer.header("Transfer-Encoding") == "chunked" {
                while true {
                    guard let line = Self.find("\r\n", in: rest),
                        let size = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16),
                        rest.count >= line + size + 4
                    else { return nil }
                    answer.body += rest[(line + 2)..<(line + 2 + size)]
                    rest = Array(rest[(line + size + 4)...])
                    if size == 0 { break }
                }
            } else if let length = answer.header("Content-Length").flatMap({ Int($0) }) {
                guard rest.count >= length else { return nil }
                answer.body = Array(rest[..<length])
                rest = Array(rest[length...])
            } else {
                guard isClosed else { return nil }
                answer.body = rest
                rest = []
            }
            bytes = rest
            return answer
        }
    }

    static func find(_ text: String, in bytes: [UInt8]) -> Int? {
        let pattern = Array(text.utf8)
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first { bytes[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}
