import Foundation
import TestSupport
import Testing

@testable import martlet

@Suite(.timeLimit(.minutes(1)))
struct BridgeTestCommandTests {
    private let folder: String

    init() throws {
        folder = try temporaryDirectory()
        try FileManager.default.createDirectory(atPath: "\(folder)/audit.tests", withIntermediateDirectories: true)
        try write(
            """
            bridge: webhook
            settings: { url: https://example.org/hook, secret: { env: SECRET } }
            """, "audit.yaml")
    }

    private func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    private func report(updates: Bool = false, isVerbose: Bool = false) async throws -> BridgeTestReport {
        try await BridgeTestCommand(paths: [folder], updates: updates, isVerbose: isVerbose).run(environment: [:]) {
            throw UsageError("fixtures need no server")
        }
    }

    @Test func `the status tells what passed, what failed and what is broken`() async throws {
        let none = try await report()
        #expect(none.status == 0)
        #expect(
            none.lines(coloured: false).contains {
                $0.contains("no fixtures; put the first into \(folder)/audit.tests/")
            })

        try write("given: { message: {} }\nexpect: { http: { method: POST } }\n", "audit.tests/good.yaml")
        #expect(try await report().status == 0)
        try write("given: { message: {} }\nexpect: { http: { method: PUT } }\n", "audit.tests/wrong.yaml")
        #expect(try await report().status == 1)
        try write("given: { message: {} }\n", "audit.tests/wrong.yaml")
        #expect(try await report().status == 1, "a test that expects nothing cannot pass")
        try write("gven: {}\n", "audit.tests/wrong.yaml")
        #expect(try await report().status == 2)
        let usage = await #expect(throws: UsageError.self) {
            try await BridgeTestCommand(paths: ["/no/such"], updates: false, isVerbose: false).run(environment: [:]) {
                throw UsageError("no server is needed")
            }
        }
        #expect(usage?.status == 2)
    }

    @Test func `a difference is shown with its line, what was expected and what came`() async throws {
        try write("given: { message: {} }\nexpect: { http: { method: PUT } }\n", "audit.tests/wrong.yaml")
        let lines = try await report().lines(coloured: false)
        let place = try #require(lines.firstIndex { $0.contains("audit.tests/wrong.yaml:2:27: expect[0].http.method") })
        #expect(lines[(place + 1)...(place + 2)] == ["      expected  \"PUT\"", "      got       \"POST\""])
        #expect(lines.contains("    POST https://example.org/hook"), "what happened is told too")
        #expect(lines.last == "1 fixture, 0 passed, 1 failed")
        #expect(!lines.contains { $0.contains("\u{1b}") })
    }

    @Test func `what a fixture would send is shown in full, without its signature`() async throws {
        try write(
            "given: { message: { text: \"Hi\\u001b[31m\" } }\nexpect: { http: {} }\n", "audit.tests/good.yaml")
        let text = try await report(isVerbose: true).lines(coloured: false).joined(separator: "\n")
        #expect(text.contains("webhook-id: audit_1-1") && text.contains("webhook-signature: <hidden>"))
        #expect(text.contains("SECRET is not set; a placeholder"))
        #expect(!text.contains("\u{1b}"))
    }

    @Test func `for programs it is JSON`() async throws {
        try write("given: { message: {} }\nexpect: { http: { method: PUT } }\n", "audit.tests/wrong.yaml")
        let text = TerminalText.json(try await report())
        let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["passed"] as? Int == 0 && json["failed"] as? Int == 1 && json["broken"] as? Int == 0)
        let fixture = try #require((json["fixtures"] as? [[String: Any]])?.first)
        #expect(fixture["outcome"] as? String == "failed" && fixture["name"] as? String == "wrong")
        let difference = try #require((fixture["differences"] as? [[String: Any]])?.first)
        #expect(difference["line"] as? Int == 2 && difference["expected"] as? String == "\"PUT\"")
        let effect = try #require((fixture["effects"] as? [[String: Any]])?.first)
        #expect(effect["effect"] as? String == "http" && effect["given"] as? Int == 0)
    }
}
