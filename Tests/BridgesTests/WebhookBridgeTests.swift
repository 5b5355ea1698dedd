import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatTestSupport
import Crypto
import HTTPTypes
import Settings
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WebhookBridgeTests {
    @Test func `a request is signed and the same at each try`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try WebhookHarness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        harness.failOnce()
        let message = try await tenant.say("hello", in: channel)
        try await eventually("two tries came") { harness.server.requests.count == 2 }
        let (first, second) = (harness.server.requests[0], harness.server.requests[1])
        #expect(first.body == second.body)
        #expect(first.headers["webhook-id"] == second.headers["webhook-id"])
        #expect(second.headers["Content-Type"] == "application/json")
        let event = try JSON.decode(Event.self, second.body)
        #expect(event.data["id"]?.integer == message.id.rawValue)
        #expect(second.headers["webhook-id"] == "\(tenant.name)_\(event.cursor)")
        let secret = try #require(WebhookSecret(text: webhookSecret))
        #expect(
            WebhookSignature.verifyStandard(
                id: second.headers["webhook-id"] ?? "", timestamp: second.headers["webhook-timestamp"] ?? "",
                signature: second.headers["webhook-signature"] ?? "", body: second.body, secrets: [secret],
                now: Timestamp.nowMilliseconds() / 1000))
        await node.stop()
        await harness.stop()
    }

    @Test func `a receiver that is gone for good is left alone`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try WebhookHarness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        harness.server.answer { _ in HTTPResponse(status: 410) }
        _ = try await tenant.say("hello", in: channel)
        try await node.wait(for: .paused, of: tenant.name)
        _ = try await tenant.say("anybody?", in: channel)
        #expect(try await node.runtime.deadLetters(of: tenant.name).count == 1)
        #expect(harness.server.requests.count == 1)
        await node.stop()
        await harness.stop()
    }

    @Test func `redirects are not followed`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try WebhookHarness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        let url = harness.server.url
        for _ in 1...3 {
            harness.server.answer { _ in HTTPResponse(status: 307, headers: ["Location": "\(url)/elsewhere"]) }
        }
        _ = try await tenant.say("hello", in: channel)
        try await eventually("it was given up") { try await node.runtime.deadLetters(of: tenant.name).count == 1 }
        #expect(harness.server.requests.map(\.path) == ["/hook", "/hook", "/hook"])
        await node.stop()
        await harness.stop()
    }

    @Test func `machines behind the server are out of reach unless they are named`() async throws {
        let tenant = try await BridgeTenant()
        let harness = try WebhookHarness(tenant)
        let channel = try await tenant.chat.channel()
        try tenant.write(harness.file(tenant).replacing("  allow: [127.0.0.1]", with: ""))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("hello", in: channel)
        try await eventually("it was given up") { try await node.runtime.deadLetters(of: tenant.name).count == 1 }
        #expect(harness.server.requests.isEmpty)
        await node.stop()
        await harness.stop()
    }

    @Test func `wrong settings are told with their places and without the secret`() {
        let (file, problems) = BridgeFile.read(
            """
            bridge: webhook
            settings:
              url: ftp://example.org
              secret: hunter2
              allow: [10.0.0.0/99]
            """, path: "hook.yaml", registry: .standard, environment: [:])
        #expect(file == nil)
        let texts = problems.map(\.description)
        #expect(texts.count == 3)
        #expect(texts.contains { $0.hasPrefix("hook.yaml:3:8: settings.url: expected an http or https URL") })
        #expect(texts.contains { $0.hasPrefix("hook.yaml:4:11: settings.secret: ") })
        #expect(!texts.joined().contains("hunter2"))
    }
}
