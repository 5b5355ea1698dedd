import ChatModel
import Testing

@testable import BridgeRuntime
@testable import martlet

@Suite(.timeLimit(.minutes(1)))
struct TerminalOutputTests {
    @Test func `columns are as wide as their widest cell, numbers to the right`() {
        var table = TextTable(["NAME", "LAG", "ERROR"], rightAligned: [1])
        table.add([.init("a"), .init("1200"), .init("")])
        table.add([.init("longer"), .init("7", .red), .init("no route")])
        #expect(
            table.lines(coloured: false) == [
                "NAME     LAG  ERROR", "a       1200", "longer     7  no route",
            ])
        #expect(table.lines(coloured: true)[2] == "longer  \u{1b}[31m   7\u{1b}[0m  no route")
    }

    @Test func `a table fits the terminal: the widest cells are cut, and columns stay columns`() {
        var table = TextTable(["ID", "NAME", "ERROR"], rightAligned: [0])
        let error = String(repeating: "no route ", count: 8)
        table.add([.init("7"), .init("audit"), .init(error)])
        table.add([.init("8"), .init(String(repeating: "n", count: 30)), .init("short")])
        for width in [40, 60, 79, 200] {
            let lines = table.lines(coloured: false, width: width)
            #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
            #expect(lines[0].hasPrefix("ID  NAME") && lines[2].contains("short"))
        }
        #expect(table.lines(coloured: false, width: 40)[1].hasSuffix("…"))
        #expect(table.lines(coloured: false, width: nil)[1].hasSuffix("route"))
        // Narrower than headings and a few letters it does not get.
        #expect(table.lines(coloured: false, width: 3)[1].contains("audit"))
    }

    @Test func `a table without rows has its headings`() {
        #expect(TextTable(["A", "B"]).lines(coloured: false) == ["A  B"])
    }

    @Test(arguments: [
        ("two\nlines\t and  more ", "two lines and more"), ("\u{1b}[2J\u{7}gone", "[2Jgone"), ("", ""), (" \n ", ""),
        ("a\u{202e}b\u{9b}31m", "ab31m"), ("grüße 👩‍🚀", "grüße 👩‍🚀"),
    ])
    func `nothing that people write moves the cursor`(text: String, line: String) {
        #expect(TerminalText.line(text) == line)
    }

    @Test func `long text is cut`() {
        #expect(TerminalText.line("abcdef", limit: 4) == "abc…")
        #expect(TerminalText.line("abcd", limit: 4) == "abcd")
        #expect(TerminalText.line(String(repeating: "x", count: 100_000), limit: 10).count == 10)
    }

    private func bridge(_ state: BridgeStatus.State = .running) -> BridgeStatus {
        var bridge = BridgeStatus(name: "audit", kind: "webhook", file: "b/audit.yaml", state: state)
        bridge.handled = 41
        return bridge
    }

    @Test func `bridges are shown as a table and one by one`() {
        var down = bridge(.down)
        down.lag = 3
        down.deadLetters = 2
        down.lastError = "connection\nrefused"
        let lines = BridgeReport.table([bridge(), down], coloured: false)
        #expect(
            lines == [
                "NAME   KIND     STATE    LAG  HANDLED  RETRIED  DEAD  NOTE",
                "audit  webhook  running    -       41        0     0",
                "audit  webhook  down       3       41        0     2  connection refused",
            ])
        let details = BridgeReport.details(down, coloured: false)
        #expect(details.contains("state         down") && details.contains("waiting       3 events"))
        #expect(details.last?.contains("martlet bridge dead-letters audit") == true)
        #expect(BridgeReport.table([], coloured: false).count == 1)
        #expect(!lines.joined().contains("\u{1b}"))
        #expect(BridgeReport.table([down], coloured: true)[1].contains("\u{1b}[31mdown"))
    }

    @Test func `what was done to dead letters is summed up`() {
        var outcome = BridgeControl.Outcome(bridge: "audit", did: "retried", letters: [1, 2])
        #expect(outcome.lines == ["2 dead letters of audit retried."])
        outcome.failed = [.init(id: 3, error: "404")]
        #expect(outcome.lines == ["2 dead letters of audit retried, 1 failed and left where they are:", "  3: 404"])
        #expect(BridgeControl.Outcome(bridge: "audit", did: "paused").lines == ["audit is paused."])
    }

    private func line(_ type: EventType, _ data: JSONValue) -> String {
        let event = Event(
            cursor: Cursor(transaction: 8, row: 7), type: type, channelID: ChannelID(3), actorID: UserID(4),
            at: "2026-01-31T09:05:07.120Z", data: data)
        return EventLine(event, channel: "#general", actor: "ada").text(coloured: false)
    }

    @Test func `an event is one line`() {
        #expect(
            line("message.created", ["text": "Hello,\nall\u{1b}[31m!"])
                == "2026-01-31T09:05:07.120Z  message.created   #general      ada         Hello, all[31m!")
        #expect(line("message.deleted", ["seq": 12, "text": ""]).hasSuffix("  message 12"))
        #expect(line("reaction.added", ["emoji": "👍", "seq": 12]).hasSuffix("  👍 to message 12"))
        #expect(line("member.added", ["user": ["handle": "ben"]]).hasSuffix("  ben"))
        #expect(line("read.updated", ["read_seq": 11, "unread_count": 1]).hasSuffix("up to message 11, 1 unread"))
        #expect(line("channel.updated", ["name": "general", "topic": ""]).hasSuffix("  general"))
        #expect(line("star.born", ["mass": 2]).hasSuffix(#"{"mass":2}"#), "an unknown type is shown as it is")
        #expect(line("message.created", [:]).hasSuffix("ada"))
        #expect(line("message.created", ["text": .string(String(repeating: "long ", count: 5000))]).count < 200)
    }
}
