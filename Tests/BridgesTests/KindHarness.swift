import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatTestSupport
import Crypto
import ElasticsearchDouble
import EventLoop
import HTTPTypes
import MIME
import MailServer

/// What the contract of all kinds needs to know of one.
protocol KindHarness: Sendable {
    /// The file of the bridge, with its target.
    func file(_ tenant: BridgeTenant) -> String
    /// The texts at the target with the identifiers under which they got there, in the order of their arrival.
    func effects() -> [(id: String, text: String)]
    /// The target refuses the next try for the moment.
    func failOnce()
    /// The target will never take the next event.
    func refuseOnce()
    func stop() async
}

enum KindUnderTest: String, CaseIterable, Sendable {
    case webhook, elasticsearch, email, process, workflow

    func harness(_ tenant: BridgeTenant) async throws -> any KindHarness {
        switch self {
        case .webhook: try WebhookHarness(tenant)
        case .elasticsearch: try ElasticsearchHarness(tenant)
        case .email: try await EmailHarness(tenant)
        case .process: try ProgramHarness()
        case .workflow: try WorkflowHarness(tenant)
        }
    }
}

let webhookSecret = "whsec_\(Base64.encode(Array(repeating: 7, count: 32)))"

final class WebhookHarness: KindHarness {
    let server: ScriptedHTTPServer

    init(_ tenant: BridgeTenant) throws { server = try ScriptedHTTPServer(group: tenant.fixture.group) }

    func file(_ tenant: BridgeTenant) -> String {
        """
        bridge: webhook
        name: \(tenant.name)
        app: \(tenant.chat.app.name)
        retry: { attempts: 3, first: 1ms, max: 5ms }
        settings:
          url: \(server.url)/hook
          secret: \(webhookSecret)
          allow: [127.0.0.1]
        """
    }

    func effects() -> [(id: String, text: String)] {
        server.requests.compactMap { request in
            guard let event = try? JSON.decode(Event.self, request.body) else { return nil }
            return (request.headers["webhook-id"] ?? "", event.data["text"]?.string ?? "")
        }
    }

    func failOnce() { server.answer { _ in HTTPResponse(status: 503, headers: ["Retry-After": "0"]) } }

    func refuseOnce() {
        for _ in 1...3 { server.answer { _ in HTTPResponse(status: 400) } }
    }

    func stop() async { await server.stop() }
}

final class ElasticsearchHarness: KindHarness {
    let double = ElasticsearchDouble()
    let server: ScriptedHTTPServer

    init(_ tenant: BridgeTenant) throws {
        let double = double
        server = try ScriptedHTTPServer(group: tenant.fixture.group) { double.answer($0) }
    }

    func file(_ tenant: BridgeTenant) -> String {
        """
        bridge: elasticsearch
        name: \(tenant.name)
        app: \(tenant.chat.app.name)
        retry: { attempts: 3, first: 1ms, max: 5ms }
        settings:
          url: \(server.url)
          search: false
        """
    }

    func effects() -> [(id: String, text: String)] {
        double.documents.map { ($0.key, $0.value["text"]?.string ?? "") }.sorted { Int($0.id) ?? 0 < Int($1.id) ?? 0 }
    }

    func failOnce() { double.failRequests(503) }
    func refuseOnce() { double.failNextItem(400) }
    func stop() async { await server.stop() }
}

final class EmailHarness: KindHarness {
    let mailbox: TestMailbox

    init(_ tenant: BridgeTenant) async throws { mailbox = try await TestMailbox(group: tenant.fixture.group) }

    func file(_ tenant: BridgeTenant) -> String {
        """
        bridge: email
        name: \(tenant.name)
        app: \(tenant.chat.app.name)
        retry: { attempts: 3, first: 1ms, max: 5ms }
        settings:
          domain: chat.test
          any_channel: true
          smtp: { host: 127.0.0.1, port: \(mailbox.port), security: none }
          to: [team@example.org]
        """
    }

    func effects() -> [(id: String, text: String)] {
        mailbox.mails.compactMap { mail in
            guard let mail = try? MailParser.parse(mail.bytes) else { return nil }
            return (mail.messageID ?? "", (mail.text ?? "").split(whereSeparator: \.isNewline).joined(separator: "\n"))
        }
    }

    func failOnce() { mailbox.answer(MailReply(451, "4.3.0", "later")) }
    func refuseOnce() { mailbox.answer(MailReply(554, "5.6.0", "never")) }
    func stop() async { await mailbox.stop() }
}
