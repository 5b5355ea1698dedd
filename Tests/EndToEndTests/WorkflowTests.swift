import BridgeTestSupport
import ChatModel
import EventLoop
import Foundation
import HTTPTypes
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite(.timeLimit(.minutes(3)))
struct WorkflowTests {
    @Test func `a workflow whose server is killed in the middle, twice, does each thing once`() async throws {
        let victim = Mutex<Int32?>.Box(nil)
        // The server dies while it is called: whether it was called it will not know.
        let api = try ScriptedHTTPServer(group: EventLoopGroup(count: 1, name: "api")) { _ in
            if let process = victim.mutex.withLock({ process in
                defer { process = nil }
                return process
            }) {
                kill(process, SIGKILL)
            }
            return HTTPResponse(
                headers: ["Content-Type": "application/json"], body: .bytes(Array(#"{"receipt":"r"}"#.utf8)))
        }
        let folder = try temporaryDirectory()
        try FileManager.default.createDirectory(atPath: folder + "/data/bridges", withIntermediateDirectories: true)
        try """
        bridge: workflow
        name: orders
        where: { sender.kind: [person] }
        settings:
          allow: [127.0.0.1]
          steps:
            - { id: n, set: { key: orders, increment: 1 } }
            - post: "order {{ steps.n.value }}"
            - { id: pay, call: { url: "\(api.url)/pay", json: { n: "{{ steps.n.value }}" } } }
            - wait: 3s
            - react: white_check_mark
            - post: "paid {{ steps.n.value }} {{ steps.pay.body.receipt }}"
        """.write(toFile: folder + "/data/bridges/orders.yaml", atomically: true, encoding: .utf8)

        var server = try await MartletProcess(folder: folder)
        var token = try await server.logIn()
        func status() async throws -> JSONValue? {
            try await server.request(.get, "/v1/bridges", token: token)["bridges"]?.array?.first
        }
        try await eventually("it runs") { try await status()?["state"] == "running" }
        let made = try await server.request(.post, "/v1/channels", token: token, #"{"kind":"public","name":"c"}"#)
        let channel = try #require(made["id"]?.integer)
        victim.mutex.withLock { $0 = server.identifier }
        _ = try await server.request(.post, "/v1/channels/\(channel)/messages", token: token, #"{"text":"buy"}"#)
        try await eventually("it was killed in its call") { server.status != nil }

        server = try await MartletProcess(folder: folder)
        token = try await server.logIn()
        try await eventually("it waits", within: .seconds(60)) { try await status()?["deferred"] == 1 }
        try await server.crash()

        server = try await MartletProcess(folder: folder)
        token = try await server.logIn()
        func messages() async throws -> [JSONValue] {
            try await server.request(.get, "/v1/channels/\(channel)/messages?after=0", token: token)["messages"]?.array
                ?? []
        }
        try await eventually("it is over", within: .seconds(60)) { try await messages().count >= 3 }
        try await eventually("nothing waits") { try await status()?["deferred"] == 0 }
        let said = try await messages()
        #expect(said.map { $0["text"]?.string } == ["buy", "order 1", "paid 1 r"])
        #expect(said.first?["reactions"] == [["emoji": "✅", "count": 1]])
        #expect(api.requests.count == 2)
        #expect(Set(api.requests.map { $0.headers["Idempotency-Key"] }).count == 1)
        #expect(api.requests.allSatisfy { $0.body == Array(#"{"n":1}"#.utf8) })
        #expect(try await status()?["dead_letters"] == 0)
        server.signal(SIGTERM)
        try await eventually("it has stopped", within: .seconds(20)) { server.status != nil }
        await api.stop()
    }
}
