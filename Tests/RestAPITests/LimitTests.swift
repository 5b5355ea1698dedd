import ChatModel
import ChatService
import ChatTestSupport
import Foundation
import HTTPTypes
import Testing

/// What is asked for too often is refused with words, and says when to come back.
@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    private func api(_ change: (inout ChatRates) -> Void) async throws -> RestCaller {
        var configuration = ChatConfiguration()
        change(&configuration.rates)
        return RestCaller(try await ChatFixture(configuration: configuration).tenant(named: "main"))
    }

    private func logIn(_ api: RestCaller, _ handle: String, _ password: String = ChatTenant.password) async -> Answer {
        let body = try? JSONEncoder().encode(["app": api.tenant.app.name, "handle": handle, "password": password])
        return await api(.post, "/v1/auth/login", as: nil, body.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test func `invented handles and others' wrong passwords keep nobody out`() async throws {
        let api = try await api { $0.loginFailures = 2 }
        _ = try await api.tenant.session("eve")
        _ = try await api.tenant.session("bob")
        for _ in 0..<2 { #expect(await logIn(api, "bob", "wrong password").status == 401) }
        let refused = await logIn(api, "bob", "wrong password")
        #expect(refused.status == 429 && refused.code == "too_many_attempts")
        #expect(refused.response.headers["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
        #expect(refused.response.headers["RateLimit-Policy"] == "\"log-ins\";q=2;w=60")
        #expect(refused.response.headers["RateLimit"]?.hasPrefix("\"log-ins\";r=0;t=") == true)
        #expect(refused.response.headers["X-RateLimit-Limit"] == "2")
        #expect(refused.response.headers["X-RateLimit-Remaining"] == "0")
        #expect(refused.response.headers["X-RateLimit-Reset"].flatMap { Int($0) } ?? 0 > 0)
        // Side by side: none of them waits for a thread.
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                group.addTask { await logIn(api, "nobody\(number)", "x").status }
            }
            for _ in 0..<3 { #expect(await logIn(api, "eve").status == 200) }
            for await status in group { #expect(status == 401) }
        }
        await api.tenant.fixture.stop()
    }

    @Test(arguments: [
        ("x", 4_000_000, 1, "/handle"), ("é", 129, 1, "/handle"), ("", 0, 1, "/handle"),
        ("e", 1, 1_000_000, "/password"),
    ])
    func `texts of any size are bounded before they are anything else`(
        letter: String, length: Int, password: Int, pointer: String
    ) async throws {
        let api = try await ChatFixture.shared().tenant().api
        let answer = await logIn(
            api, String(repeating: letter, count: length), String(repeating: "y", count: password))
        #expect(answer.status == 422 && answer.pointer == pointer)
    }

    @Test func `tokens and app names of any size are no keys`() async throws {
        let api = try await ChatFixture.shared().tenant().api
        let long = String(repeating: "x", count: 1_000_000)
        #expect(await api(.post, "/v1/auth/refresh", as: nil, #"{"refresh_token":"\#(long)"}"#).status == 401)
        #expect(
            await api(.post, "/v1/auth/login", as: nil, #"{"app":"\#(long)","handle":"a","password":"b"}"#).code
                == "app_not_found")
        #expect(await api(.get, "/v1/me", headers: ["Authorization": "Bearer mbt_\(long)"]).status == 401)
    }

    @Test func `searches, polls, registrations and exchanges of tokens have limits of their own`() async throws {
        let api = try await api {
            $0.searchesPerMinute = 2
            $0.pollsPerSecond = 1
            $0.registrationsPerMinute = 1
            $0.refreshesPerMinute = 1
        }
        _ = try await api.person("eve")
        for handle in ["admin", "eve"] {
            for _ in 0..<2 { #expect(await api(.get, "/v1/search?q=x", as: handle).status == 200) }
            #expect(await api(.get, "/v1/search?q=x", as: handle).code == "rate_limited")
        }
        var answer = await api(.get, "/v1/events")
        for _ in 0..<1000 where answer.status == 200 { answer = await api(.get, "/v1/events") }
        #expect(answer.status == 429 && answer.code == "rate_limited")
        let body = #"{"handle":"!","password":"x","refresh_token":"x"}"#
        for (path, first) in [("register", 422), ("refresh", 401)] {
            #expect(await api(.post, "/v1/auth/\(path)", as: nil, body).status == first)
            #expect(await api(.post, "/v1/auth/\(path)", as: nil, body).code == "too_many_attempts")
        }
        await api.tenant.fixture.stop()
    }

    @Test func `one account waits for events a bounded number of times at once`() async throws {
        let api = try await api { $0.waitingPolls = 1 }
        let eve = try await api.person("eve")
        let service = api.tenant.service
        try await service.polling(eve, isWaiting: true) {
            let refused = await api(.get, "/v1/events?wait=1", as: "eve")
            #expect(refused.status == 429 && refused.code == "too_many_polls")
            #expect(await api(.get, "/v1/events", as: "eve").status == 200)
        }
        #expect(await api(.get, "/v1/events?after=0-0&wait=1", as: "eve").status == 200)
        await api.tenant.fixture.stop()
    }
}

extension ChatTenant {
    fileprivate var api: RestCaller { RestCaller(self) }
}
