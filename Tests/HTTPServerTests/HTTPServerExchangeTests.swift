import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import Lifecycle
import Synchronization
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerExchangeTests {
    @Test(arguments: [
        ("GET /a%20b?x=1&y HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a%20b x=1&y 0 127.0.0.1"),
        ("GET http://h/abs?q HTTP/1.1\r\nHost: h\r\n\r\n", "GET /abs q 0 127.0.0.1"),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS *  0 127.0.0.1"),
        ("DELETE /d HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "DELETE /d  0 127.0.0.1"),
        ("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", "POST /p  5 127.0.0.1"),
        (
            "PUT /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            "PUT /p  5 127.0.0.1"
        ),
        ("GET /g HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", "GET /g  2 127.0.0.1"),
        (
            "DELETE /d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n",
            "DELETE /d  2 127.0.0.1"
        ),
        (
            "OPTIONS /o HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n",
            "OPTIONS /o  2 127.0.0.1"
        ),
        ("PATCH /p HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\nx", "PATCH /p  1 127.0.0.1"),
        ("GET / HTTP/1.0\r\n\r\n", "GET /  0 127.0.0.1"),
    ])
    func `a request reaches the handler whole`(request: String, expected: String) async throws {
        try await withServer { _, connect in
            let client = try await connect()
            client.send(request)
            let answer = await client.answer()
            #expect(answer?.status == 200)
            #expect(answer?.text == expected)
            #expect(answer?.header("Server") == nil)
        }
    }

    @Test func `one connection serves many requests, even when they come at once or in pieces`() async throws {
        try await withServer { _, connect in
            let client = try await connect()
            let one = "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
            client.send(one + "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n" + "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n")
            for expected in ["POST /1  3 127.0.0.1", "GET /2  0 127.0.0.1", "GET /3  0 127.0.0.1"] {
                #expect(await client.answer()?.text == expected)
            }
            for byte in one.utf8 { client.send([byte]) }
            #expect(await client.answer()?.text == "POST /1  3 127.0.0.1")
        }
    }

    @Test func `HEAD gets the head of what GET gets`() async throws {
        try await withServer { _, connect in
            let client = try await connect()
            client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = await client.answer(isHead: true)
            #expect(answer?.status == 200)
            #expect(answer?.header("Content-Length") == "20")
            #expect(await client.answer()?.text == "GET /y  0 127.0.0.1")
        }
    }

    @Test func `the connection ends when the client or the handler asks for it`() async throws {
        try await withServer(handler: { request in
            HTTPResponse(headers: request.path == "/bye" ? ["Connection": "close"] : [:], text: "x")
        }) { _, connect in
            for request in [
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET /bye HTTP/1.1\r\nHost: h\r\n\r\n",
            ] {
                let client = try await connect()
                client.send(request)
                #expect(await client.answer()?.header("Connection") == "close")
                #expect(await client.ends())
            }
        }
    }

    @Test func `a client that expects 100-continue is told to go on`() async throws {
        try await withServer { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            #expect(await client.answer()?.status == 100)
            client.send("ab")
            #expect(await client.answer()?.text == "POST /  2 127.0.0.1")
        }
    }

    @Test func `line ends in a handler's headers do not reach the client`() async throws {
        try await withServer(handler: { _ in
            HTTPResponse(
                headers: ["X-A": "a\r\nX-Evil: 1", "X-B\r\nX-Evil": "b", "X-C": "c\n d", "X-D": "fine"], text: "x")
        }) { _, connect in
            let client = try await connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let answer = try #require(await client.answer())
            #expect(!answer.head.contains("Evil"))
            #expect(answer.header("X-A") == nil)
            #expect(answer.header("X-C") == nil)
            #expect(answer.header("X-D") == "fine")
        }
    }

    @Test func `text is compressed for those who accept it, and only then`() async throws {
        try await withServer(handler: { request in
            HTTPResponse(
                text: String(repeating: "martlet ", count: request.path == "/short" ? 10 : 1000),
                type: request.path == "/image" ? "image/png" : "application/json")
        }) { _, connect in
            let client = try await connect()
            func get(_ path: String, _ accept: String) async throws -> RawClient.Answer {
                client.send("GET \(path) HTTP/1.1\r\nHost: h\r\nAccept-Encoding: \(accept)\r\n\r\n")
                return try #require(await client.answer())
            }
            let zipped = try await get("/", "br, gzip;q=0.5")
            #expect(zipped.header("Content-Encoding") == "gzip")
            #expect(zipped.header("Vary") == "Accept-Encoding")
            #expect(zipped.body.count < 200)
            #expect(zipped.body.prefix(2) == [0x1F, 0x8B])
            // The stream is used again for the next body.
            #expect(try await get("/", "gzip").body == zipped.body)
            let plain = try await get("/", "gzip;q=0, br")
            #expect(plain.header("Content-Encoding") == nil)
            #expect(plain.header("Vary") == "Accept-Encoding")
            #expect(plain.body.count == 8000)
            #expect(try await get("/short", "gzip").header("Content-Encoding") == nil)
            #expect(try await get("/image", "gzip").header("Content-Encoding") == nil)
        }
    }

    @Test func `a stream comes in chunks`() async throws {
        try await withServer(handler: { _ in
            HTTPResponse(
                body: .stream(
                    AsyncStream { continuation in
                        for piece in ["one", "", "two"] { continuation.yield(Array(piece.utf8)) }
                        continuation.finish()
                    }))
        }) { _, connect in
            let client = try await connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.answer()?.text == "onetwo")
            #expect(await client.answer()?.text == "onetwo")
            let old = try await connect()
            old.send("GET / HTTP/1.0\r\n\r\n")
            #expect(await old.answer()?.text == "onetwo")
        }
    }

    @Test func `a stream waits for a slow client and stops when it has left`() async throws {
        let pulled = Atomic<Int>(0)
        let ended = Latch()
        try await withServer(handler: { _ in
            HTTPResponse(
                body: .stream(
                    AsyncStream {
                        pulled.add(1, ordering: .relaxed)
                        return [UInt8](repeating: 1, count: 65536)
                    } onCancel: {
                        ended.open()
                    }))
        }) { server, _ in
            let group = EventLoopGroup(count: 1)
            let client = try await RawClient(server.address, on: group.next(), isReading: false)
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            // The server goes on only as the client takes; what comes is far less than an endless stream would bring.
            client.resume()
            _ = await client.next { bytes, _ in bytes.count > 2_000_000 ? true : nil }
            client.close()
            #expect(await ended.wait())
            #expect(pulled.load(ordering: .relaxed) > 30)
        }
    }

    @Test func `a large body arrives whole, both ways`() async throws {
        try await withServer(handler: { HTTPResponse(body: .bytes($0.body)) }) { _, connect in
            let client = try await connect()
            let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            // The test's own parser is not made for megabytes.
            let received: [UInt8]? = await client.next { bytes, _ in bytes.count >= body.count + 50 ? bytes : nil }
            #expect(received.map { Array($0.suffix(body.count)) } == body)
        }
    }

    @Test func `an upgraded connection gets the bytes that came with the request`() async throws {
        try await withServer(handler: { _ in
            HTTPResponse(
                status: 101, headers: ["Upgrade": "echo", "Connection": "Upgrade"],
                body: .upgrade { connection in
                    connection.start(
                        onRead: { bytes in
                            connection.write(bytes)
                            if bytes.last == UInt8(ascii: ".") { connection.close() }
                            return bytes.count
                        }, onClose: { _ in })
                })
        }) { _, connect in
            let client = try await connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly ")
            #expect(await client.answer()?.header("Upgrade") == "echo")
            #expect(await client.next { bytes, _ in bytes.count == 6 ? bytes : nil } == Array("early ".utf8))
            client.send("late.")
            #expect(await client.next { bytes, isClosed in isClosed ? bytes : nil } == Array("early late.".utf8))
        }
    }

    @Test func `a Unix socket serves as well`() async throws {
        let path = NSTemporaryDirectory() + "martlet-\(UUID().uuidString.prefix(8)).sock"
        try await withServer({ $0.address = .unix(path: path) }, group: EventLoopGroup(count: 2)) { _, connect in
            let client = try await connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.answer()?.text == "GET /  0 unix")
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `many clients on several loops are all served`() async throws {
        let metrics = Metrics()
        try await withServer(group: EventLoopGroup(count: 2), metrics: metrics) { _, connect in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<40 {
                    tasks.addTask {
                        let client = try await connect()
                        for _ in 0..<20 {
                            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                            #expect(await client.answer()?.status == 200)
                        }
                    }
                }
                try await tasks.waitForAll()
            }
        }
        #expect(metrics.exposition().contains("martlet_http_requests_total{status=\"2xx\"} 800\n"))
        #expect(metrics.exposition().contains("martlet_http_request_seconds_count 800\n"))
        #expect(metrics.exposition().contains("martlet_http_connections 0\n"))
    }
}
