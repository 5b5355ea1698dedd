import HTTPRouting
import HTTPTypes
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RouterTests {
    /// A route that answers with its own name and what it was given.
    private func echo(
        _ method: HTTPMethod, _ template: String, _ name: String, parameters: [String] = [],
        access: Route<Visitor>.Access = .required
    ) -> Route<Visitor> {
        .raw(method, template, name, tag: "t", access: access) { context in
            HTTPResponse(text: ([name] + parameters.map { context.string($0) }).joined(separator: "|"))
        }
    }

    private var table: RouterFixture {
        RouterFixture([
            echo(.get, "/", "root"), echo(.get, "/v1/users/me", "me"),
            echo(.get, "/v1/users/{user}", "user", parameters: ["user"]),
            echo(.patch, "/v1/users/{user}", "change", parameters: ["user"]),
            echo(.get, "/v1/users/{user}/posts/{post}", "post", parameters: ["user", "post"]),
            echo(.get, "/v1/{kind}/me/posts", "list", parameters: ["kind"]),
            echo(.get, "/files/{path*}", "file", parameters: ["path"]),
        ])
    }

    @Test(arguments: [
        ("/", "root"), ("/v1/users/me", "me"), ("/v1/users/7", "user|7"), ("/v1/users/a%20b", "user|a b"),
        ("/v1/users/a%2Fb", "user|a/b"), ("/v1/users/..", "user|.."), ("/v1/users/%C3%BC+", "user|ü+"),
        ("/v1/users/7/posts/8", "post|7|8"), ("/v1/users/me/posts/8", "post|me|8"),
        ("/v1/users/me/posts", "list|users"),
        ("/v1/%75sers/me", "me"), ("/files/a/b%20c", "file|a/b c"), ("/files/", "file|"),
    ])
    func `a path finds its route`(path: String, expected: String) async {
        let answer = await table.send(.get, path)
        #expect(answer.status == 200 && answer.text == expected)
    }

    @Test(arguments: [
        "", "v1/users/me", "/v1", "/v1/users", "/v1/users/", "/v1/users/7/", "//", "/v1//users/me", "/files",
        "/files/../secret", "/files/a/%2e%2E/b", "/files/a%2F..%2Fb", "/files/a%00",
        "/" + Array(repeating: "a", count: 5000).joined(separator: "/"),
    ])
    func `what is no route is not found`(path: String) async {
        let answer = await table.send(.get, path)
        #expect(answer.status == 404 && answer["code"] == "no_such_route")
        #expect(answer.headers["Content-Type"] == "application/problem+json")
    }

    @Test(arguments: ["/v1/users/%", "/v1/users/%2", "/v1/users/%zz", "/v1/users/%FF", "/%C3"])
    func `a broken escape is a bad request`(path: String) async {
        let answer = await table.send(.get, path)
        #expect(answer.status == 400 && answer["code"] == "invalid_path")
    }

    @Test func `another method is refused with those there are`() async {
        let answer = await table.send(.delete, "/v1/users/7")
        #expect(answer.status == 405 && answer.headers["Allow"] == "GET, PATCH, HEAD, OPTIONS")
        let options = await table.send(.options, "/v1/users/7")
        #expect(options.status == 204 && options.headers["Allow"] == "GET, PATCH, HEAD, OPTIONS")
        // A literal path is never taken for a parameter, as OpenAPI has it, whatever the method.
        let literal = await table.send(.patch, "/v1/users/me")
        #expect(literal.status == 405 && literal.headers["Allow"] == "GET, HEAD, OPTIONS")
        #expect(await table.send(.get, "/v1/users/me/posts/1").text == "post|me|1")
    }

    @Test func `HEAD answers as GET does, without the body`() async {
        let answer = await table.send(.head, "/v1/users/7")
        #expect(answer.status == 200 && answer.text.isEmpty && answer.headers["Content-Length"] == "6")
        let upgrade = RouterFixture([
            .raw(.get, "/ws", "s", tag: "t") { _ in HTTPResponse(status: 101, body: .upgrade { _ in }) }
        ])
        #expect(await upgrade.send(.head, "/ws").status == 405)
    }

    @Test func `a route asks for a token unless it is open`() async {
        let fixture = RouterFixture([
            echo(.get, "/open", "open", access: .open), echo(.get, "/closed", "closed"),
            .raw(.get, "/either", "s", tag: "t", access: .optional) { context in
                HTTPResponse(text: context.identity?.name ?? "nobody")
            },
            .raw(.get, "/mistake", "s", tag: "t", access: .open) { HTTPResponse(text: try $0.principal.name) },
        ])
        func status(_ path: String, _ token: String?) async -> Int {
            let headers: HTTPHeaders = token.map { ["Authorization": $0] } ?? [:]
            return await fixture.router.handle(HTTPRequest(method: .get, path: path, headers: headers)).status
        }
        #expect(await status("/open", nil) == 200)
        #expect(await status("/open", "Bearer bad") == 200)
        #expect(await status("/closed", nil) == 401)
        #expect(await status("/closed", "Bearer bad") == 401)
        #expect(await status("/closed", "Bearer good") == 200)
        #expect(await status("/either", nil) == 200)
        #expect(await status("/either", "Bearer bad") == 401)
        #expect(await fixture.send(.get, "/either").text == "ada")
        #expect(await status("/mistake", "Bearer good") == 401)
        let refusal = await fixture.router.handle(HTTPRequest(method: .get, path: "/closed"))
        #expect(refusal.headers["WWW-Authenticate"] == "Bearer")
    }

    private struct Busy: ProblemConvertible {
        var problem: Problem { .tooManyRequests(retryAfter: 7) }
    }
    private struct Secret: Error, CustomStringConvertible {
        var description: String { "table users is gone" }
    }

    @Test func `errors become problems, and unknown ones tell nothing`() async {
        let fixture = RouterFixture([
            .get("/busy", "s", tag: "t", returns: String.self) { _ in throw Busy() },
            .get("/broken", "s", tag: "t", returns: String.self) { _ in throw Secret() },
            .get("/cancelled", "s", tag: "t", returns: String.self) { _ in throw CancellationError() },
            .get("/unfit", "s", tag: "t", returns: Double.self) { _ in .infinity },
        ])
        let busy = await fixture.send(.get, "/busy")
        #expect(busy.status == 429 && busy.headers["Retry-After"] == "7" && busy["code"] == "rate_limited")
        let broken = await fixture.send(.get, "/broken", headers: ["X-Request-Id": "r-1"])
        #expect(broken.status == 500 && !broken.text.contains("users") && broken["request_id"] == "r-1")
        let record = fixture.sink.records.first
        #expect(record?.event == "http.failure")
        let id: String? = if case .string(let id) = record?.values["requestId"] { id } else { nil }
        #expect(id == "r-1")
        #expect(await fixture.send(.get, "/cancelled").status == 503)
        #expect(await fixture.send(.get, "/unfit").status == 500)
    }

    @Test func `a request id is kept when it is safe and made when not`() async {
        #expect(await table.send(.get, "/", headers: ["X-Request-Id": "a-1_2.3"]).headers["X-Request-Id"] == "a-1_2.3")
        let long = String(repeating: "a", count: 129)
        for bad in ["", "a b", "a\r\nb", "ü", "<x>", long] {
            let id = await table.send(.get, "/", headers: ["X-Request-Id": bad]).headers["X-Request-Id"]
            #expect(id?.utf8.count == 15 && id != bad)
        }
        var made: Set<String> = []
        for _ in 0..<1000 { made.insert(await table.send(.get, "/").headers["X-Request-Id"] ?? "") }
        #expect(made.count == 1000)
    }

    @Test func `requests are counted by template`() async {
        let fixture = table
        #expect(
            fixture.metrics.exposition().contains(
                #"martlet_http_requests_total{method="GET",route="/v1/users/{user}",status="2xx"} 0"#))
        _ = await fixture.send(.get, "/v1/users/7")
        _ = await fixture.send(.get, "/v1/users/8")
        _ = await fixture.send(.get, "/nowhere/9")
        let text = fixture.metrics.exposition()
        #expect(text.contains(#"martlet_http_requests_total{method="GET",route="/v1/users/{user}",status="2xx"} 2"#))
        #expect(text.contains(#"martlet_http_requests_total{method="any",route="unmatched",status="4xx"} 1"#))
        #expect(!text.contains("nowhere"))
    }

    @Test func `admission may refuse and may add header fields`() async {
        let fixture = RouterFixture(
            [echo(.get, "/{name}", "x")],
            admit: { context, route in
                #expect(route.template == "/{name}" && context.identity?.name == "ada")
                if context.string("name") == "bad" { throw Problem.tooManyRequests(retryAfter: 0) }
                return ["X-RateLimit-Remaining": "3"]
            })
        #expect(await fixture.send(.get, "/good").headers["X-RateLimit-Remaining"] == "3")
        let refused = await fixture.send(.get, "/bad")
        #expect(refused.status == 429 && refused.headers["Retry-After"] == "1")
    }

    @Test func `only listed origins may read answers`() async {
        let routes = [echo(.post, "/x", "x")]
        let preflight: HTTPHeaders = ["Origin": "https://a.example", "Access-Control-Request-Method": "POST"]
        let closed = await RouterFixture(routes).send(.options, "/x", headers: preflight)
        #expect(closed.headers["Access-Control-Allow-Origin"] == nil)
        let fixture = RouterFixture(routes, cors: CORSPolicy(allowedOrigins: ["https://a.example"]))
        let open = await fixture.send(.options, "/x", headers: preflight)
        #expect(open.status == 204 && open.headers["Access-Control-Allow-Origin"] == "https://a.example")
        #expect(open.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS")
        let answer = await fixture.send(.post, "/x", headers: ["Origin": "https://a.example"])
        #expect(answer.headers["Access-Control-Allow-Origin"] == "https://a.example")
        for origin in ["https://b.example", "null", "https://a.example.evil"] {
            let refused = await fixture.send(.post, "/x", headers: ["Origin": origin])
            #expect(refused.headers["Access-Control-Allow-Origin"] == nil && refused.headers["Vary"] == "Origin")
        }
        let any = RouterFixture(routes, cors: CORSPolicy(allowedOrigins: ["*"]))
        #expect(await any.send(.post, "/x").headers["Access-Control-Allow-Origin"] == "*")
    }
}
