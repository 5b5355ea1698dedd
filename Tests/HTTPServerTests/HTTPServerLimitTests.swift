import EventLoop
import HTTPServer
import HTTPTypes
import Lifecycle
import Synchronization
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerLimitTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test(arguments: [
        ("nonsense\r\n\r\n", 400, "malformed_request"),
        ("GET /\r\nHost: h\r\n\r\n", 400, "malformed_request"),
        ("GET / HTTP/9.9\r\nHost: h\r\n\r\n", 505, "version_not_supported"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "malformed_request"),
        ("GET / HTTP/1.1\r\nHost: h\r\nA b: c\r\n\r\n", 400, "malformed_request"),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: \u{1}\r\n\r\n", 400, "malformed_request"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "bad_host"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_host"),
        ("FROB / HTTP/1.1\r\nHost: h\r\n\r\n", 501, "method_not_implemented"),
        ("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed"),
        ("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "ambiguous_length"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nab", 400, "ambiguous_length"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, ""),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na", 400, "ambiguous_length"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1,1\r\n\r\na", 400, ""),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400, ""),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 1\r\n\r\na", 400, "malformed_request"),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding"
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501,
            "unsupported_transfer_encoding"
        ),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "malformed_request"),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "ambiguous_length"),
        (
            "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 33\r\n\r\nGET /hidden HTTP/1.1\r\nHost: h\r\n\r\n", 400,
            "unexpected_body"
        ),
        ("HEAD / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "unexpected_body"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: magic\r\n\r\n", 417, "unknown_expectation"),
    ])
    func `a request that can be read in two ways is refused and the connection closed`(
        request: String, status: Int, code: String
    ) async throws {
        let handled = Atomic<Int>(0)
        try await withServer(handler: { _ in
            handled.add(1, ordering: .relaxed)
            return HTTPResponse(text: "no")
        }) { _, connect in
            let client = try await connect()
            client.send(request)
            let answer = try #require(await client.answer())
            #expect(answer.status == status)
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect(answer.text.contains("\"status\":\(status),\"code\":\"\(code)"))
            #expect(await client.ends())
        }
        #expect(handled.load(ordering: .relaxed) == 0)
    }

    @Test func `a head over the limit is refused`() async throws {
        try await withServer({ $0.maximumHeadBytes = 1000 }) { _, connect in
            let filler = String(repeating: "x", count: 1000)
            for (request, status, code) in [
                ("GET /\(filler) HTTP/1.1\r\nHost: h\r\n\r\n", 414, "target_too_long"),
                ("GET /\(filler)", 414, "target_too_long"),
                ("GET / HTTP/1.1\r\nHost: h\r\nA: \(filler)\r\n\r\n", 431, "head_too_large"),
                ("GET / HTTP/1.1\r\nA: \(filler)", 431, "head_too_large"),
            ] {
                let client = try await connect()
                client.send(request)
                let answer = await client.answer()
                #expect(answer?.status == status)
                #expect(answer?.text.contains(code) == true)
                #expect(await client.ends())
            }
        }
    }

    @Test func `more header fields than anybody needs are refused`() async throws {
        try await withServer { _, connect in
            let client = try await connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "a: b\r\n", count: 200) + "\r\n")
            #expect(await client.answer()?.status == 431)
            #expect(await client.ends())
        }
    }

    @Test func `a body over the limit is refused however its length is told`() async throws {
        try await withServer({ $0.maximumBodyBytes = 1000 }) { _, connect in
            let body = String(repeating: "x", count: 5000)
            for request in [
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n\(body)",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n\(body)\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n\(body)",
            ] {
                let client = try await connect()
                client.send(request)
                let answer = await client.answer()
                #expect(answer?.status == 413)
                #expect(answer?.text.contains("body_too_large") == true)
                #expect(await client.ends())
            }
            let exact = try await connect()
            exact.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n\(body.prefix(1000))")
            #expect(await exact.answer()?.status == 200)
        }
    }

    @Test func `a body that never ends is cut off`() async throws {
        try await withServer({
            $0.maximumBodyBytes = 1000
            $0.arrivalGrace = .milliseconds(200)
        }) { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999\r\n\r\n")
            client.send([UInt8](repeating: 1, count: 4_000_000))
            #expect(await client.next { _, isClosed in isClosed ? true : nil } == true)
        }
    }

    @Test(arguments: [
        "", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\nA: b",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
    ])
    func `a request that does not arrive in time ends the connection`(start: String) async throws {
        try await withServer({ $0.arrivalGrace = .milliseconds(50) }) { _, connect in
            let client = try await connect()
            client.send(start)
            #expect(await client.ends())
        }
    }

    @Test func `a head that trickles in does not hold a connection`() async throws {
        try await withServer({ $0.arrivalGrace = .milliseconds(50) }) { _, connect in
            let client = try await connect()
            let trickle = Task {
                client.send("GET / HTTP/1.1\r\n")
                while !Task.isCancelled {
                    client.send("a")
                    await Task.yield()
                }
            }
            #expect(await client.next { _, isClosed in isClosed ? true : nil } == true)
            trickle.cancel()
        }
    }

    @Test func `a silent connection is closed after the idle time`() async throws {
        try await withServer({ $0.idleTimeout = .seconds(1) }) { _, connect in
            let client = try await connect()
            // Whether the answer comes before the limit depends on the machine's load; the end has to come.
            client.send(Self.get)
            #expect(await client.next { _, isClosed in isClosed ? true : nil } == true)
        }
    }

    @Test func `a handler that takes too long is cancelled and answered for`() async throws {
        let cancelled = Latch()
        try await withServer(
            { $0.requestTimeout = .milliseconds(50) },
            handler: { _ in
                try? await Task.sleep(for: .seconds(600))
                cancelled.open()
                return HTTPResponse(text: "too late")
            }
        ) { _, connect in
            let client = try await connect()
            client.send(Self.get)
            let answer = await client.answer()
            #expect(answer?.status == 503)
            #expect(answer?.text.contains("request_timeout") == true)
            #expect(await cancelled.wait())
            #expect(await client.ends())
        }
    }

    @Test func `the handler of a client that has left is cancelled`() async throws {
        let began = Latch()
        let cancelled = Latch()
        try await withServer(handler: { request in
            guard request.path == "/wait" else { return HTTPResponse(text: "ok") }
            began.open()
            try? await Task.sleep(for: .seconds(600))
            cancelled.open()
            return HTTPResponse(text: "nobody reads this")
        }) { _, connect in
            let client = try await connect()
            client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
            await began.wait()
            client.close()
            #expect(await cancelled.wait())
            let other = try await connect()
            other.send(Self.get)
            #expect(await other.answer()?.text == "ok")
        }
    }

    @Test func `an answer for a client that has left is dropped`() async throws {
        let began = Latch()
        let gone = Latch()
        try await withServer(handler: { request in
            guard request.path != "/" else { return HTTPResponse(text: "ok") }
            began.open()
            await gone.wait()
            return switch request.path {
            case "/stream": HTTPResponse(body: .stream(AsyncStream { [1, 2, 3] }))
            case "/upgrade":
                HTTPResponse(status: 101, body: .upgrade { $0.start(onRead: { $0.count }, onClose: { _ in }) })
            default: HTTPResponse(text: String(repeating: "x", count: 1_000_000))
            }
        }) { _, connect in
            for path in ["/bytes", "/stream", "/upgrade"] {
                let client = try await connect()
                client.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                await began.wait()
                client.close()
            }
            gone.open()
            let other = try await connect()
            other.send(Self.get)
            #expect(await other.answer()?.text == "ok")
        }
    }

    @Test func `connections over the limit are closed at once`() async throws {
        let metrics = Metrics()
        try await withServer({ $0.maximumConnections = 2 }, metrics: metrics) { _, connect in
            let first = try await connect()
            let second = try await connect()
            for client in [first, second] {
                client.send(Self.get)
                #expect(await client.answer()?.status == 200)
            }
            let third = try await connect()
            #expect(await third.ends())
            #expect(metrics.exposition().contains("martlet_http_connections 2\n"))
            first.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            _ = await first.answer()
            #expect(await first.ends())
            let fourth = try await connect()
            fourth.send(Self.get)
            #expect(await fourth.answer()?.status == 200)
        }
    }

    @Test func `an upgraded connection counts until its new owner ends it`() async throws {
        let metrics = Metrics()
        let ended = Latch()
        try await withServer(
            { $0.maximumConnections = 1 }, metrics: metrics,
            handler: { request in
                guard request.path == "/upgrade" else { return HTTPResponse(text: "ok") }
                return HTTPResponse(
                    status: 101,
                    body: .upgrade { connection in
                        connection.start(
                            onRead: { bytes in
                                connection.write(bytes)
                                if bytes.last == UInt8(ascii: ".") { connection.close() }
                                return bytes.count
                            }, onClose: { _ in ended.open() })
                    })
            }
        ) { _, connect in
            let upgraded = try await connect()
            upgraded.send("GET /upgrade HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await upgraded.answer()?.status == 101)
            let refused = try await connect()
            #expect(await refused.ends())
            #expect(metrics.exposition().contains("martlet_http_connections 1\n"))
            upgraded.send("bye.")
            #expect(await upgraded.next { bytes, isClosed in isClosed ? bytes : nil } == Array("bye.".utf8))
            await ended.wait()
            let next = try await connect()
            next.send(Self.get)
            #expect(await next.answer()?.text == "ok")
            #expect(metrics.exposition().contains("martlet_http_connections 1\n"))
        }
    }

    @Test func `an upgraded connection that nobody takes is closed`() async throws {
        let metrics = Metrics()
        try await withServer(metrics: metrics, handler: { _ in HTTPResponse(status: 101, body: .upgrade { _ in }) }) {
            _, connect in
            let client = try await connect()
            client.send(Self.get)
            #expect(await client.answer()?.status == 101)
            #expect(await client.ends())
        }
        #expect(metrics.exposition().contains("martlet_http_connections 0\n"))
    }

    @Test func `a stopping server finishes what it has begun and closes what waits`() async throws {
        let began = Latch()
        let finish = Latch()
        let group = EventLoopGroup(count: 2)
        let server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), group: group, logger: .silent,
            metrics: Metrics()
        ) { request in
            if request.path == "/slow" {
                began.open()
                await finish.wait()
            }
            return HTTPResponse(text: "done")
        }
        try server.start()
        let address = server.address
        let running = Task { try await server.run() }
        let idle = try await RawClient(address, on: group.next())
        idle.send(Self.get)
        #expect(await idle.answer()?.text == "done")
        let busy = try await RawClient(address, on: group.next())
        busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        await began.wait()
        server.shutdown()
        #expect(await idle.ends())
        finish.open()
        let answer = await busy.answer()
        #expect(answer?.text == "done")
        #expect(answer?.header("Connection") == "close")
        #expect(await busy.ends())
        try await running.value
        await #expect(throws: (any Error).self) { _ = try await RawClient(address, on: group.next()) }
    }

    @Test func `a handler that does not end holds up the stop for no longer than allowed`() async throws {
        let began = Latch()
        let release = Latch()
        try await withServer(
            { $0.drainTimeout = .milliseconds(20) },
            handler: { _ in
                began.open()
                await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                    Task.detached {
                        // Nobody's child: cancelling the handler does not reach it.
                        await release.wait()
                        continuation.resume()
                    }
                }
                return HTTPResponse(text: "late")
            }
        ) { server, connect in
            let client = try await connect()
            client.send(Self.get)
            await began.wait()
            server.shutdown()
            #expect(await client.ends())
            release.open()
        }
    }

    @Test func `upgraded connections outlive the server`() async throws {
        let group = EventLoopGroup(count: 1)
        let adopted = Latch()
        let client = Mutex<RawClient?>(nil)
        try await withServer(
            group: group,
            handler: { _ in
                HTTPResponse(
                    status: 101,
                    body: .upgrade { connection in
                        connection.start(
                            onRead: { bytes in
                                connection.write(bytes)
                                return bytes.count
                            }, onClose: { _ in })
                        adopted.open()
                    })
            }
        ) { _, connect in
            let connected = try await connect()
            connected.send(Self.get)
            #expect(await connected.answer()?.status == 101)
            client.withLock { $0 = connected }
        }
        let survivor = try #require(client.withLock { $0 })
        survivor.send("still here")
        #expect(await survivor.next { bytes, _ in bytes.count == 10 ? bytes : nil } == Array("still here".utf8))
    }
}
