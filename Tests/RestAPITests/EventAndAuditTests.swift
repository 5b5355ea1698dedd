import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventCatalogue
import HTTPTypes
import Postgres
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EventAndAuditTests {
    private let tenant: ChatTenant
    private let api: RestCaller

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        api = RestCaller(tenant)
    }

    // MARK: Schemas

    @Test func `the schemas of all events are served to everybody`() async throws {
        let list = await api(.get, "/v1/events/schemas", as: nil)
        #expect(list["schemas"]?.array?.map { $0["type"]?.string } == EventType.all.map(\.description))
        for definition in EventDefinition.all {
            let answer = await api(.get, "/v1/events/schemas/\(definition.type)", as: nil)
            #expect(answer.status == 200 && answer.json == definition.document)
            #expect(answer.response.headers["Content-Type"] == "application/schema+json")
        }
        #expect(await api(.get, "/v1/events/schemas/message.creatde", as: nil).code == "unknown_event_type")
    }

    // MARK: Reading

    @Test func `administrators read what is for them, and all of it when they ask`() async throws {
        _ = try await api.person("eve")
        let channel = try await tenant.channel("secret", kind: .private)
        let hook = try await tenant.hook(to: channel)
        try await tenant.fixture.settle()
        func types(_ query: String, as handle: String) async -> [String] {
            await api(.get, "/v1/events?after=0-0&limit=200\(query)", as: handle)["events"]?.array?
                .compactMap { $0["type"]?.string } ?? []
        }
        #expect(await types("", as: "admin").contains("hook.created"))
        #expect(await !types("", as: "eve").contains("hook.created"))
        #expect(await types("&types=hook.created", as: "eve").isEmpty)
        #expect(await types("&scope=all", as: "admin").count >= types("", as: "admin").count)
        #expect(await api(.get, "/v1/events?after=0-0&scope=all", as: "eve").code == "admin_only")
        #expect(await api(.get, "/v1/events?scope=everything").status == 400)
        let event = await api(.get, "/v1/events?after=0-0&types=hook.created")["events"]?[0]
        #expect(event?["subject_id"]?.integer == hook.hook.id)
        #expect(event?["data"]?["secret"] == nil)
    }

    @Test func `a time has a place in the log`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let api = RestCaller(tenant)
        _ = try await tenant.channel()
        try await fixture.settle()
        let early = await api(.get, "/v1/events/cursor?at=2000-01-01T00:00:00Z")
        #expect(early["cursor"]?.string == "0-0" && early["epoch"]?.string == fixture.store.epoch)
        let late = await api(.get, "/v1/events/cursor?at=2999-01-01T00:00:00Z")
        #expect(late["cursor"]?.string == (try await fixture.store.head()).description)
        try await fixture.store.pool.execute("INSERT INTO settings VALUES ('trimmed_up_to', '9-9')")
        let trimmed = await api(.get, "/v1/events/cursor?at=2000-01-01T00:00:00Z")
        #expect(trimmed["cursor"]?.string == "9-9" && trimmed["trimmed_up_to"]?.string == "9-9")
        for query in ["", "?at=", "?at=yesterday", "?at=812-77"] {
            #expect(await api(.get, "/v1/events/cursor\(query)").status == 400, "\(query)")
        }
        #expect(await api(.get, "/v1/events/cursor?at=2000-01-01T00:00:00Z", as: nil).status == 401)
        await fixture.stop()
    }

    // MARK: Audit

    @Test func `the audit log is read, filtered and looked over by administrators`() async throws {
        _ = try await api.person("eve")
        let session = try await tenant.session("deputy", role: .admin)
        let made = await api(
            .post, "/v1/bots", as: nil, #"{"handle":"helper"}"#,
            headers: ["Authorization": "Bearer \(session.accessToken)", "X-Request-Id": "trace-1"])
        #expect(made.status == 201)
        let page = await api(.get, "/v1/audit")
        #expect(page["entries"]?.array?.map { $0["number"]?.integer } == [1, 2, 3])
        let last = try #require(page["entries"]?[2])
        #expect(last["action"]?.string == "bot.created" && last["actor"]?.string == "deputy")
        #expect(last["address"]?.string == tenant.app.name && last["request_id"]?.string == "trace-1")
        #expect(last["details"]?["handle"]?.string == "helper")
        #expect(last["at"]?.string.flatMap { Timestamp.parse($0) } != nil)
        func numbers(_ query: String) async -> [Int64?]? {
            await api(.get, "/v1/audit?\(query)")["entries"]?.array?.map { $0["number"]?.integer }
        }
        #expect(await numbers("after=1&limit=1") == [2])
        #expect(await numbers("before=3&limit=1") == [2])
        #expect(await numbers("action=user") == [1, 2])
        #expect(await numbers("actor=deputy") == [3])
        #expect(await numbers("since=2999-01-01T00:00:00Z") == [])
        for query in ["since=yesterday", "limit=0", "limit=201", "after=x"] {
            #expect(await api(.get, "/v1/audit?\(query)").status == 400, "\(query)")
        }
        #expect(await api(.get, "/v1/audit", as: "eve").code == "admin_only")
        #expect(await api(.get, "/v1/audit", as: nil).status == 401)

        let whole = await api(.get, "/v1/audit/verify")
        #expect(whole["checked"]?.integer == 3 && whole["is_end"]?.bool == true && whole["fault"] == nil)
        let hash = try #require(whole["hash"]?.string)
        #expect(hash == last["hash"]?.string && hash.count == 64)
        #expect(await api(.get, "/v1/audit/verify?after=3&hash=\(hash)")["checked"]?.integer == 0)
        let wrong = String(hash.reversed())
        #expect(await api(.get, "/v1/audit/verify?after=3&hash=\(wrong)")["fault"]?["number"]?.integer == 3)
        #expect(await api(.get, "/v1/audit/verify?after=2&hash=\(hash)")["fault"]?["kind"]?.string == "altered")
        for query in ["after=3", "hash=\(hash)", "after=3&hash=xyz", "after=-1&hash=00"] {
            #expect(await api(.get, "/v1/audit/verify?\(query)").code == "invalid_parameter", "\(query)")
        }
        #expect(await api(.get, "/v1/audit/verify", as: "eve").code == "admin_only")
    }

    // MARK: Accounts

    @Test func `a new password of one's own needs the old one`() async throws {
        let session = try await tenant.session("eve")
        func change(_ body: String) async -> Answer {
            await api(
                .patch, "/v1/me", as: nil, body, headers: ["Authorization": "Bearer \(session.accessToken)"])
        }
        #expect(await change(#"{"password":"a new password"}"#).pointer == "/current_password")
        #expect(await change(#"{"password":"a new password","current_password":"x"}"#).code == "wrong_password")
        let body = #"{"password":"a new password","current_password":"\#(ChatTenant.password)"}"#
        #expect(await change(body).status == 200)
        #expect(await change(body).status == 401)
    }
}
