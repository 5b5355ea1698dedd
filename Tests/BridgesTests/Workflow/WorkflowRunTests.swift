import BridgeKit
import ChatModel
import Testing

@testable import BridgeTesting
@testable import Bridges

/// The engine alone: steps, branches, loops, waits and what is remembered of them.
struct WorkflowRunTests {
    @Test func `steps follow one another with the answers of those before`() async throws {
        let bench = try FlowBench(
            """
            - match: { value: "{{ message.text }}", contains: [refund] }
            - id: weather
              call: "https://api.test/{{ message.text }}"
            - reply: "{{ message.author.name }}: {{ steps.weather.body.high | plus: 1 }} in {{ channel.name }}"
              id: said
            - react: eyes
            - edit: { message: "{{ steps.said.id }}", text: "{{ vars.team }}" }
            - post: { channel: "#ops", text: "seen", thread: "{{ message.thread_root_id }}", author: "Watch" }
            """, more: "  vars: { team: support }\n")
        bench.answer { effect in
            if case .call = effect { ["status": 200, "body": ["high": 21]] } else { ["id": 77] }
        }
        try await bench.run("nothing")
        #expect(bench.effects.isEmpty)
        try await bench.run("a refund")
        #expect(
            bench.effects == [
                .call(CallEffect(method: "GET", url: "https://api.test/a%20refund")),
                .post(PostEffect(place: .channel(ChannelID(3)), text: "Ada: 22 in general", thread: MessageID(9))),
                .react("eyes", MessageID(9), isOn: true), .edit(MessageID(77), text: "support"),
                .post(PostEffect(place: .name("ops"), text: "seen", author: "Watch")),
            ])
        #expect(
            bench.names.map(\.token) == [
                "flow-700-1-weather", "flow-700-1-said", "flow-700-1-3.react", "flow-700-1-4.edit", "flow-700-1-5.post",
            ])
        #expect(try await bench.kept() == ["run.700-1.done"])
    }

    @Test func `a run that dies anywhere goes on behind what was done`() async throws {
        let steps = """
            - { id: n, set: { key: count, increment: 1 } }
            - { id: first, set: { key: "seen-{{ message.author.id }}", value: "{{ event.at }}", if_absent: true } }
            - { id: was, get: count }
            - if: { value: "{{ steps.first.existed }}", equals: false }
              then: [{ post: "welcome no. {{ steps.n.value }}, {{ steps.was.value }}" }]
            - call: { url: "https://x.test", json: { n: "{{ steps.n.value }}" } }
            - for_each: [a, b]
              do: [{ post: "{{ item }}{{ index }}" }]
            """
        let whole = try FlowBench(steps)
        try await whole.run()
        #expect(whole.posts == ["welcome no. 1, 1", "a0", "b1"])
        for life in 0..<whole.effects.count {
            let bench = try FlowBench(steps)
            bench.die(after: life)
            await #expect(throws: FlowBench.Killed.self) { try await bench.run() }
            bench.die(after: .max)
            try await bench.run()
            // One that comes again behind its end is nothing new.
            try await bench.run()
            #expect(bench.effects == whole.effects, "died behind \(life) effects")
            #expect(bench.names == whole.names)
            #expect(try await bench.store.value("v.count") == "1")
        }
    }

    @Test func `a wait ends the run for now and it goes on behind it`() async throws {
        let bench = try FlowBench(
            """
            - post: before
            - { id: pause, wait: 10m }
            - post: "{{ steps.pause.until }}"
            - wait: { until: "2026-01-31T09:20:00Z" }
            - wait: { for: "{{ vars.long }}" }
            - wait: { until: "{{ event.at }}" }
            - post: after
            """, more: "  vars: { long: 2h }\n")
        guard case .later(let time)? = await bench.failure() else { return #expect(Bool(false), "it does not wait") }
        #expect(time == 1_769_850_600_000)
        bench.advance(by: .seconds(599))
        guard case .later(let same)? = await bench.failure() else { return #expect(Bool(false), "it does not wait") }
        #expect(same == time)
        #expect(bench.posts == ["before"])
        bench.advance(by: .seconds(1))
        guard case .later(let next)? = await bench.failure() else { return #expect(Bool(false), "it does not wait") }
        #expect(next == 1_769_851_200_000)
        bench.advance(by: .seconds(600))
        guard case .later(let last)? = await bench.failure() else { return #expect(Bool(false), "it does not wait") }
        #expect(last == next + 7_200_000)
        bench.advance(by: .seconds(7200))
        #expect(await bench.failure() == nil)
        #expect(bench.posts == ["before", "2026-01-31T09:10:00.000Z", "after"])
        #expect(try await bench.kept().isEmpty)
    }

    @Test func `a run does not wait for ever`() async throws {
        let bench = try FlowBench("- for_each: [1, 2, 3, 4]\n  do: [{ wait: 30d }]\n- post: x")
        for _ in 1...3 {
            guard case .later? = await bench.failure() else { return #expect(Bool(false), "it does not wait") }
            bench.advance(by: .seconds(30 * 86_400))
        }
        #expect(await bench.failure()?.description.contains("90 days") == true)
        let far = try FlowBench("- wait: { until: \"2026-12-31T00:00:00Z\" }")
        #expect(await far.failure()?.description == "steps[0]: a wait has at most 30 days")
        let odd = try FlowBench("- wait: \"{{ message.text }}\"")
        #expect(await odd.failure("soon")?.description == "steps[0]: expected a duration such as 10m, got \"soon\"")
    }

    @Test func `conditions choose the way`() async throws {
        let bench = try FlowBench(
            """
            - if: { any: [{ value: "{{ message.text }}", equals: a }, { value: "{{ message.text }}", in: [b, c] }] }
              then: [{ post: abc }]
              else:
                - if: { not: { value: "{{ message.text }}", matches: "^d+$" } }
                  then: [{ post: other }, { stop: true }, { post: never }]
            - post: end
              when: [{ value: "{{ message.seq }}", greater: 0, less: 2 }, { value: "{{ message.content }}", exists: false }]
            """)
        for (row, text) in ["a", "c", "dd", "x"].enumerated() { try await bench.run(text, row: UInt64(row)) }
        #expect(bench.posts == ["abc", "end", "abc", "end", "end", "other"])
    }

    @Test(arguments: [
        (#"{ value: 5, equals: "5" }"#, true), (#"{ value: "5.0", equals: 5 }"#, false),
        ("{ value: 5, equals: 5.0 }", true),
        ("{ value: null, equals: null }", true), ("{ value: true, equals: 'true' }", true),
        ("{ value: [1], equals: [1] }", true),
        ("{ value: '10', greater: 9 }", true), ("{ value: x, greater: 1 }", false), ("{ value: null, less: 1 }", false),
        ("{ value: '2026-01-31T10:00:00+01:00', less: '2026-01-31T09:30:00Z' }", true),
        ("{ value: 'Große Katze', contains: KATZE }", true), ("{ value: [a, 5], contains: '5' }", true),
        ("{ value: [Katze], contains: kat }", false), ("{ value: null, contains: '' }", false),
        ("{ value: x, in: '{{ event.data.none }}' }", false), ("{ value: x, matches: [a, X] }", true),
        ("{ value: null, matches: '.' }", false), ("{ value: '', exists: true }", true), ("{ value: 0 }", false),
        ("{ value: [] }", false), ("{ value: {} }", false), ("{ value: x, equals: x, contains: y }", false),
        ("true", true), ("'{{ event.data.none }}'", false), ("'false'", true), ("[true, '{{ message.id }}']", true),
        ("{ all: [true, false] }", false), ("{ any: [false, true] }", true), ("{ not: { not: true } }", true),
    ])
    func `a comparison says what it means`(condition: String, holds: Bool) async throws {
        let bench = try FlowBench("- match: \(condition)\n- post: yes")
        try await bench.run()
        #expect(bench.posts == (holds ? ["yes"] : []))
    }

    @Test func `a loop has its items, and the answers of one round do not reach into the next`() async throws {
        let bench = try FlowBench(
            """
            - for_each: "{{ event.data.items }}"
              do:
                - { id: odd, post: "{{ item.n }} is odd", when: "{{ item.odd }}" }
                - post: "{{ index }}: {{ steps.odd.id | default: 'even' }}"
                - for_each: "{{ item.inner }}"
                  do: [{ post: "{{ index }}/{{ item }}" }]
            - post: "last {{ steps.odd.id }}"
            """)
        try await bench.run(data: ["items": [["n": 1, "odd": true, "inner": ["x", "y"]], ["n": 2]]])
        #expect(bench.posts == ["1 is odd", "0: 77", "0/x", "1/y", "1: even", "last "])
        #expect(
            bench.names.map(\.token).prefix(4) == [
                "flow-700-1-odd@0", "flow-700-1-0.do.1.post@0", "flow-700-1-0.do.2.do.0.post@0@0",
                "flow-700-1-0.do.2.do.0.post@0@1",
            ])
    }

    @Test(
        arguments: [
            (.array(Array(repeating: 1, count: 101)), "the list has 101 items; at most 100 are taken"),
            ("abc", "`for_each` needs a list"), (5, "`for_each` needs a list"),
            (.array(Array(repeating: 1, count: 100)), "more than 1000 steps"),
        ] as [(JSONValue, String)])
    func `a list that is no list, or too long, is refused`(list: JSONValue, reason: String) async throws {
        let bench = try FlowBench(
            """
            - for_each: "{{ event.data.list }}"
              do: [{ for_each: "{{ event.data.list }}", do: [{ match: true }] }]
            """)
        let failure = try #require(await bench.failure(data: ["list": list]))
        guard case .giveUp(let text) = failure else { return #expect(Bool(false), "\(failure)") }
        #expect(text.contains(reason), "\(text)")
    }

    @Test func `no list is an empty one`() async throws {
        let bench = try FlowBench("- for_each: \"{{ event.data.list }}\"\n  do: [{ post: x }]\n- post: end")
        try await bench.run()
        try await bench.run(row: 2, data: ["list": []])
        #expect(bench.posts == ["end", "end"])
    }

    @Test func `an event is given up with the reason of the file`() async throws {
        let bench = try FlowBench("- post: x\n- dead_letter: \"no team for {{ message.text }}\"\n- post: y")
        guard case .giveUp(let reason)? = await bench.failure("tax") else {
            return #expect(Bool(false), "it was not given up")
        }
        #expect(reason == "no team for tax" && bench.posts == ["x"])
        // A person sends it again after the file has changed: what was done stays done.
        #expect(await bench.failure("tax") != nil)
        #expect(bench.posts == ["x"])
    }

    @Test func `a step that may fail leaves the reason as its answer`() async throws {
        let bench = try FlowBench(
            """
            - { id: api, call: { url: "https://x.test", on_error: continue } }
            - post: "{{ steps.api.error }}"
              when: "{{ steps.api.error }}"
            - call: "https://y.test"
            """)
        bench.answer { effect in
            if case .call = effect { throw BridgeError.targetSilent(reason: "no word") }
            return ["id": 1]
        }
        let failure = await bench.failure()
        guard case .targetSilent(_, let reason)? = failure else { return #expect(Bool(false), "\(failure as Any)") }
        #expect(reason == "steps[2]: no word" && bench.posts == ["no word"])
    }

    @Test(arguments: [
        ("- reply: x", "steps[0]: the event has no message to reply to"),
        ("- react: x", "steps[0]: the event has no message; say which with `message`"),
        ("- delete: \"{{ event.data.who }}\"", "steps[0]: expected the number of a message"),
        ("- post: { text: x, channel: \"{{ event.data.none }}\" }", "`channel` is neither a name nor a number"),
        ("- get: \"{{ event.data.none }}\"", "a key has 1 to 256 bytes"),
        ("- set: { key: \"{{ event.data.long }}\", value: 1 }", "a key has 1 to 256 bytes"),
        ("- set: { key: a, value: \"{{ event.data.long }}\" }", "a value has at most 16 KiB"),
        ("- set: { key: a, increment: \"{{ event.data.who }}\" }", "`increment` is no whole number"),
        ("- set: { key: a, increment: \"{{ event.data.huge }}\" }", "`increment` is no whole number, or too large"),
        (
            "- post: \"{{ event.data.long }}{{ event.data.long }}{{ event.data.long }}{{ event.data.long }}\"",
            "longer than 64 KiB"
        ),
        ("- mail: { to: \"{{ event.data.who }}\", subject: s, text: t }", "is no address"),
        ("- mail: { to: \"{{ event.data.many }}\", subject: s, text: t }", "1 to 50 addresses, not 51"),
        ("- mail: { to: \"{{ event.data.none }}\", subject: s, text: t }", "1 to 50 addresses, not 0"),
    ])
    func `what an event does not have is told with the step`(step: String, reason: String) async throws {
        let bench = try FlowBench(step, more: "  smtp: { host: h, from: a@b.test }\n")
        let failure = await bench.failure(
            type: .memberAdded,
            data: [
                "who": "somebody", "long": .string(String(repeating: "x", count: 20_000)),
                "huge": 9_000_000_000_000_000_000,
                "many": .array(Array(repeating: "a@b.test", count: 51)),
            ])
        guard case .giveUp(let text)? = failure else { return #expect(Bool(false), "\(failure as Any)") }
        #expect(text.contains(reason), "\(text)")
        #expect(bench.effects.isEmpty)
    }

    @Test func `what a call says is filled in, and what comes from a variable is no template`() async throws {
        let bench = try FlowBench(
            """
            - call:
                url: "https://x.test/a?q={{ message.text }}"
                method: PUT
                headers: { Authorization: { env: SECRET }, X-Who: "{{ message.author.name }}" }
                json: { text: "{{ message.text }}", author: "{{ message.author }}", list: [1, "{{ message.id }}", null] }
                timeout: 5s
                expect: [200, 404, 3xx]
            - call: { url: "https://x.test", form: { a: "b c", "d&": "{{ message.text }}" } }
            - call: { url: "https://x.test", body: "{{ message.text }}" }
            """)
        try await bench.run("x&y=1/../\n")
        let json =
            #"{"author":{"handle":"ada","id":4,"kind":"person","name":"Ada"},"list":[1,9,null],"text":"x&y=1/../\n"}"#
        var put = CallEffect(method: "PUT", url: "https://x.test/a?q=x%26y%3D1%2F..%2F%0A")
        put.headers = ["Authorization": "{{ s3cret", "X-Who": "Ada"]
        (put.contentType, put.body) = ("application/json", Array(json.utf8))
        (put.timeout, put.expected) = (.seconds(5), [200...200, 404...404, 300...399])
        var form = CallEffect(method: "POST", url: "https://x.test")
        (form.contentType, form.body) = (
            "application/x-www-form-urlencoded", Array("a=b%20c&d%26=x%26y%3D1%2F..%2F%0A".utf8)
        )
        var text = CallEffect(method: "POST", url: "https://x.test")
        (text.contentType, text.body) = ("text/plain; charset=utf-8", Array("x&y=1/../\n".utf8))
        #expect(bench.effects == [.call(put), .call(form), .call(text)])
    }

    @Test func `the answers of a run have a bound`() async throws {
        let bench = try FlowBench("- for_each: [1, 2, 3, 4, 5]\n  do: [{ call: \"https://x.test\" }]")
        bench.answer { _ in ["body": .string(String(repeating: "x", count: 1_000_000))] }
        #expect(await bench.failure()?.description == "steps[0].do[0]: the answers of this run have more than 4 MiB")
        let huge = try FlowBench("- call: \"https://x.test\"")
        huge.answer { _ in ["body": .string(String(repeating: "x", count: 2_000_000))] }
        #expect(await huge.failure()?.description.contains("too large to be remembered") == true)
    }

    @Test func `a name that is too long for a nonce is shortened and stays its own`() async throws {
        let loop = (1...10).reduce("- post: x") { inner, _ in
            "- for_each: [a, b]\n  do:\n" + inner.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        }
        let bench = try FlowBench(loop.replacing("[a, b]", with: "[a]") + "\n- post: y")
        try await bench.run()
        #expect(bench.names.count == 2)
        #expect(bench.names.allSatisfy { (1...128).contains($0.token.utf8.count) })
        #expect(Set(bench.names.map(\.token)).count == 2)
    }

    @Test func `a reaction has the message where it stands, and an event without one has none`() async throws {
        let bench = try FlowBench("- post: \"{{ message.id | default: 'none' }}\"")
        let event = Event(
            cursor: Cursor(transaction: 1, row: 1), type: .reactionAdded, channelID: ChannelID(3), actorID: UserID(4),
            at: "2026-01-31T09:00:00Z", data: ["message_id": 55, "seq": 2, "emoji": "x"])
        try await bench.run(event)
        var member = event
        (member.cursor, member.type, member.data) = (Cursor(transaction: 1, row: 2), .memberAdded, ["role": "member"])
        try await bench.run(member)
        #expect(bench.posts == ["55", "none"])
    }
}
