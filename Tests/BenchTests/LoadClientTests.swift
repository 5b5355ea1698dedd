import EventLoop
import HTTPServer
import HTTPTypes
import LoadGenerator
import Synchronization
import Telemetry
import Testing
import WebSocket

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The clients of the loads against the project's own server.
@Suite(.timeLimit(.minutes(1)))
struct LoadClientTests {
    private static let loop = LoadLoop(name: "load-test")

    /// Answers with the body, or echoes each frame twice.
    private func serve() throws -> (server: HTTPServer, port: UInt16) {
        let server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), group: EventLoopGroup(count: 1),
            logger: .silent, metrics: Metrics()
        ) { request in
            guard request.path == "/ws" else {
                return HTTPResponse(status: 201, text: String(decoding: request.body, as: UTF8.self))
            }
            return WebSocketUpgrade.respond(to: request) { socket in
                socket.start(
                    onText: { text in
                        socket.send(text: text)
                        socket.send(text: text)
                    }, onBinary: { _ in }, onClose: { _ in })
            }
        }
        try server.start()
        guard case .tcp(_, let port) = server.address else { throw LoadError("no port") }
        return (server, port)
    }

    @Test func `requests are answered in their order, also when many are under way`() async throws {
        let (server, port) = try serve()
        defer { server.shutdown() }
        let answers = try await Task(executorPreference: Self.loop.loop) {
            let connection = try await HTTPConnection.connect(to: port, on: Self.loop)
            var answers: [String] = []
            await withCheckedContinuation { continuation in
                for number in 0..<100 {
                    let request = HTTPConnection.request("POST", "/x", token: "t", body: Array("n\(number)".utf8))
                    connection.send(request) { answer in
                        answers.append(answer.map { "\($0.status) \(String(decoding: $0.body, as: UTF8.self))" } ?? "")
                        if answers.count == 100 { continuation.resume() }
                    }
                }
            }
            connection.close()
            return answers
        }.value
        #expect(answers == (0..<100).map { "201 n\($0)" })
    }

    @Test func `frames come back whole, small and large`() async throws {
        let (server, port) = try serve()
        defer { server.shutdown() }
        let texts = ["a", String(repeating: "b", count: 200), String(repeating: "c", count: 60_000)]
        let heard = try await Task(executorPreference: Self.loop.loop) {
            let heard = Mutex<[Int]>([])
            let waiter = Mutex<CheckedContinuation<Void, Never>?>(nil)
            let socket = try await WebSocketClient.connect(to: port, path: "/ws", on: Self.loop) { payload in
                let count = heard.withLock { heard in
                    heard.append(payload.count)
                    return heard.count
                }
                if count == 6 { waiter.withLock { $0 }?.resume() }
            }
            await withCheckedContinuation { continuation in
                waiter.withLock { $0 = continuation }
                for text in texts { socket.send(text) }
            }
            socket.close()
            return heard.withLock { $0 }
        }.value
        #expect(heard == [1, 1, 200, 200, 60_000, 60_000])
    }

    @Test func `an address that speaks no WebSocket is refused with its status`() async throws {
        let (server, port) = try serve()
        defer { server.shutdown() }
        let failure = await Task(executorPreference: Self.loop.loop) {
            await #expect(throws: LoadError.self) {
                _ = try await WebSocketClient.connect(to: port, path: "/no", on: Self.loop) { _ in }
            }
        }.value
        #expect(failure?.description.contains("201") == true)
    }

    @Test func `nobody at the port is told as such`() async throws {
        // Bound, so that nobody else gets it, and not listened to.
        #if canImport(Glibc)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                getsockname(descriptor, $0, &length)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        await Task(executorPreference: Self.loop.loop) {
            _ = await #expect(throws: LoadError.self) { try await HTTPConnection.connect(to: port, on: Self.loop) }
        }.value
    }
}
