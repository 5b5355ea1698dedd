import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Foundation
import HTTPRouting
import HTTPTypes
import Telemetry
import TestSupport
import Testing
import Webhooks

@Suite(.timeLimit(.minutes(1)))
struct WebhooksEndToEndTests {
    /// The api as the server has it, before an app of the test's own.
    private struct RestCaller {
        let tenant: ChatTenant
        let channel: Channel
        let metrics = Metrics()
        let router: Router<Principal>

        init(_ fixture: ChatFixture) async throws {
            tenant = try await fixture.tenant()
            channel = try await tenant.channel("general")
            let metrics = metrics
            router = Router(
                routes: Webhooks(service: fixture.service, metrics: metrics, logger: .silent).routes,
                authenticate: { _ in nil }, metrics: metrics, logger: .silent)
        }

        func post(
            _ path: String, _ body: String, query: String = "", headers: HTTPHeaders = [:]
        ) async -> (status: Int, text: String, headers: HTTPHeaders) {
            let response = await router.handle(
                HTTPRequest(
                    method: .post, path: path, query: query, headers: headers, body: Array(body.utf8)))
            guard case .bytes(let bytes) = response.body else { return (response.status, "", response.headers) }
            return (response.status, String(decoding: bytes, as: UTF8.self), response.headers)
        }

        func count(_ outcome: String) -> Bool {
            metrics.exposition().contains("martlet_hooks_total{outcome=\"\(outcome)\"} 1\n")
        }
    }

    private struct Blocker: MessageFilter {
        let name = "blocker"
        let whenFailing = FilterFailure.block
        func judge(_ draft: FilterInput) async throws -> FilterVerdict {
            draft.text.contains("heron") ? .block(reason: "No herons.", rules: ["birds"]) : .allow(flags: [])
        }
    }

    private func api() async throws -> RestCaller { try await RestCaller(ChatFixture.shared()) }

