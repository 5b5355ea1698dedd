import BridgeTesting
import Bridges
import ChatModel
import EventLoop
import Foundation
import Settings
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BridgeSuiteTests {
    /// The folder of the examples that come with Martlet.
    private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../bridges").standardizedFileURL.path

    @Test func `the examples do what their fixtures say, and each has some`() async throws {
        let suite = try BridgeSuite([Self.examples], registry: .standard, environment: ["PATH": "/usr/bin:/bin"])
        #expect(suite.members.count >= 6)
        for member in suite.members {
            #expect(member.file != nil, "\(member.problems)")
            #expect(!member.fixtures.isEmpty, "\(member.path) has no fixtures")
        }
        for result in await suite.run(BridgeTestOptions(), loops: .init(count: 2)) {
            #expect(result.outcome == .passed, "\(result.path): \(result.differences) \(result.problems)")
        }
    }

    @Test func `an event that is wanted leaves as it would from a server`() async throws {
        let result = try await SuiteFolder(
            fixture: """
                given: { message: { channel: orders, text: "Two, please" } }
                expect:
                  - http:
                      method: POST
                      url: https://example.org/hook
                      headers: { Webhook-Id: orders_1-1, content-type: application/json, webhook-timestamp: 1769850000 }
                      body: { cursor: 1-1, channel_id: 1, hops: 0, data: { seq: 1, author: { name: Ada }, text: "Two, please" } }
                """
        ).result()
        #expect(result.outcome == .passed, "\(result.differences) \(result.problems)")
        #expect(result.effects.map(\.kind) == [.http])
    }

    @Test(arguments: [
        ("{ message: { channel: random } }", "where.channel"),
        ("{ message: { channel: orders, author: { handle: till, kind: bot } } }", "where.sender.bot"),
        ("[{ message: { channel: random } }, { delete: 1 }]", "on"),
        ("{ mail: { to: a@example.org } }", "mail"),
    ])
    func `why an event is not wanted is told`(given: String, rule: String) async throws {
        let result = try await SuiteFolder(
            fixture: "given: \(given)\nexpect: { skip: \(rule) }\n"
        ).result()
        #expect(result.outcome == .passed, "\(result.effects)")
        #expect(result.effects.last?.text("reason")?.isEmpty == false)
    }

    @Test func `secrets are covered wherever they would leave`() async throws {
        let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
        let result = try await SuiteFolder(
            fixture: """
                given: { message: { channel: orders, text: "the secret is \(secret), acme-and-sons" } }
                expect: { http: { headers: { webhook-signature: <hidden>, x-tenant: <hidden> } } }
                """
        ).result(environment: ["SECRET": secret])
        #expect(result.outcome == .passed, "\(result.differences)")
        let shown = result.effects.flatMap { [$0.summary] + $0.details }.joined()
        #expect(!shown.contains("MDEyMzQ1") && shown.contains("the secret is <hidden>"))
        #expect(!shown.contains("acme"), "headers of the file are secret")
        let json = String(decoding: try JSONEncoder().encode(result.effects), as: UTF8.self)
        #expect(!json.contains("MDEyMzQ1") && !json.contains("acme"))
    }

    @Test func `a secret that is not there is replaced, and told of`() async throws {
        let folder = try SuiteFolder(fixture: "given: { message: { channel: orders } }\nexpect: { http: {} }\n")
        #expect(try await folder.result().outcome == .passed)
        let problems = try folder.suite().members[0].problems
        #expect(problems.count == 1 && problems[0].isWarning && problems[0].path == "settings.secret")
        #expect(problems[0].message.contains("SECRET is not set; a placeholder stands in for it"))
    }

    @Test func `a fixture has its own time, store, members and environment`() async throws {
        let folder = try SuiteFolder([
            "mail.yaml": """
            bridge: email
            settings:
              domain: chat.test
              any_channel: true
              smtp: { host: { env: RELAY }, security: none }
              members: true
              to: [team@example.org]
            """,
            "mail.tests/one.yaml": """
            now: 2024-02-29T12:00:00Z
            environment: { RELAY: relay.test }
            channels: [{ name: help, id: 40 }]
            members:
              help: [ada, { handle: bob, email: bob@example.org }]
            store: { chain.7: first@example.com }
            answers: [{ for: "mail relay.test", refused: [bob@example.org] }, 250]
            given:
              - message: { id: 7, channel: help, author: { handle: eve, kind: hook } }
              - message: { channel: help, text: "Re", thread: 7 }
            expect:
              - mail: { recipients: [team@example.org, bob@example.org], in_reply_to: [first@example.com] }
              - mail: { recipients: [bob@example.org], headers: { date: { contains: "29 Feb 2024" } } }
            """,
        ])
        let result = try await folder.result()
        #expect(result.outcome == .passed, "\(result.differences) \(result.problems) \(result.effects)")
    }

    @Test func `a target that is down and comes back gets the event under the same id`() async throws {
        let result = try await SuiteFolder(
            fixture: """
                given: { message: { channel: orders } }
                answers: [connection, { fail: connection }, timeout, { status: 429, headers: { Retry-After: "60" } }, 204]
                expect:
                  - http: { times: 5, headers: { webhook-id: orders_1-1 } }
                  - down: { contains: connection }
                  - down: { contains: connection }
                  - retry: { contains: timeout }
                  - retry: { reason: { contains: "429" }, after: 60s }
                """
        ).result()
        // Two tries count against the three of the file; those at a target that is down do not.
        #expect(result.outcome == .passed, "\(result.differences) \(result.effects)")
    }

    @Test func `a target that stays down keeps what follows waiting`() async throws {
        let result = try await SuiteFolder(
            fixture: """
                given: [{ message: { channel: orders } }, { message: { channel: orders } }]
                answers: connection
                expect: [{ http: { body: { cursor: 1-1 } } }, { down: {} }]
                """
        ).result()
        #expect(result.outcome == .passed, "\(result.differences) \(result.effects)")
        #expect(result.effects.allSatisfy { $0.given == 0 })
    }

    @Test func `events in their whole form are taken, as a tree or as text`() async throws {
        let folder = try SuiteFolder(
            fixture: """
                channels: [{ name: orders, id: 3 }]
                given:
                  - event:
                      cursor: 812-77
                      type: message.created
                      channel_id: 3
                      data:
                        { id: 99, seq: 12, channel_id: 3, author: { id: 4, handle: ada, name: Ada, kind: person }, text: Hello,
                          created_at: "2026-01-31T09:05:07.120Z" }
                  - event: { file: event.json }
                expect:
                  - http: { headers: { webhook-id: orders_812-77 }, body: { data: { seq: 12 } } }
                  - http: { headers: { webhook-id: orders_812-78 } }
                """)
        try folder.write(
            """
            {"cursor":"812-78","type":"message.updated","version":1,"channel_id":3,"actor_id":4,"subject_id":99,"hops":0,
             "at":"2026-01-31T09:05:07.120Z","data":{"id":99,"seq":12,"channel_id":3,"author":
             {"id":4,"handle":"ada","name":"Ada","kind":"person"},"text":"Bye","created_at":"2026-01-31T09:05:07.120Z"}}
            """, "orders.tests/event.json")
        let result = try await folder.result()
        #expect(result.outcome == .passed, "\(result.differences) \(result.problems)")
    }

    @Test func `events of a server are tried in their order, in the channels that they name`() async throws {
        let folder = try SuiteFolder(["orders.yaml": SuiteFolder.webhook])
        let events = (1...3).map { number in
            let channel = ChannelID(number == 2 ? 8 : 7)
            let message: JSONValue = [
                "id": .integer(Int64(number)), "seq": 1, "channel_id": .integer(channel.rawValue),
                "author": ["id": 4, "handle": "ada", "name": "Ada", "kind": "person"], "text": "Hi",
                "created_at": "2026-01-31T09:05:07.120Z",
            ]
            return Event(
                cursor: Cursor(transaction: 812, row: UInt64(number)), type: .messageCreated, channelID: channel,
                actorID: UserID(4), at: "2026-01-31T09:05:07.120Z", data: message)
        }
        let channels = [(7, "orders"), (8, "random")].map { id, name in
            Channel(
                id: ChannelID(id), kind: .public, name: name, topic: "", lastSeq: 1, isArchived: false,
                createdAt: "2026-01-31T09:00:00.000Z", membership: nil)
        }
        let suite = try folder.suite()
        let result = await suite.run(
            suite.members[0], over: events, channels: channels, BridgeTestOptions(), loops: EventLoopGroup(count: 1))
        #expect(result.outcome == .shown)
        #expect(result.effects.map(\.kind) == [.http, .skip, .http])
        #expect(result.effects.map(\.given) == [0, 1, 2])
        #expect(result.effects[1].text("by") == "where.channel")
    }

    @Test func `a fixture alone, its folder, its bridge and all above can be named`() async throws {
        let fixture = "given: { message: {} }\nexpect_nothing: true\n"
        let folder = try SuiteFolder([
            "a/orders.yaml": SuiteFolder.webhook, "a/orders.tests/one.yaml": fixture,
            "a/orders.tests/two.yaml": fixture, "a/orders.tests/.hidden.yaml": "nonsense",
            "a/orders.tests/notes.txt": "nonsense", "b/other.yaml": SuiteFolder.webhook,
        ])
        for (name, count) in [
            ("a/orders.tests/one.yaml", 1), ("a/orders.tests/", 2), ("a/orders.yaml", 2), ("", 2), ("b", 0),
        ] { #expect(try await folder.run([name]).count == count, "\(name)") }
        #expect(try await folder.run(["", "a", "a/orders.yaml"]).count == 2, "each is run once")
        #expect(throws: BridgeSuiteError.self) { try folder.suite(["none.yaml"]) }
        try folder.write(fixture, "lost.tests/one.yaml")
        #expect(throws: BridgeSuiteError.self) { try folder.suite(["lost.tests"]) }
    }

    @Test func `a thousand fixtures are run in one go, each for itself`() async throws {
        let folder = try SuiteFolder(["orders.yaml": SuiteFolder.webhook])
        for number in 0..<1000 {
            try folder.write(
                """
                given: { message: { channel: orders, text: "text \(number)" } }
                expect: { http: { body: { data: { id: 1, text: "text \(number)" } } } }
                """, "orders.tests/\(number).yaml")
        }
        let results = try await folder.run()
        #expect(results.count == 1000 && results.allSatisfy { $0.outcome == .passed })
        #expect(results.map(\.path) == results.map(\.path).sorted())
    }

    @Test func `a program is really run, is told that it is a test, and leaves nothing behind`() async throws {
        let folder = try SuiteFolder([
            "echo.yaml": """
            bridge: process
            settings: { command: [sh, "../echo.sh"], directory: run, options: { greeting: Good day } }
            """,
            "echo.sh": """
            read hello
            echo '{"op":"ready"}'
            read event
            case "$hello" in *'"test":true'*'Good day'*|*'Good day'*'"test":true'*) text=tested;; *) text=wrong;; esac
            echo "{\\"op\\":\\"log\\",\\"message\\":\\"working\\"}"
            echo "{\\"op\\":\\"post\\",\\"ref\\":1,\\"id\\":\\"1-1\\",\\"channel\\":\\"general\\",\\"text\\":\\"$text\\",\\"nonce\\":\\"n\\"}"
            read posted
            echo '{"op":"drop","id":"1-1","reason":"enough"}'
            """,
            "run/.keep": "",
            "echo.tests/one.yaml": """
            given: { message: {} }
            expect: [{ log: { values: { message: working } } }, { post: tested }, { dead_letter: enough }]
            """,
        ])
        let result = try await folder.result(environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.outcome == .passed, "\(result.differences) \(result.problems) \(result.effects)")
    }

    @Test func `a program that never answers is ended`() async throws {
        let folder = try SuiteFolder([
            "mute.yaml":
                "bridge: process\nsettings: { command: [sh, -c, \"read h; echo '{\\\"op\\\":\\\"ready\\\"}'; cat > /dev/null\"] }\n",
            "mute.tests/one.yaml": "given: { message: {} }\nexpect_nothing: true\n",
        ])
        let results = try await folder.run(environment: ["PATH": "/usr/bin:/bin"], limit: .milliseconds(300))
        #expect(results.map(\.outcome) == [.broken])
        #expect(results.first?.problems.first?.message.contains("did not come to an end") == true)
    }
}
