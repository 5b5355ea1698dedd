import BridgeTestSupport
import ChatModel
import ChatTestSupport
import EventLoop
import HTTPTypes

/// A workflow that calls an API with each text.
final class WorkflowHarness: KindHarness {
    let server: ScriptedHTTPServer

    init(_ tenant: BridgeTenant) throws { server = try ScriptedHTTPServer(group: tenant.fixture.group) }

    func file(_ tenant: BridgeTenant) -> String {
        Self.file(
            tenant,
            """
            - call: { url: "\(server.url)/texts", json: { text: "{{ message.text }}" } }
            """)
    }

    /// A file with these steps.
    static func file(_ tenant: BridgeTenant, _ steps: String, more: String = "", top: String = "") -> String {
        let indented = steps.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
            .joined(separator: "\n")
        return """
            bridge: workflow
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            retry: { attempts: 3, first: 1ms, max: 5ms }
            \(top)
            settings:
              allow: [127.0.0.1]
            \(more)
              steps:
            \(indented)
            """
    }

    func effects() -> [(id: String, text: String)] {
        server.requests.map { request in
            let body = try? JSON.decode(JSONValue.self, request.body)
            return (request.headers["Idempotency-Key"] ?? "", body?["text"]?.string ?? "")
        }
    }

    func failOnce() { server.answer { _ in HTTPResponse(status: 503, headers: ["Retry-After": "0"]) } }
    func refuseOnce() { server.answer { _ in HTTPResponse(status: 400) } }
    func stop() async { await server.stop() }
}
