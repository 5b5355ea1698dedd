import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLoop
import HTTPTypes
import MIME
import MailServer
import Postgres
import Synchronization
import TestSupport
import Testing

/// Workflows on the real runtime, with PostgreSQL, Redis, HTTP and mail.
@Suite(.timeLimit(.minutes(1)))
struct WorkflowBridgeTests {
    /// The texts of a channel, oldest first.
    private func texts(_ tenant: BridgeTenant, _ channel: Channel) async throws -> [String] {
        try await tenant.chat.messages(in: channel).map(\.text)
    }

    private func json(_ body: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: .bytes(Array(body.utf8)))
    }

    @Test func `a workflow replies, reacts, edits and posts elsewhere, and does not hear itself`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel("support")
        let ops = try await tenant.chat.channel("ops", kind: .private)
        try tenant.write(
            WorkflowHarness.file(
                tenant,
                """
                - { id: said, reply: "Thanks, {{ message.author.name }}" }
                - react: eyes
                - { id: told, post: { channel: ops, text: "{{ channel.name }}: {{ message.text | markdown }}" } }
                - edit: { message: "{{ steps.said.id }}", text: "{{ steps.said.text }}!" }
                - { id: now, read: "{{ message.id }}" }
                - post: { channel: ops, text: "{{ steps.now.reply_count }} {{ steps.now.reactions | map: 'emoji' | join }}" }
                - react: { emoji: eyes, remove: true }
                - delete: "{{ steps.told.id }}"
                """))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        let message = try await tenant.say("*help*", in: channel)
        try await eventually("it is done") { try await node.status(of: tenant.name)?.handled == 1 }
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        let said = try #require(try await tenant.chat.messages(in: channel).last)
        #expect(said.text == "Thanks, Admin!" && said.threadRootID == message.id && said.hops == 1)
        #expect(try await texts(tenant, ops) == ["", "1 👀"])
        try await tenant.fixture.settle()
        let events = try await tenant.fixture.store.settledEvents(after: .beginning, limit: 100_000)
            .filter { $0.appID == tenant.chat.app.id }
        for type in [EventType.reactionAdded, .reactionRemoved, .messageUpdated, .messageDeleted] {
            #expect(events.filter { $0.type == type }.map(\.hops) == [1], "\(type)")
        }
        // Right after a restart it knows its own messages as well.
        await node.stop()
        let second = tenant.node(registry: .standard)
        try await second.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("again", in: channel)
        try await eventually("it is done") { try await texts(tenant, channel).last == "Thanks, Admin!" }
        #expect(try await texts(tenant, channel).count == 4)
        await second.stop()
    }

    @Test func `two workflows that answer each other's changes come to an end`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        for name in ["a", "b"] {
            try tenant.write(
                WorkflowHarness.file(
                    tenant,
                    """
                    - { id: mine, get: "mine-{{ channel.id }}" }
                    - if: { value: "{{ steps.mine.exists }}", equals: false }
                      then:
                        - { id: first, post: "{{ event.cursor }}" }
                        - set: { key: "mine-{{ channel.id }}", value: "{{ steps.first.id }}" }
                        - stop: true
                    - edit: { message: "{{ steps.mine.value }}", text: "{{ event.cursor }}" }
                    - react: x
                    """, top: "on: [message.created, message.updated]"
                ).replacing("name: \(tenant.name)", with: "name: \(tenant.name)\(name)"), to: "\(name).yaml")
        }
        let node = tenant.node(registry: .standard)
        for name in ["a", "b"] { try await node.wait(for: .running, of: tenant.name + name) }
        _ = try await tenant.say("go", in: channel)
        func events() async throws -> [EventRecord] {
            try await tenant.fixture.store.settledEvents(after: .beginning, limit: 100_000)
                .filter { $0.appID == tenant.chat.app.id && ($0.type == .messageUpdated || $0.type == .messageCreated) }
        }
        try await eventually("the last automation was reached") { try await events().contains { $0.hops == 8 } }
        try await eventually("both have seen everything") {
            let lags = try await node.runtime.status().filter { $0.name.hasPrefix(tenant.name) }.map(\.lag)
            return lags == [0, 0]
        }
        #expect(try await events().allSatisfy { $0.hops <= 8 })
        await node.stop()
    }

    @Test func `a call that fails for the moment is tried again behind what was done`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let server = try ScriptedHTTPServer(group: tenant.fixture.group)
        server.answer(
            { _ in HTTPResponse(status: 429, headers: ["Retry-After": "0"]) }, { _ in HTTPResponse(status: 500) },
            { _ in json(#"{"receipt":"r1"}"#, status: 201) })
        try tenant.write(
            WorkflowHarness.file(
                tenant,
                """
                - { id: n, set: { key: orders, increment: 1 } }
                - post: "order {{ steps.n.value }}"
                - { id: pay, call: { url: "\(server.url)/pay?who={{ message.author.handle }}", json: { n: "{{ steps.n.value }}" } } }
                - post: "{{ steps.pay.status }} {{ steps.pay.body.receipt }} {{ steps.pay.headers['content-type'] }}"
                """))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("buy", in: channel)
        try await eventually("it is paid") { try await texts(tenant, channel).count == 3 }
        #expect(try await texts(tenant, channel) == ["buy", "order 1", "201 r1 application/json"])
        #expect(server.requests.map(\.query) == ["who=admin", "who=admin", "who=admin"])
        #expect(Set(server.requests.map { $0.headers["Idempotency-Key"] }).count == 1)
        #expect(server.requests.allSatisfy { $0.body == Array(#"{"n":1}"#.utf8) })
        await node.stop()
        await server.stop()
    }

    @Test(arguments: [
        (404, "answered 404", 1), (301, "redirects are not followed", 1), (500, "answered 500", 3),
    ])
    func `a status that is no answer becomes a dead letter`(status: Int, reason: String, tries: Int) async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let server = try ScriptedHTTPServer(group: tenant.fixture.group) { _ in
            HTTPResponse(status: status, headers: ["Location": "/elsewhere"])
        }
        try tenant.write(
            WorkflowHarness.file(
                tenant,
                "- { id: a, call: { url: '\(server.url)/a', on_error: continue } }\n"
                    + "- post: '{{ steps.a.error }}'\n- call: '\(server.url)/{{ message.text }}?secret=x'"))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("../b", in: channel)
        try await eventually("it was given up") { try await node.runtime.deadLetters(of: tenant.name).count == 1 }
        let letter = try #require(try await node.runtime.deadLetters(of: tenant.name).first)
        #expect(letter.error.contains(reason) && letter.error.hasPrefix("steps[2]: 127.0.0.1"), "\(letter.error)")
        #expect(!letter.error.contains("secret"))
        #expect(server.requests.map { $0.path } == ["/a"] + Array(repeating: "/..%2Fb", count: tries))
        #expect(try await texts(tenant, channel).last?.contains(reason) == true)
        await node.stop()
        await server.stop()
    }

    @Test func `an answer that is too deep, too long or no JSON does no harm`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let server = try ScriptedHTTPServer(group: tenant.fixture.group)
        let deep = String(repeating: "[", count: 100_000)
        server.answer(
            { _ in json(deep) },
            { _ in HTTPResponse(status: 200, body: .bytes(Array(repeating: 0x61, count: 2 << 20))) },
            { _ in json("{\"a\": ") },
            { _ in HTTPResponse(status: 200, headers: ["Content-Type": "image/png"], body: .bytes([0xFF, 0xD8])) },
            { _ in HTTPResponse(status: 204) })
        try tenant.write(
            WorkflowHarness.file(
                tenant,
                """
                - { id: a, call: { url: "\(server.url)", on_error: continue } }
                - post: "{{ steps.a.error | extract: 'too deep|tooLarge' | default: 'fine' }}/{{ steps.a.body | default: 'none' }}"
                """))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        for number in 1...5 { _ = try await tenant.say("\(number)", in: channel) }
        try await eventually("all are done") { try await node.status(of: tenant.name)?.handled == 5 }
        let answers = try await tenant.chat.messages(in: channel).filter { $0.hops == 1 }.map(\.text)
        #expect(answers == ["too deep/none", "tooLarge/none", "fine/{\"a\": ", "fine/none", "fine/none"])
        await node.stop()
        await server.stop()
    }

    @Test func `machines behind the server are out of reach unless they are named`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let server = try ScriptedHTTPServer(group: tenant.fixture.group)
        try tenant.write(
            WorkflowHarness.file(tenant, "- call: \"{{ message.text }}\"").replacing("  allow: [127.0.0.1]", with: ""))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        for text in [
            server.url, "file:///etc/passwd", "http://localhost:\(server.url.split(separator: ":").last ?? "")",
        ] {
            _ = try await tenant.say(text, in: channel)
        }
        try await eventually("they were given up") { try await node.runtime.deadLetters(of: tenant.name).count == 3 }
        #expect(server.requests.isEmpty)
        #expect(try await node.runtime.deadLetters(of: tenant.name)[0].error.contains("below `allow`"))
        await node.stop()
        await server.stop()
    }

    @Test func `a wait lets the channel go on and survives a restart and a lost node`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let clock = TestClock()
        try tenant.write(
            WorkflowHarness.file(
                tenant,
                """
                - { id: n, set: { key: n, increment: 1 } }
                - post: "{{ message.text }} began as {{ steps.n.value }}"
                - wait: 10m
                - post: "{{ message.text }} ended as {{ steps.n.value }}"
                - wait: 20d
                - post: "{{ message.text }} is over"
                """))
        let first = tenant.node("node-1", registry: .standard, lease: .milliseconds(500), clock: clock)
        try await first.wait(for: .running, of: tenant.name)
        for text in ["a", "b"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("both wait") { try await first.status(of: tenant.name)?.deferred == 2 }
        #expect(try await texts(tenant, channel).filter { $0.contains("began") } == ["a began as 1", "b began as 2"])
        await first.stop()

        let second = tenant.node("node-2", registry: .standard, lease: .milliseconds(500), clock: clock)
        try await second.wait(for: .running, of: tenant.name)
        clock.advance(by: .seconds(600))
        try await eventually("both have gone on") {
            try await texts(tenant, channel).filter { $0.contains("ended") }.sorted() == [
                "a ended as 1", "b ended as 2",
            ]
        }
        try await eventually("both wait again") { try await second.status(of: tenant.name)?.deferred == 2 }
        await second.kill()

        let third = tenant.node("node-3", registry: .standard, lease: .milliseconds(500), clock: clock)
        clock.advance(by: .seconds(20 * 86_400))
        try await eventually("both are over") {
            try await texts(tenant, channel).filter { $0.contains("over") }.sorted() == ["a is over", "b is over"]
        }
        try await eventually("nothing waits") { try await third.status(of: tenant.name)?.deferred == 0 }
        #expect(try await texts(tenant, channel).count == 8)
        let left = try await tenant.fixture.store.bridgeValues(
            under: "kind.run.", of: tenant.name, now: clock.now, limit: 100)
        #expect(left.keys.allSatisfy { $0.hasSuffix(".done") } && left.count == 2, "\(left)")
        await third.stop()
        await second.stop()
    }

    @Test func `a node that was cut off and the one that takes over do each thing once`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let cut = Mutex(false)
        let server = try ScriptedHTTPServer(group: tenant.fixture.group) { _ in
            HTTPResponse(status: cut.withLock { $0 } ? 200 : 500)
        }
        try tenant.write(
            WorkflowHarness.file(
                tenant,
                """
                - { id: n, set: { key: n, increment: 1 } }
                - post: "begun {{ steps.n.value }}"
                - call: { url: "\(server.url)", method: POST }
                - post: "ended {{ steps.n.value }}"
                """
            ).replacing("attempts: 3", with: "attempts: 1000"))
        let first = tenant.node("node-1", registry: .standard, lease: .milliseconds(500))
        try await first.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("go", in: channel)
        try await eventually("it is in the middle") { server.requests.count > 2 }
        await first.kill()
        let second = tenant.node("node-2", registry: .standard, lease: .milliseconds(500))
        cut.withLock { $0 = true }
        try await eventually("it is done") { try await texts(tenant, channel).contains("ended 1") }
        try await eventually("the other one knows") { try await second.status(of: tenant.name)?.lag == 0 }
        #expect(try await texts(tenant, channel) == ["go", "begun 1", "ended 1"])
        #expect(Set(server.requests.map { $0.headers["Idempotency-Key"] }).count == 1)
        await second.stop()
        await first.stop()
        await server.stop()
    }

    @Test func `mail has one identifier at each try and reaches nobody twice`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let mailbox = try await TestMailbox(group: tenant.fixture.group)
        mailbox.refuse("b@example.org", MailReply(451, "4.2.0", "later"))
        mailbox.refuse("c@example.org", MailReply(550, "5.1.1", "unknown"))
        try tenant.write(
            WorkflowHarness.file(
                tenant,
                """
                - id: sent
                  mail:
                    to: [a@example.org, b@example.org, "{{ vars.more }}"]
                    subject: "[{{ channel.name }}] {{ message.text }}"
                    text: "{{ message.text }}\\nGrüße"
                    reply_to: "{{ vars.desk }}"
                - post: "{{ steps.sent.refused | join }} {{ steps.sent.message_id }}"
                """,
                more: """
                      vars: { more: [c@example.org, a@example.org], desk: desk@example.org }
                      smtp: { host: 127.0.0.1, port: \(mailbox.port), security: none, from: bot@chat.test }
                    """))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("line\r\nBcc: evil@example.org", in: channel)
        try await eventually("it is sent") { try await texts(tenant, channel).count == 2 }
        #expect(mailbox.mails.map(\.recipients) == [["a@example.org"], ["b@example.org"]])
        let mails = try mailbox.mails.map { try MailParser.parse($0.bytes) }
        #expect(mails[0].messageID == mails[1].messageID && mails[0].messageID?.hasSuffix("@chat.test") == true)
        #expect(mails[0].subject.hasPrefix("[general] line") && mails[0].subject.hasSuffix("Bcc: evil@example.org"))
        #expect(mails[0].isAutomatic && mails[0].header("Bcc") == nil)
        #expect(mails[0].replyTo.map(\.address) == ["desk@example.org"])
        #expect(mails[0].text?.contains("Grüße") == true)
        let answer = try #require(try await texts(tenant, channel).last)
        #expect(answer == "c@example.org \(mails[0].messageID ?? "none")")
        await node.stop()
        await mailbox.stop()
    }

    @Test func `what is kept is found by key and by beginning, and forgotten`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let clock = TestClock()
        try tenant.write(
            WorkflowHarness.file(
                tenant,
                """
                - { id: seen, set: { key: "seen-{{ message.text }}", value: { who: "{{ message.author.handle }}" }, if_absent: true, ttl: 1h } }
                - match: { value: "{{ steps.seen.existed }}", equals: false }
                - { id: all, get: { under: "seen-" } }
                - post: "{{ steps.all.count }}: {{ steps.all.values | map: 'key' | join }}"
                - unset: { under: "seen-" }
                  when: { value: "{{ steps.all.count }}", greater: 2 }
                """))
        let node = tenant.node(registry: .standard, clock: clock)
        try await node.wait(for: .running, of: tenant.name)
        func answers(_ said: String...) async throws -> [String] {
            let before = try await tenant.chat.messages(in: channel).count
            let handled = try await node.status(of: tenant.name)?.handled ?? 0
            for text in said { _ = try await tenant.say(text, in: channel) }
            try await eventually("all are done") {
                try await node.status(of: tenant.name)?.handled == handled + said.count
            }
            return try await tenant.chat.messages(in: channel).dropFirst(before).filter { $0.hops == 1 }.map(\.text)
        }
        #expect(try await answers("b", "a", "b", "a") == ["1: seen-b", "2: seen-a, seen-b"])
        #expect(try await answers("c", "a") == ["3: seen-a, seen-b, seen-c", "1: seen-a"])
        clock.advance(by: .seconds(3600))
        #expect(try await answers("a") == ["1: seen-a"])
        await node.stop()
    }

    @Test func `a bridge keeps ten thousand values and no more`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        try tenant.write(
            WorkflowHarness.file(tenant, "- set: { key: \"{{ message.text }}\", increment: 1 }\n- react: x"))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        try await tenant.fixture.store.pool.execute(
            """
            INSERT INTO bridge_values (bridge, key, value)
            SELECT $1, 'kind.v.' || $2 || '.' || n, '1' FROM generate_series(1, 9999) AS n
            """, tenant.name, "\(tenant.chat.app.id)")
        for text in ["first", "second", "7"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("all are done") { try await node.status(of: tenant.name)?.handled == 2 }
        try await eventually("one was given up") { try await node.runtime.deadLetters(of: tenant.name).count == 1 }
        let letter = try #require(try await node.runtime.deadLetters(of: tenant.name).first)
        #expect(letter.error == "steps[0]: the bridge keeps 10000 values already" && letter.event.contains("second"))
        await node.stop()
    }

    @Test(arguments: [
        ("- post: '{{ message.content }}'", "A message needs a text."),
        ("- post: { text: x, channel: nowhere }", "there is no channel nowhere"),
        ("- edit: { message: '{{ message.id }}', text: x }", "Only the author"),
        ("- react: 'two words'", "This is no emoji"),
        ("- react: { emoji: x, message: 999999999 }", "there is no message"),
    ])
    func `what the chat refuses becomes a dead letter with the step`(step: String, reason: String) async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        try tenant.write(WorkflowHarness.file(tenant, step))
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("hello", in: channel)
        try await eventually("it was given up") { try await node.runtime.deadLetters(of: tenant.name).count == 1 }
        let letter = try #require(try await node.runtime.deadLetters(of: tenant.name).first)
        #expect(letter.error.hasPrefix("steps[0]: ") && letter.error.contains(reason), "\(letter.error)")
        await node.stop()
    }
}
