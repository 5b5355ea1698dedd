import EventLoop
import HTTPServer
import HTTPTypes
import Lifecycle
import Synchronization
import Telemetry
import Testing

/// Bodies that are read, or refused, as they come.
@Suite(.timeLimit(.minutes(1)))
struct RequestStreamTests {
    private static let window = HTTPRequestBody.window

    /// Runs `body` against a server whose handler gets every body as a stream.
    private func withStreams(
        limit: Int = 64 << 20, handler: @escaping @Sendable (HTTPRequest, HTTPRequestBody) async -> HTTPResponse,
        _ body: @escaping (HTTPServer, @escaping @Sendable () async throws -> RawClient) async throws -> Void
    ) async throws {
        try await withServer(
            handler: { request in
                guard let stream = request.stream else { return HTTPResponse(text: "no stream") }
                return await handler(request, stream)
            }, plan: { _ in .stream(limit: limit) }, body)
    }

    @Test(arguments: [
        "Content-Length: 10\r\n\r\nabcdefghij",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n6;x=y\r\nefghij\r\n0\r\n\r\n",
    ])
    func `a handler reads a body as it comes, and the next request follows`(body: String) async throws {
        try await withStreams { _, stream in
            var all: [UInt8] = []
            do {
                for try await piece in stream { all += piece }
            } catch {
                return HTTPResponse(status: 500, text: "\(error)")
            }
            return HTTPResponse(body: .bytes(all))
        } _: { _, connect in
            let client = try await connect()
            for byte in ("POST / HTTP/1.1\r\nHost: h\r\n" + body).utf8 { client.send([byte]) }
            #expect(await client.answer()?.text == "abcdefghij")
            client.send("POST / HTTP/1.1\r\nHost: h\r\n" + body + "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.answer()?.text == "abcdefghij")
            #expect(await client.answer()?.text == "no stream")
        }
    }

    @Test func `a client is read no faster than the handler reads`() async throws {
        let largest = Atomic<Int>(0)
        let total = 20_000_000
        try await withStreams { _, stream in
            var count = 0
            while let piece = try? await stream.next() {
                count += piece.count
                largest.max(piece.count, ordering: .relaxed)
                // The loop has time to read all that there is, if it does.
                for _ in 0..<200 { await Task.yield() }
            }
            return HTTPResponse(text: "\(count)")
        } _: { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(total)\r\n\r\n")
            client.send([UInt8](repeating: 7, count: total))
            #expect(await client.answer()?.text == "\(total)")
        }
        // What is read at once may go beyond the window.
        #expect(largest.load(ordering: .relaxed) <= Self.window + (64 << 10))
    }

    @Test func `a handler that answers without reading ends the connection, and the client sees the answer`()
        async throws
    {
        try await withStreams { _, _ in
            HTTPResponse(status: 403, text: "not you")
        } _: { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n")
            client.send([UInt8](repeating: 7, count: 5_000_000))
            let answer = await client.answer()
            #expect(answer?.status == 403)
            #expect(answer?.header("Connection") == "close")
            #expect(await client.ends())
        }
    }

    @Test func `a handler is told when the client leaves within the body`() async throws {
        let failure = Mutex<String?>(nil)
        let told = Latch()
        let began = Latch()
        try await withStreams { _, stream in
            do {
                while try await stream.next() != nil { began.open() }
            } catch {
                failure.withLock { $0 = "\(error)" }
            }
            told.open()
            return HTTPResponse(text: "nobody reads this")
        } _: { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
            await began.wait()
            client.close()
            #expect(await told.wait())
            #expect(failure.withLock { $0 } == "the client has left before the body was whole")
        }
    }

    @Test(arguments: [
        ("5\r\nabcde\r\n6\r\nabcdef\r\n0\r\n\r\n", 413, "the body is larger than allowed"),
        ("5\r\nabcde\r\n0x1\r\na\r\n0\r\n\r\n", 400, "the body is not well-formed"),
    ])
    func `a body that turns out bad in its middle fails the handler and is refused`(
        chunks: String, status: Int, words: String
    ) async throws {
        let failure = Mutex<String?>(nil)
        let told = Latch()
        try await withStreams(limit: 10) { _, stream in
            do {
                while try await stream.next() != nil {}
            } catch {
                failure.withLock { $0 = "\(error)" }
            }
            told.open()
            return HTTPResponse(text: "too late")
        } _: { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            #expect(await client.answer()?.status == status)
            #expect(await client.ends())
            await told.wait()
            #expect(failure.withLock { $0 } == words)
        }
    }

    @Test func `a client that asks is told to go on when the handler reads, and not before`() async throws {
        let asked = Latch()
        let go = Latch()
        try await withStreams { request, stream in
            guard request.path != "/no" else { return HTTPResponse(status: 401, text: "no") }
            asked.open()
            await go.wait()
            let body = (try? await stream.collect(upTo: 100)) ?? []
            return HTTPResponse(body: .bytes(body))
        } _: { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            await asked.wait()
            go.open()
            #expect(await client.answer()?.status == 100)
            client.send("ab")
            #expect(await client.answer()?.text == "ab")
            let refused = try await connect()
            refused.send("POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n")
            #expect(await refused.answer()?.status == 401)
            #expect(await refused.ends())
        }
    }

    @Test func `a body that is announced too large is refused before any of it is sent`() async throws {
        try await withServer({ $0.maximumBodyBytes = 1000 }) { _, connect in
            for expectation in ["", "Expect: 100-continue\r\n"] {
                let client = try await connect()
                client.send("POST / HTTP/1.1\r\nHost: h\r\n\(expectation)Content-Length: 1001\r\n\r\n")
                let answer = await client.answer()
                #expect(answer?.status == 413)
                #expect(answer?.header("Connection") == "close")
                #expect(await client.ends())
            }
        }
    }

    @Test(arguments: ["Content-Length: 9000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n895440\r\n"])
    func `a client that sends all of a body that is too large sees the answer`(framing: String) async throws {
        try await withServer({ $0.maximumBodyBytes = 1000 }) { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\n" + framing)
            client.send([UInt8](repeating: 7, count: 9_000_000))
            #expect(await client.answer()?.status == 413)
            #expect(await client.ends())
        }
    }

    @Test func `what a refused client goes on sending is read for so long and no longer`() async throws {
        try await withServer({
            $0.maximumBodyBytes = 1000
            $0.lingerBytes = 1_000_000
        }) { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000000\r\n\r\n")
            client.send([UInt8](repeating: 7, count: 50_000_000))
            #expect(await client.next { _, isClosed in isClosed ? true : nil } == true)
        }
    }

    @Test func `a plan refuses by the head alone`() async throws {
        try await withServer(plan: { request in
            request.headers["Authorization"] == nil
                ? .refuse(HTTPResponse(problem: "unauthorized", status: 401, detail: "Who are you?"))
                : .collect(limit: 5)
        }) { _, connect in
            let client = try await connect()
            client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(await client.answer()?.status == 401)
            let other = try await connect()
            other.send("POST / HTTP/1.1\r\nHost: h\r\nAuthorization: x\r\nContent-Length: 6\r\n\r\n")
            #expect(await other.answer()?.status == 413)
            let good = try await connect()
            good.send("POST / HTTP/1.1\r\nHost: h\r\nAuthorization: x\r\nContent-Length: 5\r\n\r\nabcde")
            #expect(await good.answer()?.status == 200)
        }
    }

    @Test func `trailers reach the handler without those that come too late to mean anything`() async throws {
        try await withServer(handler: { request in
            HTTPResponse(text: request.trailers.fields.map { "\($0.name)=\($0.value)" }.joined(separator: " "))
        }) { _, connect in
            let client = try await connect()
            client.send(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1 \r\nHost: evil\r\n"
                    + "Content-Length: 3\r\nauthorization: Bearer x\r\nTransfer-Encoding: chunked\r\n"
                    + "X-Forwarded-For: 1.2.3.4\r\nX-Note:\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.answer()?.text == "X-Sum=1 X-Note=")
            #expect(await client.answer()?.text == "")
        }
    }

    @Test func `trailers of a stream are there when it has ended`() async throws {
        try await withStreams { _, stream in
            _ = try? await stream.collect(upTo: 10)
            return HTTPResponse(text: stream.trailers["X-Sum"] ?? "none")
        } _: { _, connect in
            let client = try await connect()
            client.send(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n")
            #expect(await client.answer()?.text == "1")
        }
    }
}
