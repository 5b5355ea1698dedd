import EventLoop
import Foundation
import HTTPClient
import HTTPTypes
import Synchronization
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientRequestTests {
    let group = EventLoopGroup(count: 2)

    private func client(_ change: (inout HTTPClientConfiguration) -> Void = { _ in }) -> HTTPClient {
        var configuration = HTTPClientConfiguration()
        configuration.addressPolicy = .any
        change(&configuration)
        return HTTPClient(loop: group.next(), configuration: configuration, logger: .silent)
    }

    private func code(
        _ client: HTTPClient, _ request: HTTPClientRequest
    ) async throws -> HTTPClientError.Code? {
        await #expect(throws: HTTPClientError.self) { try await client.send(request) }?.code
    }

    @Test(arguments: HTTPMethod.allCases)
    func `a request arrives as it was meant`(method: HTTPMethod) async throws {
        let server = try ScriptedServer(group) { _ in
            method == .head ? ok("") : ok("hello", headers: "X-A: 1\r\nx-a:2 \r\n")
        }
        let body: [UInt8] = [.post, .put, .patch].contains(method) ? Array("{\"a\":1}".utf8) : []
        let response = try await client().send(
            HTTPClientRequest(
                method: method, url: server.url + "p?q=%20", headers: ["X-Key": "v", "X-Empty": ""], body: body))
        #expect(response.status == 200)
        #expect(response.httpVersion == "1.1")
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("\(method.rawValue) /p?q=%20 HTTP/1.1\r\n"))
        #expect(request.contains("\r\nX-Key: v\r\n"))
        #expect(request.contains("\r\nX-Empty:\r\n"))
        #expect(!request.lowercased().contains("content-type"))
        #expect(!request.lowercased().contains("expect:"))
        #expect(request.hasSuffix("\r\n\r\n" + String(decoding: body, as: UTF8.self)))
        if method != .head {
            #expect(response.body == Array("hello".utf8))
            #expect(response.headers.all("X-A") == ["1", "2"])
        }
    }

    @Test func `an empty post has a length of zero`() async throws {
        let server = try ScriptedServer(group) { _ in ok() }
        _ = try await client().send(HTTPClientRequest(method: .post, url: server.url))
        #expect(server.requests.first?.contains("Content-Length: 0\r\n") == true)
    }

    @Test func `many requests share few connections`() async throws {
        let server = try ScriptedServer(group) { ok(String($0.prefix(8))) }
        let client = client { $0.maximumConnectionsPerHost = 3 }
        let url = server.url
        try await withThrowingTaskGroup { tasks in
            for number in 100..<160 {
                tasks.addTask {
                    let response = try await client.send(HTTPClientRequest(url: url + "\(number)"))
                    #expect(response.body == Array("GET /\(number)".utf8))
                }
            }
            try await tasks.waitForAll()
        }
        #expect(server.requests.count == 60)
        #expect(server.connectionCount <= 3)
    }

    @Test func `a request goes through a Unix socket`() async throws {
        let path = NSTemporaryDirectory() + "martlet-\(UUID().uuidString.prefix(8)).sock"
        let server = try ScriptedServer(group, at: .unix(path: path)) { _ in ok("unix") }
        let client = client { $0.addressPolicy = .publicOnly }
        let response = try await client.send(HTTPClientRequest(url: "http://docker/x", unixSocket: path))
        #expect(response.body == Array("unix".utf8))
        #expect(server.requests.first?.contains("Host: docker\r\n") == true)
    }

    // MARK: Limits

    @Test func `an endless answer ends at the limit`() async throws {
        let piece = [UInt8](repeating: 65, count: 65_536)
        let server = try ScriptedServer(group) { _ in .endless(head: "HTTP/1.1 200 OK\r\n\r\n", piece: piece) }
        #expect(try await code(client(), HTTPClientRequest(url: server.url)) == .tooLarge)
        await server.connectionEnd()
    }

    @Test func `the limit counts to the byte`() async throws {
        let server = try ScriptedServer(group) { _ in ok("12345678") }
        let client = client()
        let fits = try await client.send(HTTPClientRequest(url: server.url, maximumResponseBytes: 8))
        #expect(fits.body.count == 8)
        #expect(try await code(client, HTTPClientRequest(url: server.url, maximumResponseBytes: 7)) == .tooLarge)
    }

    @Test func `an endless head ends at the limit`() async throws {
        let piece = Array("X-Filler: \(String(repeating: "x", count: 8_000))\r\n".utf8)
        let server = try ScriptedServer(group) { _ in .endless(head: "HTTP/1.1 200 OK\r\n", piece: piece) }
        #expect(try await code(client(), HTTPClientRequest(url: server.url)) == .tooLarge)
    }

    /// 200,000 zeros in 229 bytes.
    private static let bomb = """
        H4sIAAAAAAACA+3BMQEAAADCoPVPbQZ/oAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACA1wB7WOBc
        QA0DAA==
        """

    @Test func `a compressed answer is decoded and counts by its decoded size`() async throws {
        let bomb = try #require(Data(base64Encoded: Self.bomb.replacing("\n", with: "")))
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n"
        let server = try ScriptedServer(group) { _ in .bytes(Array(head.utf8) + bomb) }
        let client = client()
        let response = try await client.send(HTTPClientRequest(url: server.url, maximumResponseBytes: 200_000))
        #expect(response.body == [UInt8](repeating: 0, count: 200_000))
        #expect(server.requests.first?.contains("Accept-Encoding: gzip\r\n") == true)
        #expect(try await code(client, HTTPClientRequest(url: server.url, maximumResponseBytes: 199_999)) == .tooLarge)
    }

    @Test func `a silent server runs into the timeout, which may be tried again`() async throws {
        let server = try ScriptedServer(group) { _ in .silence }
        let error = await #expect(throws: HTTPClientError.self) {
            try await client().send(HTTPClientRequest(url: server.url, timeout: .milliseconds(50)))
        }
        #expect(error?.code == .timeout)
        #expect(error?.isRetriable == true)
    }

    @Test func `a cancelled task ends its transfer`() async throws {
        let arrived = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer(group) { _ in
            arrived.continuation.yield()
            return .silence
        }
        let client = client()
        let url = server.url
        let task = Task { try await client.send(HTTPClientRequest(url: url)) }
        for await _ in arrived.stream { break }
        task.cancel()
        let error = await #expect(throws: HTTPClientError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        await server.connectionEnd()
    }

    @Test func `a task that is cancelled before it begins sends nothing`() async throws {
        let server = try ScriptedServer(group) { _ in ok() }
        let client = client()
        let url = server.url
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(HTTPClientRequest(url: url))
        }
        let error = await #expect(throws: HTTPClientError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(server.requests.isEmpty)
    }

    @Test func `closing ends what is in progress and refuses what follows`() async throws {
        let arrived = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer(group) { _ in
            arrived.continuation.yield()
            return .silence
        }
        let client = client { $0.maximumRequests = 1 }
        let url = server.url
        let task = Task { try await client.send(HTTPClientRequest(url: url)) }
        for await _ in arrived.stream { break }
        #expect(try await code(client, HTTPClientRequest(url: url)) == .busy)
        client.close()
        let error = await #expect(throws: HTTPClientError.self) { try await task.value }
        #expect(error?.code == .closed)
        #expect(try await code(client, HTTPClientRequest(url: url)) == .closed)
    }

    // MARK: Failures

    @Test(arguments: [
        ("", HTTPClientError.Code.connection), ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!", .connection),
        ("SSH-2.0-x\r\n\r\n", .malformedResponse),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", .malformedResponse),
    ])
    func `a broken answer fails`(answer: String, expected: HTTPClientError.Code) async throws {
        let server = try ScriptedServer(group) { _ in .last(answer) }
        #expect(try await code(client(), HTTPClientRequest(url: server.url)) == expected)
    }

    @Test func `nobody listens`() async throws {
        let server = try ScriptedServer(group) { _ in ok() }
        let url = server.url
        _ = try await client().send(HTTPClientRequest(url: url))
        server.listener.close()
        let client = client()
        var failure: HTTPClientError?
        // The listener closes on its own loop; until then a connection may still succeed.
        while failure == nil {
            do { _ = try await client.send(HTTPClientRequest(url: url, headers: ["Connection": "close"])) } catch {
                failure = error as? HTTPClientError
            }
        }
        #expect(failure?.code == .connection)
        #expect(failure?.isRetriable == true)
    }

    @Test func `a server without TLS is no answer to https`() async throws {
        let server = try ScriptedServer(group, kind: .lines(greeting: "220 plain\r\n")) { _ in .silence }
        #expect(try await code(client(), HTTPClientRequest(url: "https://127.0.0.1:\(server.port)/")) == .tls)
    }

    @Test(arguments: [
        "", "/path", "example.org", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "smtp://127.0.0.1",
        "dict://127.0.0.1/", "http://127.0.0.1/\r\nX: y", "http://a b/", "http://", "http://127.0.0.1:99999/",
    ])
    func `what is no URL of the web is refused`(url: String) async throws {
        #expect(try await code(client(), HTTPClientRequest(url: url)) == .invalidURL)
    }

    @Test func `an endless URL is refused`() async throws {
        let url = "http://127.0.0.1/" + String(repeating: "a", count: 70_000)
        #expect(try await code(client(), HTTPClientRequest(url: url)) == .invalidURL)
    }

    @Test(arguments: [
        ("X-A", "1\r\nX-B: 2"), ("X-A", "1\n"), ("X-A\r\nX-B", "1"), ("X A", "1"), ("", "1"), ("X:", "1"),
        ("X-A", "nul\0"), ("Content-Length", "5"), ("transfer-encoding", "chunked"),
    ])
    func `a header that would break the request is refused`(name: String, value: String) async throws {
        let server = try ScriptedServer(group) { _ in ok() }
        let request = HTTPClientRequest(url: server.url, headers: HTTPHeaders([(name, value)]))
        #expect(try await code(client(), request) == .invalidHeader)
        #expect(server.requests.isEmpty)
    }

    // MARK: Redirects

    @Test func `a redirect is an answer unless it is to be followed`() async throws {
        let server = try ScriptedServer(group) { request in
            request.hasPrefix("GET /a") ? ok(status: "302 Found", headers: "Location: /b\r\nX-Old: 1\r\n") : ok("end")
        }
        let client = client()
        let first = try await client.send(HTTPClientRequest(url: server.url + "a"))
        #expect(first.status == 302)
        #expect(first.headers["Location"] == "/b")
        let second = try await client.send(HTTPClientRequest(url: server.url + "a", followsRedirects: 1))
        #expect(second.status == 200)
        #expect(second.body == Array("end".utf8))
        #expect(second.headers["X-Old"] == nil)
    }

    @Test func `a redirect in a circle ends`() async throws {
        let server = try ScriptedServer(group) { _ in ok(status: "302 Found", headers: "Location: /\r\n") }
        let request = HTTPClientRequest(url: server.url, followsRedirects: 5)
        #expect(try await code(client(), request) == .malformedResponse)
        #expect(server.requests.count == 6)
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "smtp://127.0.0.1/"])
    func `a redirect out of the web is not followed`(location: String) async throws {
        let server = try ScriptedServer(group) { _ in ok(status: "302 Found", headers: "Location: \(location)\r\n") }
        let request = HTTPClientRequest(url: server.url, followsRedirects: 5)
        #expect(try await code(client(), request) == .invalidURL)
    }

    @Test func `a redirect is checked like any address`() async throws {
        let inner = try ScriptedServer(group, at: .tcp(host: "::1", port: 0)) { _ in ok("secret") }
        let location = "http://[::1]:\(inner.port)/"
        let outer = try ScriptedServer(group) { _ in ok(status: "302 Found", headers: "Location: \(location)\r\n") }
        let block = try #require(CIDR("127.0.0.1/32"))
        let client = client { $0.addressPolicy = .allowing([block]) }
        let request = HTTPClientRequest(url: outer.url, followsRedirects: 5)
        #expect(try await code(client, request) == .blockedAddress)
        #expect(outer.requests.count == 1)
        #expect(inner.connectionCount == 0)
    }
}
