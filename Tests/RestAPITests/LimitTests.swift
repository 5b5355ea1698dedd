import ChatModel
import ChatService
import ChatTestSupport
import Foundation
import HTTPTypes
import Testing

/// What is asked for too often is refused with words, and says when to come back.
@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    private func door(_ change: (inout ChatRates) -> Void) async throws -> Door {
        var configuration = ChatConfiguration()
        change(&configuration.rates)
        return Door(try await ChatFixture(configuration: configuration).town(named: "main"))
    }

    private func logIn(_ door: Door, _ handle: String, _ password: String = ChatTown.password) async -> Answer {
        let body = try? JSONEncoder().encode(["app": door.town.app.name, "handle": handle, "password": password])
        return await door(.post, "/v1/auth/login", as: nil, body.map { String(decoding: $0, as: UTF8.self) })
    }

    @Test func `invented handles and others' wrong passwords keep nobody out`() async throws {
        let door = try await door { $0.loginFailures = 2 }
        _ = try await door.town.session("eve")
        _ = try await door.town.session("bob")
        for _ in 0..<2 { #expect(await logIn(door, "bob", "wrong password").status == 401) }
        let refused = await logIn(door, "bob", "wrong password")
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
                group.addTask { await logIn(door, "nobody\(number)", "x").status }
            }
            for _ in 0..<3 { #expect(await logIn(door, "eve").status == 200) }
            for await status in group { #expect(status == 401) }
        }
        await door.town.fixture.stop()
    }

    @Test(arguments: [
        ("x", 4_000_000, 1, "/handle"), ("é", 129, 1, "/handle"), ("", 0, 1, "/handle"),
        ("e", 1, 1_000_000, "/password"),
    ])
    func `texts of any size are bounded before they are anything else`(
        letter: String, length: Int, password: Int, pointer: String
    ) async throws {
        let door = try await ChatFixture.shared().town().door
        let answer = await logIn(
            door, String(repeating: letter, count: length), String(repeating: "y", count: password))
        #expect(answer.status == 422 && answer.pointer == pointer)
    }

    @Test func `tokens and app names of any size are no keys`() async throws {
        let door = try await ChatFixture.shared().town().door
        let long = String(repeating: "x", count: 1_000_000)
        #expect(await door(.post, "/v1/auth/refresh", as: nil, #"{"refresh_token":"\#(long)"}"#).status == 401)
        #expect(
            await door(.post, "/v1/auth/login", as: nil, #"{"app":"\#(long)","handle":"a","password":"b"}"#).code
                == "app_not_found")
        #expect(await door(.get, "/v1/me", headers: ["Authorization": "Bearer mbt_\(long)"]).status == 401)
    }

    @Test func `searches, polls, registrations and exchanges of tokens have limits of their own`() async throws {
        let door = try await door {
            $0.searchesPerMinute = 2
            $0.pollsPerSecond = 1
            $0.registrationsPerMinute = 1
            $0.refreshesPerMinute = 1
        }
        _ = try await door.person("eve")
        for handle in ["admin", "eve"] {
            for _ in 0..<2 { #expect(await door(.get, "/v1/search?q=x", as: handle).status == 200) }
            #expect(await door(.get, "/v1/search?q=x", as: handle).code == "rate_limited")
        }
        var answer = await door(.get, "/v1/events")
        for _ in 0..<1000 where answer.status == 200 { answer = await door(.get, "/v1/events") }
        #expect(answer.status == 429 && answer.code == "rate_limited")
        let body = #"{"handle":"!","password":"x","refresh_token":"x"}"#
        for (path, first) in [("register", 422), ("refresh", 401)] {
            #expect(await door(.post, "/v1/auth/\(path)", as: nil, body).status == first)
            #expect(await door(.post, "/v1/auth/\(path)", as: nil, body).code == "too_many_attempts")
        }
        await door.town.fixture.stop()
    }

    @Test func `one account waits for events a bounded number of times at once`() async throws {
        let door = try await door { $0.waitingPolls = 1 }
        let eve = try await door.person("eve")
        let service = door.town.service
        try await service.polling(eve, isWaiting: true) {
            let refused = await door(.get, "/v1/events?wait=1", as: "eve")
            #expect(refused.status == 429 && refused.code == "too_many_polls")
            #expect(await door(.get, "/v1/events", as: "eve").status == 200)
        }
        #expect(await door(.get, "/v1/events?after=0-0&wait=1", as: "eve").status == 200)
        await door.town.fixture.stop()
    }
}

extension ChatTown {
    fileprivate var door: Door { Door(self) }
}
