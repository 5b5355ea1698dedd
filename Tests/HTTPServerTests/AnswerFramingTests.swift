import EventLoop
import HTTPServer
import HTTPTypes
import Lifecycle
import Synchronization
import Telemetry
import Testing

/// Where an answer ends, and the connection with it.
@Suite(.timeLimit(.minutes(1)))
struct AnswerFramingTests {
    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n" }

    @Test func `answers without a body say nothing of its length, whatever the handler gives`() async throws {
        try await withServer(handler: { request in
            switch request.path {
            case "/204": HTTPResponse(status: 204, headers: ["Content-Length": "5"], text: "never")
            case "/304": HTTPResponse(status: 304, headers: ["ETag": "\"x\""], text: "never")
            case "/204-stream": HTTPResponse(status: 204, body: .stream(AsyncStream { [1] }))
            default: HTTPResponse(text: "next")
            }
        }) { _, connect in
            let client = try await connect()
            for path in ["/204", "/304", "/204-stream"] {
                client.send(Self.get(path) + Self.get("/"))
                let answer = await client.answer(isHead: true)
                #expect(answer?.status == Int(path.dropFirst().prefix(3)))
                #expect(answer?.header("Content-Length") == nil)
                #expect(answer?.header("Transfer-Encoding") == nil)
                #expect(await client.answer()?.text == "next")
            }
        }
    }

    @Test func `HEAD of a stream has the head alone`() async throws {
        try await withServer(handler: { _ in HTTPResponse(body: .stream(AsyncStream { [1] })) }) { _, connect in
            let client = try await connect()
            client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nHEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.answer(isHead: true)?.status == 200)
            #expect(await client.answer(isHead: true)?.status == 200)
        }
    }

    @Test(arguments: ["Content-Length: 1, X: y", "Transfer-Encoding: chunked", "Content-Length: 99"])
    func `a handler cannot state another length than the body has`(field: String) async throws {
        let parts = field.split(separator: ": ", maxSplits: 1)
        try await withServer(handler: { _ in
            HTTPResponse(headers: [String(parts[0]): String(parts[1])], body: .bytes(Array("four".utf8)))
        }) { _, connect in
            let client = try await connect()
            client.send(Self.get("/"))
            let answer = await client.answer()
            #expect(answer?.text == "four")
            #expect(answer?.header("Content-Length") == "4")
            #expect(answer?.header("Transfer-Encoding") == nil)
        }
    }

    @Test func `a stream of a stated length is sent without chunks`() async throws {
        try await withServer(handler: { _ in
            HTTPResponse(
                headers: ["Content-Length": "6"],
                body: .stream(
                    AsyncStream {
                        $0.yield([97, 98, 99])
                        $0.yield([100, 101, 102])
                        $0.finish()
                    }))
        }) { _, connect in
            let client = try await connect()
            client.send(Self.get("/") + Self.get("/"))
            for _ in 0..<2 {
                let answer = await client.answer()
                #expect(answer?.text == "abcdef")
                #expect(answer?.header("Transfer-Encoding") == nil)
            }
        }
    }

    @Test(arguments: ["2", "9"])
    func `a stream that is not as long as was stated does not look whole`(length: String) async throws {
        try await withServer(handler: { _ in
            HTTPResponse(
                headers: ["Content-Length": length],
                body: .stream(
                    AsyncStream {
                        $0.yield([97, 98, 99])
                        $0.finish()
                    }))
        }) { _, connect in
            let client = try await connect()
            client.send(Self.get("/"))
            let all: [UInt8]? = await client.next { bytes, isClosed in isClosed ? bytes : nil }
            let end = RawClient.find("\r\n\r\n", in: all ?? []).map { $0 + 4 } ?? 0
            #expect((all?.count ?? 0) - end < Int(length)!)
        }
    }

    @Test func `HTTP 1.0 keeps the connection for those who ask`() async throws {
        try await withServer { _, connect in
            let client = try await connect()
            for _ in 0..<2 {
                client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let answer = await client.answer()
                #expect(answer?.status == 200)
                #expect(answer?.header("Connection") == "keep-alive")
            }
            client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(await client.answer()?.header("Connection") == "close")
            #expect(await client.ends())
        }
    }

    @Test func `every answer has a date`() async throws {
        try await withServer { _, connect in
            let client = try await connect()
            client.send(Self.get("/"))
            let date = await client.answer()?.header("Date") ?? ""
            #expect(date.wholeMatch(of: /[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT/) != nil)
        }
    }

    @Test func `a client that has sent all and says so gets its answers`() async throws {
        let release = Latch()
        try await withServer(handler: { request in
            if request.path == "/slow" { await release.wait() }
            return HTTPResponse(text: request.path)
        }) { _, connect in
            let client = try await connect()
            client.send(Self.get("/slow") + Self.get("/2"))
            client.endWriting()
            // Another connection's answer comes after the server has heard of the end.
            let other = try await connect()
            other.send(Self.get("/other"))
            #expect(await other.answer()?.text == "/other")
            release.open()
            #expect(await client.answer()?.text == "/slow")
            #expect(await client.answer()?.text == "/2")
            #expect(await client.ends())
        }
    }

    @Test func `a thousand requests at once are answered in their order`() async throws {
        try await withServer(handler: { request in
            if request.path.hasSuffix("7") { await Task.yield() }
            return HTTPResponse(text: request.path)
        }) { _, connect in
            let client = try await connect()
            client.send((0..<1000).map { Self.get("/\($0)") }.joined())
            for number in 0..<1000 { #expect(await client.answer()?.text == "/\(number)") }
        }
    }

    @Test func `a client that takes no answers is not read without end`() async throws {
        let handled = Atomic<Int>(0)
        try await withServer(handler: { _ in
            handled.add(1, ordering: .relaxed)
            return HTTPResponse(body: .bytes([UInt8](repeating: 1, count: 100_000)))
        }) { server, connect in
            let group = EventLoopGroup(count: 1)
            let client = try await RawClient(server.address, on: group.next(), isReading: false)
            client.send(String(repeating: Self.get("/"), count: 1000))
            let other = try await connect()
            for _ in 0..<50 {
                other.send(Self.get("/"))
                #expect(await other.answer()?.body.count == 100_000)
            }
            // The system's buffers take some megabytes, the server's own no more than a few answers.
            #expect(handled.load(ordering: .relaxed) < 500)
            client.resume()
            _ = await client.next { bytes, _ in bytes.count > 100_000_000 ? true : nil }
        }
    }
}
