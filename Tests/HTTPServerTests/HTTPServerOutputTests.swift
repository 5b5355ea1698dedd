import EventLoop
import HTTPServer
import HTTPTypes
import Lifecycle
import Synchronization
import Telemetry
import Testing

/// Answers leave without the kernel being asked first; these are the moments in which it would have had something to
/// say.
@Suite(.timeLimit(.minutes(1)))
struct HTTPServerOutputTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func `what the kernel does not take at once follows, and the connection goes on`() async throws {
        let body = (0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withServer(handler: { request in
            request.path == "/large" ? HTTPResponse(body: .bytes(body)) : HTTPResponse(text: "small")
        }) { server, connect in
            let group = EventLoopGroup(count: 1)
            let slow = try await RawClient(server.address, on: group.next(), isReading: false)
            slow.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get)
            // Others are served meanwhile.
            let other = try await connect()
            other.send(Self.get)
            #expect(await other.answer()?.text == "small")
            slow.resume()
            let large: [UInt8]? = await slow.next { bytes, _ in
                guard bytes.count > body.count, let end = RawClient.find("\r\n\r\n", in: Array(bytes.prefix(1000))),
                    bytes.count >= end + 4 + body.count
                else { return nil }
                defer { bytes.removeFirst(end + 4 + body.count) }
                return Array(bytes[(end + 4)..<(end + 4 + body.count)])
            }
            #expect(large == body)
            #expect(await slow.answer()?.text == "small")
            slow.send(Self.get)
            #expect(await slow.answer()?.text == "small")
        }
    }

    @Test(arguments: [10, 5_000_000])
    func `a client that leaves in the moment of its answer takes nothing with it`(size: Int) async throws {
        let metrics = Metrics()
        let body = [UInt8](repeating: 0x61, count: size)
        let arrivals = Latches()
        let answers = Latches()
        try await withServer({ $0.drainTimeout = .seconds(300) }, metrics: metrics) { request in
            arrivals[request.path].open()
            await answers[request.path].wait()
            return HTTPResponse(body: .bytes(body))
        } _: { _, connect in
            for number in 0..<30 {
                let path = "/\(number)"
                let answer = answers[path]
                let client = try await connect()
                client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                await arrivals[path].wait()
                // The server answers on the same loop: in this turn before the end of the connection, in that behind it.
                let connection = client.connection
                connection.loop.execute {
                    if number.isMultiple(of: 2) {
                        connection.close(afterFlush: false)
                        answer.open()
                    } else {
                        answer.open()
                        connection.loop.execute { connection.close(afterFlush: false) }
                    }
                }
            }
            answers["/"].open()
            let client = try await connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(await client.next { bytes, isClosed in isClosed ? bytes.count > size : nil } == true)
        }
        #expect(metrics.exposition().contains("martlet_http_connections 0\n"))
    }

    @Test func `requests that come in one packet are answered in order, up to the one that is the last`() async throws {
        let count = 500
        try await withServer(handler: { request in
            let number = Int(request.path.dropFirst()) ?? 0
            return HTTPResponse(text: String(repeating: "\(number),", count: number % 7 == 0 ? 20_000 : 1))
        }) { _, connect in
            let client = try await connect()
            var packet = ""
            for number in 0..<count {
                let end = number == count - 1 ? "Connection: close\r\n" : ""
                packet += "GET /\(number) HTTP/1.1\r\nHost: h\r\n\(end)\r\n"
            }
            client.send(packet + "GET /\(count) HTTP/1.1\r\nHost: h\r\n\r\n")
            for number in 0..<count {
                let answer = try #require(await client.answer())
                #expect(answer.text.hasPrefix("\(number),"))
            }
            #expect(await client.ends())
        }
    }

    private final class Latches: Sendable {
        private let latches = Mutex<[String: Latch]>([:])

        subscript(path: String) -> Latch {
            latches.withLock { latches in
                let latch = latches[path] ?? Latch()
                latches[path] = latch
                return latch
            }
        }
    }
}
