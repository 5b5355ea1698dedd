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
    /// The door as the server has it, before an app of the test's own.
    private struct Door {
        let town: ChatTown
        let channel: Channel
        let metrics = Metrics()
        let router: Router<Principal>

        init(_ fixture: ChatFixture) async throws {
            town = try await fixture.town()
            channel = try await town.channel("general")
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

    private func door() async throws -> Door { try await Door(ChatFixture.shared()) }

    @Test(arguments: ["/hooks/%", "/hooks/%/slack", "/services/T000/B000/%"])
    func `a delivery becomes a message of the hook's own author`(template: String) async throws {
        let door = try await door()
        let (hook, secret) = try await door.town.hook("deploys", to: door.channel)
        let answer = await door.post(
            template.replacing("%", with: secret),
            #"{"text":"*done* <https://a.example|log>","username":"Rocket","icon_emoji":":rocket:"}"#)
        #expect(answer.status == 200 && answer.text == "ok")
        #expect(answer.headers["Content-Type"]?.hasPrefix("text/plain") == true)
        let message = try #require(try await door.town.messages(in: door.channel).last)
        #expect(message.text == "**done** [log](https://a.example)")
        #expect(message.author.kind == .hook && message.author.id == hook.author.id)
        #expect(message.author.name == "Rocket")
        #expect(message.content == ["username": "Rocket", "icon_emoji": "rocket"])
        #expect(message.hops == 1)
        #expect(door.count("sent"))
    }

    @Test func `who asks for JSON gets the message, and problems`() async throws {
        let door = try await door()
        let (_, secret) = try await door.town.hook(to: door.channel)
        let path = "/hooks/\(secret)"
        let waited = await door.post(path, #"{"attachments":[{"title":"Build 9"}]}"#, query: "wait=true")
        let message = try JSONDecoder().decode(Message.self, from: Data(waited.text.utf8))
        #expect(message.text == "Build 9" && message.content?["attachments"]?[0]?["title"]?.string == "Build 9")
        let reply = await door.post(
            path, #"{"text":"more"}"#, query: "thread_id=\(message.id)", headers: ["Accept": "application/json"])
        #expect(
            try JSONDecoder().decode(Message.self, from: Data(reply.text.utf8)).threadRootID == message.id)
        let refused = await door.post(path, "{}", query: "wait=true")
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
        let door = try await door()
        let (_, secret) = try await door.town.hook(to: door.channel)
        _ = try await door.town.channel("secret", kind: .private)
        let attic = try await door.town.channel("attic")
        _ = try await door.town.service.updateChannel(
            attic.id, name: nil, topic: nil, isArchived: true, by: door.town.admin)
        let answer = await door.post("/hooks/\(secret)", body)
        #expect(answer.status == status && answer.text == token)
        #expect(try await door.town.messages(in: door.channel).isEmpty)
        #expect(door.count("refused"))
    }

    @Test(arguments: ["wait=True", "wait=TRUE", "wait=1"])
    func `true is true however a language writes it`(query: String) async throws {
        let door = try await door()
        let (_, secret) = try await door.town.hook(to: door.channel)
        let answer = await door.post("/hooks/\(secret)", #"{"text":"a"}"#, query: query)
        #expect(answer.status == 200 && answer.text.contains(#""text":"a""#))
    }

    @Test func `who takes anything gets the answer of Slack`() async throws {
        let door = try await door()
        let (_, secret) = try await door.town.hook(to: door.channel)
        let accept = "application/json, text/plain, */*"
        let answer = await door.post("/hooks/\(secret)", #"{"text":"a"}"#, headers: ["Accept": accept])
        #expect(answer.status == 200 && answer.text == "ok")
    }

    @Test func `a text that is too long, or grows, is cut with a mark`() async throws {
        let door = try await door()
        let (_, secret) = try await door.town.hook(to: door.channel)
        for text in [String(repeating: "a ", count: 10_000), String(repeating: "*", count: 16_000)] {
            #expect(await door.post("/hooks/\(secret)", #"{"text":"\#(text)"}"#).text == "ok")
        }
        #expect(try await door.town.messages(in: door.channel).allSatisfy { $0.text.hasSuffix("…") })
    }

    @Test func `an unknown or revoked secret is no service`() async throws {
        let door = try await door()
        let (hook, secret) = try await door.town.hook(to: door.channel)
        try await door.town.service.revokeHook(hook.id, by: door.town.admin)
        for name in [secret, "mhk_guess", "x", String(repeating: "a", count: 5000)] {
            let answer = await door.post("/hooks/\(name)", #"{"text":"a"}"#)
            #expect(answer.status == 404 && answer.text == "no_service")
        }
    }

    @Test func `a channel can be named unless the hook is locked`() async throws {
        let door = try await door()
        let other = try await door.town.channel("other")
        let (_, free) = try await door.town.hook("free", to: door.channel)
        let (_, locked) = try await door.town.hook("locked", to: door.channel, isLocked: true)
        #expect(await door.post("/hooks/\(free)", ##"{"text":"1","channel":"#other"}"##).text == "ok")
        #expect(await door.post("/hooks/\(free)", #"{"text":"2","channel":"other"}"#).text == "ok")
        #expect(try await door.town.messages(in: other).map(\.text) == ["1", "2"])
        let refused = await door.post("/hooks/\(locked)", #"{"text":"3","channel":"other"}"#)
        #expect(refused.status == 403 && refused.text == "action_prohibited")
        #expect(await door.post("/hooks/\(locked)", #"{"text":"4","channel":"general"}"#).text == "ok")
        #expect(try await door.town.messages(in: door.channel).map(\.text) == ["4"])
    }

    @Test(arguments: ["Idempotency-Key", "webhook-id"])
    func `a delivery that is repeated is stored once`(header: String) async throws {
        let door = try await door()
        let (_, secret) = try await door.town.hook(to: door.channel)
        for _ in 0..<2 {
            let answer = await door.post("/hooks/\(secret)", #"{"text":"once"}"#, headers: [header: "msg_1"])
            #expect(answer.status == 200 && answer.text == "ok")
        }
        #expect(try await door.town.messages(in: door.channel).count == 1)
        #expect(door.count("sent") && door.count("repeated"))
    }

    @Test func `mentions by our ids become names`() async throws {
        let door = try await door()
        let ada = try await door.town.person("ada")
        let (_, secret) = try await door.town.hook(to: door.channel)
        _ = await door.post(
            "/hooks/\(secret)", "{\"text\":\"<@U\(ada.userID)> <@\(ada.userID)> <#C\(door.channel.id)> <@U1X>\"}")
        _ = await door.post("/hooks/\(secret)", #"{"text":"*as* <!here>","skip_slack_parsing":true}"#)
        #expect(
            try await door.town.messages(in: door.channel).map(\.text) == ["@ada @ada #general @U1X", "*as* <!here>"])
    }

    @Test func `what has come through too many automations is refused`() async throws {
        let door = try await door()
        let (_, secret) = try await door.town.hook(to: door.channel)
        let body = #"{"text":"a"}"#
        #expect(await door.post("/hooks/\(secret)", body, headers: ["Martlet-Hops": "7"]).status == 200)
        #expect(try await door.town.messages(in: door.channel).last?.hops == 8)
        for hops in ["8", "99999999999"] {
            let answer = await door.post("/hooks/\(secret)", body, headers: ["Martlet-Hops": hops])
            #expect(answer.status == 403 && answer.text == "automation_loop")
        }
    }

    @Test func `moderation and the rate limit refuse with their own status`() async throws {
        let fixture = try await ChatFixture(configuration: ChatConfiguration(sendsPerSecond: 1))
        fixture.service.filters.add(Blocker())
        let door = try await Door(fixture)
        let (_, secret) = try await door.town.hook(to: door.channel)
        let path = "/hooks/\(secret)"
        let blocked = await door.post(path, #"{"attachments":[{"text":"a grey heron"}]}"#)
        #expect(blocked.status == 403 && blocked.text == "message_blocked")
        #expect(door.count("blocked"))
        for _ in 0..<9 { #expect(await door.post(path, #"{"text":"a"}"#).status == 200) }
        // One more passes each second, however slow this machine is.
        var limited = await door.post(path, #"{"text":"a"}"#)
        for _ in 0..<1000 where limited.status == 200 { limited = await door.post(path, #"{"text":"a"}"#) }
        #expect(limited.status == 429 && limited.text == "rate_limited")
        #expect(limited.headers["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
        #expect(limited.headers["RateLimit-Policy"] == "\"sends\";q=10;w=10")
        #expect(door.count("limited"))
        await fixture.stop()
    }
}
