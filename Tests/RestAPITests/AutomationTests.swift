import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import HTTPTypes
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AutomationTests {
    private let tenant: ChatTenant
    private let api: RestCaller
    private let channel: Channel

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        api = RestCaller(tenant)
        channel = try await tenant.channel()
    }

    @Test func `logging in and out over HTTP`() async throws {
        let body = #"{"app":"\#(tenant.app.name)","handle":"zoe","password":"a good password","email":"z@example.org"}"#
        let session = await api(.post, "/v1/auth/register", as: nil, body)
        #expect(session.status == 201 && session["expires_in"]?.integer == 900)
        let token = try #require(session["access_token"]?.string)
        let me = await api(.get, "/v1/me", as: nil, headers: ["Authorization": "bearer  \(token)"])
        #expect(me["handle"]?.string == "zoe" && me["email"]?.string == "z@example.org")
        #expect(await api(.post, "/v1/auth/register", as: nil, body).code == "handle_taken")
        let refresh = #"{"refresh_token":"\#(try #require(session["refresh_token"]?.string))"}"#
        let renewed = await api(.post, "/v1/auth/refresh", as: nil, refresh)
        #expect(renewed.status == 200)
        let second = try #require(renewed["access_token"]?.string)
        #expect(
            await api(.post, "/v1/auth/logout", as: nil, headers: ["Authorization": "Bearer \(second)"]).status == 204)
        let newest = #"{"refresh_token":"\#(try #require(renewed["refresh_token"]?.string))"}"#
        #expect(await api(.post, "/v1/auth/refresh", as: nil, newest).status == 401)
        let login = await api(
            .post, "/v1/auth/login", as: nil,
            #"{"app":"\#(tenant.app.name)","handle":"Z@example.org","password":"a good password"}"#)
        #expect(login["user"]?["handle"]?.string == "zoe")
        #expect(
            await api(.post, "/v1/auth/login", as: nil, #"{"app":"nowhere","handle":"z","password":"x"}"#).pointer
                == "/app")
    }

    @Test func `a flood of log-ins answers 429 and when to come back`() async throws {
        // Refused before a hash is made: the handle cannot be.
        let body = #"{"app":"\#(tenant.app.name)","handle":"","password":""}"#
        for _ in 0..<20 { #expect(await api(.post, "/v1/auth/register", as: nil, body).status == 422) }
        let answer = await api(.post, "/v1/auth/register", as: nil, body)
        #expect(answer.status == 429)
        #expect(answer.response.headers["Retry-After"].flatMap { Int($0) }.map { (1...61).contains($0) } == true)
    }

    @Test func `hooks are made, listed without their secret, and revoked`() async throws {
        let made = await api(.post, "/v1/hooks", #"{"name":"CI","channel_id":\#(channel.id)}"#)
        #expect(made.status == 201 && made["is_locked"]?.bool == true)
        let secret = try #require(made["secret"]?.string)
        #expect(secret.hasPrefix("mhk_") && made["path"]?.string == "/hooks/\(secret)")
        #expect(try await tenant.service.hook(secret: secret)?.hook.channelID == channel.id)
        let listed = await api(.get, "/v1/hooks")
        #expect(listed["hooks"]?[0]?["name"]?.string == "CI" && listed["hooks"]?[0]?["secret"] == nil)
        let id = try #require(made["id"]?.integer)
        #expect(await api(.delete, "/v1/hooks/\(id)").status == 204)
        #expect(await api(.delete, "/v1/hooks/\(id)").code == "hook_not_found")
        #expect(try await tenant.service.hook(secret: secret) == nil)
    }

    @Test func `bots are made, shown their token once, and closed`() async throws {
        let made = await api(.post, "/v1/bots", #"{"handle":"helper"}"#)
        let id = try #require(made["bot"]?["id"]?.integer)
        let token = try #require(made["token"]?.string)
        func me(_ token: String) async -> Int {
            await api(.get, "/v1/me", as: nil, headers: ["Authorization": "Bearer \(token)"]).status
        }
        #expect(await me(token) == 200)
        #expect(await api(.get, "/v1/bots")["bots"]?[0]?["id"]?.integer == id)
        let second = try #require(await api(.post, "/v1/bots/\(id)/token")["token"]?.string)
        #expect(await me(token) == 401)
        #expect(await me(second) == 200)
        #expect(await api(.delete, "/v1/bots/\(id)").status == 204)
        #expect(await me(second) == 401)
        #expect(await api(.delete, "/v1/bots/\(tenant.admin.userID)").code == "bot_not_found")
    }

    // MARK: Events

    @Test func `events are polled by cursor, from the beginning to the end`() async throws {
        for number in 1...5 { _ = await api(.post, "/v1/channels/\(channel.id)/messages", #"{"text":"\#(number)"}"#) }
        try await tenant.fixture.settle()
        var cursor = "0-0"
        var seqs: [Int64] = []
        var rounds = 0
        while seqs.count < 5, rounds < 20 {
            let answer = await api(.get, "/v1/events?after=\(cursor)&limit=2&types=message.created,hook.created")
            #expect(answer["epoch"]?.string == tenant.fixture.store.epoch)
            seqs += answer["events"]?.array?.compactMap { $0["data"]?["seq"]?.integer } ?? []
            cursor = try #require(answer["cursor"]?.string)
            rounds += 1
        }
        #expect(seqs == [1, 2, 3, 4, 5])
        let end = await api(.get, "/v1/events?after=\(cursor)")
        #expect(end["events"]?.array == [])
    }

    @Test func `a poll that waits answers when something happens, and empty when nothing does`() async throws {
        try await tenant.fixture.settle()
        let start = try #require(await api(.get, "/v1/events")["cursor"]?.string)
        async let waiting = api(.get, "/v1/events?after=\(start)&wait=50")
        _ = await api(.post, "/v1/channels/\(channel.id)/messages", #"{"text":"wake up"}"#)
        let answer = await waiting
        #expect(answer["events"]?[0]?["data"]?["text"]?.string == "wake up")
        let quiet = await api(.get, "/v1/events?after=\(try #require(answer["cursor"]?.string))&wait=1")
        #expect(quiet.status == 200 && quiet["events"]?.array == [])
        for query in ["after=x", "after=1", "wait=51", "wait=-1", "limit=0"] {
            #expect(await api(.get, "/v1/events?\(query)").status == 400, "\(query)")
        }
        // The log cannot have given a place beyond its end, nor one under a name that it never had.
        let cursor = try #require(answer["cursor"]?.string)
        for query in [
            "after=18446744073709551615-18446744073709551615", "after=\(cursor)&epoch=another",
            "after=\(cursor)&epoch=",
        ] {
            let answer = await api(.get, "/v1/events?\(query)")
            #expect(answer.status == 410 && answer["code"]?.string == "cursor_unknown", "\(query)")
        }
        #expect(await api(.get, "/v1/events?after=\(cursor)&epoch=\(tenant.fixture.store.epoch)").status == 200)
    }

    @Test func `a cursor from before the retention time answers 410`() async throws {
        let fixture = try await ChatFixture()
        let api = RestCaller(try await fixture.tenant())
        try await fixture.store.pool.execute("INSERT INTO settings VALUES ('trimmed_up_to', '9-9')")
        let answer = await api(.get, "/v1/events?after=9-8")
        #expect(answer.status == 410 && answer.code == "events_gone")
        await fixture.stop()
    }
}
