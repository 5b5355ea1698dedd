import BridgeTesting
import Settings
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HostileFixtureTests {
    @Test(arguments: [
        "a: &a [x, x]\nb: &b [*a, *a]\ngiven: *b\n", "given: !exec ls\n", "given: [\n", "given:\n\t- message\n",
        String(repeating: "[", count: 100_000), String(repeating: "a", count: 10 << 20), "",
        "given: [{ message: {} }]\ngiven: []\n", "- a\n", "given: { message: {} }\n---\ngiven: {}\n",
        "given: [\(String(repeating: "{ message: {} }, ", count: 1001))]\nexpect_nothing: true\n",
        "given: { message: { text: \"a\u{0}b\" } }\nexpect_nothing: true\n",
    ])
    func `what could harm is refused with its place`(text: String) async throws {
        let result = try await SuiteFolder(fixture: text).result()
        #expect(result.outcome == .broken)
        #expect(!result.problems.isEmpty && result.problems.allSatisfy { $0.line > 0 }, "\(result.problems)")
        #expect(result.problems.allSatisfy { $0.description.utf8.count < 1000 })
    }

    @Test(arguments: [
        ("gven: []", "1:1: gven", "did you mean `given`?"),
        ("given: { mesage: {} }", "1:10: given[0].mesage", "did you mean `message`?"),
        ("given: { message: { chanel: a } }", "1:21: given[0].message.chanel", "did you mean `channel`?"),
        ("given: { message: {} }\nexpect: { htp: {} }", "2:11: expect[0].htp", "did you mean `http`?"),
        ("given: { message: {} }\nexpect: { http: { metod: POST } }", "2:19: expect[0].http.metod", "`method`?"),
        ("given: { message: {} }\nexpect: { http: { url: { matches: '(' } } }", "2:35: expect[0].http.url", ""),
        ("given: { message: {} }\nexpect: http", "2:9: expect[0]", "expected one of"),
        ("given: { message: {}, edit: {} }", "1:8: given[0]", "expected one of"),
        ("given: {}", "1:8: given[0]", "expected one of"),
        ("given: { edit: { message: 7 } }", "1:27: given[0].edit.message", "given before"),
        ("given: { event: { data: {} } }", "1:17: given[0].event", "`type`"),
        ("given: { event: { type: message.created, data: {} } }", "1:17: given[0].event", "whole message"),
        ("given: { event: \"{\" }", "1:17: given[0].event", "no JSON"),
        ("given: { mail: {} }", "1:16: given[0].mail.to", "missing"),
        ("given: { mail: { to: \"a b@c\" } }", "1:16: given[0].mail", ""),
        ("given: { message: {} }\nnow: yesterday", "2:6: now", "2026-01-31T09:00:00Z"),
        ("given: { message: {} }\nanswers: [1000]", "2:11: answers[0].status", "100 to 599"),
        ("given: { message: {} }\nanswers: tmeout", "2:10: answers[0].fail", "did you mean `timeout`?"),
        ("given: { message: {} }\nexpect: []\nexpect_nothing: true", "3:17: expect_nothing", "not both"),
        ("given: [{ message: { id: 1 } }, { message: { id: 1 } }]", "1:50: given[1].message.id", "before"),
    ])
    func `a mistake is told with its place and what would be right`(
        text: String, place: String, hint: String
    ) async throws {
        let folder = try SuiteFolder(fixture: text + "\n")
        let result = try await folder.result()
        #expect(result.outcome == .broken)
        let start = "\(folder.path)//orders.tests/one.yaml:\(place)".replacing("//", with: "/")
        #expect(
            result.problems.contains {
                $0.description.replacing("//", with: "/").hasPrefix(start) && $0.message.contains(hint)
            }, "\(result.problems)")
    }

    @Test func `a bridge whose file is broken is told as broken with its fixtures`() async throws {
        let folder = try SuiteFolder([
            "orders.yaml": "bridge: webhok\n", "orders.tests/one.yaml": "given: { message: {} }\n",
            "lonely.yaml": "bridge: webhook\n",
        ])
        let results = try await folder.run()
        #expect(results.count == 2 && results.allSatisfy { $0.outcome == .broken })
    }

    @Test func `an expectation in flow style is not written into`() async throws {
        let folder = try SuiteFolder(fixture: "{ given: { message: { channel: orders } }, expect: [] }")
        let result = try await folder.result(updates: true)
        #expect(result.outcome == .broken)
        #expect(try folder.text("orders.tests/one.yaml").hasPrefix("{ given:"))
    }
}