    @Test(arguments: ["/hooks/%", "/hooks/%/slack", "/services/T000/B000/%"])
    func `a delivery becomes a message of the hook's own author`(template: String) async throws {
        let api = try await api()
        let (hook, secret) = try await api.tenant.hook("deploys", to: api.channel)
        let answer = await api.post(
            template.replacing("%", with: secret),
            #"{"text":"*done* <https://a.example|log>","username":"Rocket","icon_emoji":":rocket:"}"#)
        #expect(answer.status == 200 && answer.text == "ok")
        #expect(answer.headers["Content-Type"]?.hasPrefix("text/plain") == true)
        let message = try #require(try await api.tenant.messages(in: api.channel).last)
        #expect(message.text == "**done** [log](https://a.example)")
        #expect(message.author.kind == .hook && message.author.id == hook.author.id)
        #expect(message.author.name == "Rocket")
        #expect(message.content == ["username": "Rocket", "icon_emoji": "rocket"])
        #expect(message.hops == 1)
        #expect(api.count("sent"))
    }

    @Test func `who asks for JSON gets the message, and problems`() async throws {
        let api = try await api()
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        let path = "/hooks/\(secret)"
        let waited = await api.post(path, #"{"attachments":[{"title":"Build 9"}]}"#, query: "wait=true")
        let message = try JSONDecoder().decode(Message.self, from: Data(waited.text.utf8))
        #expect(message.text == "Build 9" && message.content?["attachments"]?[0]?["title"]?.string == "Build 9")
        let reply = await api.post(
            path, #"{"text":"more"}"#, query: "thread_id=\(message.id)", headers: ["Accept": "application/json"])
        #expect(
            try JSONDecoder().decode(Message.self, from: Data(reply.text.utf8)).threadRootID == message.id)
        let refused = await api.post(path, "{}", query: "wait=true")
        #expect(refused.status == 400 && refused.headers["Content-Type"] == "application/problem+json")
        #expect(refused.text.contains(#""code":"no_text""#))
    }

    @Test(arguments: [
        ("nonsense", 400, "invalid_payload"), ("{}", 400, "no_text"), (#"{"text":"  "}"#, 400, "no_text"),
        (#"{"text":"a","channel":"nowhere"}"#, 404, "channel_not_found"),
        (#"{"text":"a","channel":"secret"}"#, 404, "channel_not_found"),
        (##"{"text":"a","channel":"#attic"}"##, 410, "channel_is_archived"),
        (#"{"text":"a","thread_ts":"999999999"}"#, 404, "message_not_found"),
        (
            "{\"text\":\"a\",\"attachments\":[{\"text\":\"\(String(repeating: "a", count: 66_000))\"}]}", 400,
            "invalid_payload"
        ),
    ])
    func `a refusal is a token in plain text`(body: String, status: Int, token: String) async throws {
        let api = try await api()
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        _ = try await api.tenant.channel("secret", kind: .private)
        let attic = try await api.tenant.channel("attic")
        _ = try await api.tenant.service.updateChannel(
            attic.id, name: nil, topic: nil, isArchived: true, by: api.tenant.admin)
        let answer = await api.post("/hooks/\(secret)", body)
        #expect(answer.status == status && answer.text == token)
        #expect(try await api.tenant.messages(in: api.channel).isEmpty)
        #expect(api.count("refused"))
    }

    @Test(arguments: ["wait=True", "wait=TRUE", "wait=1"])
    func `true is true however a language writes it`(query: String) async throws {
        let api = try await api()
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        let answer = await api.post("/hooks/\(secret)", #"{"text":"a"}"#, query: query)
        #expect(answer.status == 200 && answer.text.contains(#""text":"a""#))
    }

    @Test func `who takes anything gets the answer of Slack`() async throws {
        let api = try await api()
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        let accept = "application/json, text/plain, */*"
        let answer = await api.post("/hooks/\(secret)", #"{"text":"a"}"#, headers: ["Accept": accept])
        #expect(answer.status == 200 && answer.text == "ok")
    }

    @Test func `a text that is too long, or grows, is cut with a mark`() async throws {
        let api = try await api()
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        for text in [String(repeating: "a ", count: 10_000), String(repeating: "*", count: 16_000)] {
            #expect(await api.post("/hooks/\(secret)", #"{"text":"\#(text)"}"#).text == "ok")
        }
        #expect(try await api.tenant.messages(in: api.channel).allSatisfy { $0.text.hasSuffix("…") })
    }

    @Test func `an unknown or revoked secret is no service`() async throws {
        let api = try await api()
        let (hook, secret) = try await api.tenant.hook(to: api.channel)
        try await api.tenant.service.revokeHook(hook.id, by: api.tenant.admin)
        for name in [secret, "mhk_guess", "x", String(repeating: "a", count: 5000)] {
            let answer = await api.post("/hooks/\(name)", #"{"text":"a"}"#)
            #expect(answer.status == 404 && answer.text == "no_service")
        }
    }

    @Test func `a channel can be named unless the hook is locked`() async throws {
        let api = try await api()
        let other = try await api.tenant.channel("other")
        let (_, free) = try await api.tenant.hook("free", to: api.channel)
        let (_, locked) = try await api.tenant.hook("locked", to: api.channel, isLocked: true)
        #expect(await api.post("/hooks/\(free)", ##"{"text":"1","channel":"#other"}"##).text == "ok")
        #expect(await api.post("/hooks/\(free)", #"{"text":"2","channel":"other"}"#).text == "ok")
        #expect(try await api.tenant.messages(in: other).map(\.text) == ["1", "2"])
        let refused = await api.post("/hooks/\(locked)", #"{"text":"3","channel":"other"}"#)
        #expect(refused.status == 403 && refused.text == "action_prohibited")
        #expect(await api.post("/hooks/\(locked)", #"{"text":"4","channel":"general"}"#).text == "ok")
        #expect(try await api.tenant.messages(in: api.channel).map(\.text) == ["4"])
    }

    @Test(arguments: ["Idempotency-Key", "webhook-id"])
    func `a delivery that is repeated is stored once`(header: String) async throws {
        let api = try await api()
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        for _ in 0..<2 {
            let answer = await api.post("/hooks/\(secret)", #"{"text":"once"}"#, headers: [header: "msg_1"])
            #expect(answer.status == 200 && answer.text == "ok")
        }
        #expect(try await api.tenant.messages(in: api.channel).count == 1)
        #expect(api.count("sent") && api.count("repeated"))
    }

    @Test func `mentions by our ids become names`() async throws {
        let api = try await api()
        let ada = try await api.tenant.person("ada")
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        _ = await api.post(
            "/hooks/\(secret)", "{\"text\":\"<@U\(ada.userID)> <@\(ada.userID)> <#C\(api.channel.id)> <@U1X>\"}")
        _ = await api.post("/hooks/\(secret)", #"{"text":"*as* <!here>","skip_slack_parsing":true}"#)
        #expect(
            try await api.tenant.messages(in: api.channel).map(\.text) == ["@ada @ada #general @U1X", "*as* <!here>"])
    }

    @Test func `what has come through too many automations is refused`() async throws {
        let api = try await api()
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        let body = #"{"text":"a"}"#
        #expect(await api.post("/hooks/\(secret)", body, headers: ["Martlet-Hops": "7"]).status == 200)
        #expect(try await api.tenant.messages(in: api.channel).last?.hops == 8)
        for hops in ["8", "99999999999"] {
            let answer = await api.post("/hooks/\(secret)", body, headers: ["Martlet-Hops": hops])
            #expect(answer.status == 403 && answer.text == "automation_loop")
        }
    }

    @Test func `moderation and the rate limit refuse with their own status`() async throws {
        let fixture = try await ChatFixture(configuration: ChatConfiguration(sendsPerSecond: 1))
        fixture.service.filters.add(Blocker())
        let api = try await RestCaller(fixture)
        let (_, secret) = try await api.tenant.hook(to: api.channel)
        let path = "/hooks/\(secret)"
        let blocked = await api.post(path, #"{"attachments":[{"text":"a grey heron"}]}"#)
        #expect(blocked.status == 403 && blocked.text == "message_blocked")
        #expect(api.count("blocked"))
        for _ in 0..<9 { #expect(await api.post(path, #"{"text":"a"}"#).status == 200) }
        // One more passes each second, however slow this machine is.
        var limited = await api.post(path, #"{"text":"a"}"#)
        for _ in 0..<1000 where limited.status == 200 { limited = await api.post(path, #"{"text":"a"}"#) }
        #expect(limited.status == 429 && limited.text == "rate_limited")
        #expect(limited.headers["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
        #expect(limited.headers["RateLimit-Policy"] == "\"sends\";q=10;w=10")
        #expect(api.count("limited"))
        await fixture.stop()
    }
}
