import BridgeTesting
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ComparisonTests {
    private static func fixture(_ expect: String) -> String {
        """
        given:
          - message: { channel: orders, text: "Two, please", id: 5 }
          - message: { channel: random, text: "Lunch" }
        \(expect)
        """
    }

    @Test(arguments: [
        ("expect: { http: { method: PUT } }", "4:27", "expect[0].http.method", "\"PUT\"", "\"POST\""),
        (
            "expect:\n  - http:\n      body:\n        data: { text: Three }", "7:23", "expect[0].http.body.data.text",
            "\"Three\"", "\"Two, please\""
        ),
        ("expect: { http: { body: { data: { id: 6 } } } }", "4:39", "expect[0].http.body.data.id", "6", "5"),
        ("expect: { http: { headers: { x-more: a } } }", "4:38", "expect[0].http.headers.x-more", "\"a\"", "nothing"),
        (
            "expect: { http: { body: { data: { text: { matches: '^Th' } } } } }", "4:41",
            "expect[0].http.body.data.text", "a match of \"^Th\"", "\"Two, please\""
        ),
        (
            "expect: { http: { url: { contains: elsewhere } } }", "4:24", "expect[0].http.url",
            "a text with \"elsewhere\"", "\"https://example.org/hook\""
        ),
        (
            "expect: { http: { body: { data: { flags: [a] } } } }", "4:42", "expect[0].http.body.data.flags", "[\"a\"]",
            "[]"
        ),
        ("expect: { http: { times: 2 } }", "4:26", "expect[0].http.times", "2", "1"),
        ("expect: { skip: on }", "4:17", "expect[0].skip.by", "\"on\"", "\"where.channel\""),
    ])
    func `what differs is told with its place in the fixture`(
        expect: String, place: String, path: String, expected: String, got: String
    ) async throws {
        let result = try await SuiteFolder(fixture: Self.fixture(expect)).result()
        #expect(result.outcome == .failed)
        let found = result.differences.first { $0.path == path }
        let difference = try #require(found, "\(result.differences)")
        #expect("\(difference.line):\(difference.column)" == place)
        #expect(difference.expected == expected && difference.got == got, "\(difference)")
    }

    @Test func `what nothing expects fails, and so does what does not happen`() async throws {
        let surplus = try await SuiteFolder(fixture: Self.fixture("expect_nothing: true")).result()
        #expect(surplus.outcome == .failed)
        #expect(surplus.differences.map(\.got) == ["POST https://example.org/hook"])
        #expect(surplus.differences[0].expected == nil)

        let missing = try await SuiteFolder(
            fixture: Self.fixture("expect: [{ http: {} }, { post: { text: Hello } }]")
        ).result()
        #expect(missing.differences.count == 1)
        #expect(missing.differences[0].path == "expect[1].post" && missing.differences[0].got == nil)

        let none = try await SuiteFolder(fixture: Self.fixture("expect: []")).result()
        #expect(none.outcome == .failed, "an empty list expects nothing")
    }

    @Test func `order counts, notes need not be expected and may be`() async throws {
        let both = Self.fixture("expect: [{ http: {} }, { skip: where.channel }]")
        #expect(try await SuiteFolder(fixture: both).result().outcome == .passed)
        let alone = Self.fixture("expect: [{ http: {} }]")
        #expect(try await SuiteFolder(fixture: alone).result().outcome == .passed)
        let reversed = Self.fixture("expect: [{ skip: where.channel }, { http: {} }]")
        #expect(try await SuiteFolder(fixture: reversed).result().outcome == .failed)
    }

    @Test(arguments: ["5", "'5'", "5.0", "{ matches: '^[0-9]$' }"])
    func `a number may be written as people write it`(number: String) async throws {
        let fixture = Self.fixture("expect: { http: { body: { data: { id: \(number) } } } }")
        let result = try await SuiteFolder(fixture: fixture).result()
        // Text in quotes is text: it is no number, but a text of digits may be written without.
        #expect((result.outcome == .passed) == (number != "'5'"))
    }

    // MARK: Update

    @Test func `what happens can be written down, and holds from then on`() async throws {
        let folder = try SuiteFolder(
            fixture: """
                # Why this is here.
                about: an order
                expect:   # old
                  - http: { method: PUT }

                # The event.
                given:
                  - message: { channel: orders, text: "Two:\\n- one\\n- \\"two\\" # three" }
                """)
        let updated = try await folder.result(updates: true)
        #expect(updated.outcome == .passed && updated.isUpdated)
        let text = try folder.text("orders.tests/one.yaml")
        #expect(text.hasPrefix("# Why this is here.\nabout: an order\nexpect:\n  - http:\n      url: "))
        #expect(text.contains("\n# The event.\ngiven:\n"))
        #expect(text.contains("webhook-id: orders_1-1") && !text.contains("PUT") && !text.contains("hidden"))
        let again = try await folder.result()
        #expect(again.outcome == .passed, "\(again.differences)\n\(text)")
        _ = try await folder.result(updates: true)
        #expect(try folder.text("orders.tests/one.yaml") == text, "what holds is left as it was written")
    }

    @Test func `a fixture that expects nothing yet fails until it does`() async throws {
        let folder = try SuiteFolder(fixture: "given: { message: { channel: random } }")
        #expect(try await folder.result().outcome == .unstated)
        #expect(try await folder.result(updates: true).outcome == .passed)
        #expect(try folder.text("orders.tests/one.yaml").hasSuffix("expect_nothing: true\n"))
        #expect(try await folder.result().outcome == .passed)
    }
}
