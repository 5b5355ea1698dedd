import BridgeRuntime
import ChatModel
import Foundation
import MartletClient
import TestSupport
import Testing

@testable import martlet

@Suite(.timeLimit(.minutes(1)))
struct CommandLineTests {
    private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    private func bridge(_ line: String) throws -> BridgeCommand {
        try BridgeCommand(arguments: words(line), environment: [:])
    }

    private func events(_ line: String) throws -> EventsCommand {
        try EventsCommand(arguments: words(line), environment: [:])
    }

    @Test(arguments: [
        ("kinds", BridgeCommand.Action.kinds), ("reference", .reference(nil)), ("reference email", .reference("email")),
        ("lint a b/", .lint(["a", "b/"])),
        ("test a b/ --verbose", .test(.init(paths: ["a", "b/"], updates: false, isVerbose: true))),
        ("test a --past 7 --after 8-7", .test(.init(paths: ["a"], past: .init(limit: 7, after: "8-7")))),
        ("test a --update --json", .test(.init(paths: ["a"], updates: true, isVerbose: false))),
        ("check a", .lint(["a"])), ("list", .status(nil)), ("status", .status(nil)), ("status audit", .status("audit")),
        ("--json list", .status(nil)), ("pause audit --url http://h:1", .control(.pause("audit"))),
        ("resume audit", .control(.resume("audit"))), ("dead-letters audit", .deadLetters("audit")),
        ("retry audit 7", .control(.retry("audit", .one(7)))), ("retry audit --all", .control(.retry("audit", .all))),
        ("drop --all audit", .control(.drop("audit", .all))), ("drop audit 12", .control(.drop("audit", .one(12)))),
    ])
    func `what to do with bridges is read`(line: String, action: BridgeCommand.Action) throws {
        let command = try bridge(line)
        #expect(command.action == action)
        #expect(command.printsJSON == line.contains("--json"))
    }

    @Test(arguments: [
        "", "fly", "kinds all", "lint", "check --json", "list a b", "pause", "pause a b", "pause a --all", "resume",
        "dead-letters", "test", "lint a --update", "list --verbose", "test a --past 0", "test a --past 5000",
        "test a --after soon", "test a --past 5 --update", "test a --all", "retry", "retry a",
        "retry a seven", "retry a 0", "retry a -1", "retry a 7 --all",
        "drop a 1 2", "list --all", "list --types x", "list --url",
    ])
    func `a wrong command for bridges is explained`(line: String) {
        #expect(throws: UsageError.self) { try bridge(line) }
    }

    @Test func `a replay says from where on`() throws {
        func replay(_ line: String) throws -> BridgeReplayCommand.Action {
            guard case .replay(let command) = try bridge(line).action else { throw UsageError("no replay") }
            #expect(command.name == "audit")
            return command.action
        }
        #expect(try replay("replay audit --cancel") == .cancel)
        #expect(
            try replay("replay audit --after 8-7 --yes") == .send(after: "8-7", until: nil, isConfirmed: true))
        #expect(
            try replay("replay audit --after beginning --until 2026-01-31T09:00:00Z")
                == .send(after: "beginning", until: "2026-01-31T09:00:00Z", isConfirmed: false))
    }

    @Test(arguments: [
        "replay", "replay audit", "replay audit --after yesterday", "replay audit --after 8-7 --until beginning",
        "replay audit --cancel --after 8-7", "replay audit more --after 8-7", "status audit --after 8-7",
        "pause audit --yes",
    ])
    func `a replay that says too little or too much is explained`(line: String) {
        #expect(throws: UsageError.self) { try bridge(line) }
    }

    @Test func `how far a replay is can be read`() throws {
        var replay = try JSONDecoder().decode(
            BridgeStatus.Replay.self,
            from: Data(
                """
                {"state":"running","after":"1-0","until":"9-9","done":1204,"total":5000000,"dead_letters":0}
                """.utf8))
        #expect(BridgeReplayCommand.line(replay) == "replaying 1,204 of 5,000,000")
        replay.state = "done"
        replay.deadLetters = 2
        #expect(BridgeReplayCommand.line(replay) == "replayed 1,204 of 5,000,000, 2 dead")
        #expect([0, 12, 123, 1234, 123456].map(BridgeReplayCommand.grouped) == ["0", "12", "123", "1,234", "123,456"])
    }

    @Test func `a command that is nearly right is named`() throws {
        let error = #expect(throws: UsageError.self) { try bridge("puase audit") }
        #expect(error?.message.contains("did you mean `pause`?") == true)
    }

    @Test func `what to see of the events is read`() throws {
        #expect(try events("tail").action == .tail(types: [], after: nil, count: nil))
        let all = try events("tail --types=message.created,member.added --after 8-7 --count 3 --json")
        #expect(
            all.action
                == .tail(
                    types: ["message.created", "member.added"], after: Cursor(transaction: 8, row: 7), count: 3))
        #expect(all.printsJSON)
        #expect(try events("show 8-7").action == .show(Cursor(transaction: 8, row: 7)))
    }

    @Test(arguments: [
        "", "tail 8-7", "tail --after yesterday", "tail --count 0", "tail --count many", "show", "show 8",
        "show 8-7 9-9",
        "show 8-7 --count 1", "tail --all", "head",
    ])
    func `a wrong command for events is explained`(line: String) {
        #expect(throws: UsageError.self) { try events(line) }
    }

    @Test func `the place before an event is not behind another one`() {
        #expect(EventsCommand.predecessor(of: Cursor(transaction: 8, row: 7)) == Cursor(transaction: 8, row: 6))
        let edge = EventsCommand.predecessor(of: Cursor(transaction: 8, row: 0))
        #expect(edge < Cursor(transaction: 8, row: 0) && edge.transaction == 7)
        #expect(EventsCommand.predecessor(of: .beginning) == .beginning)
    }

    @Test(arguments: [
        ("unreachable", nil, "martlet serve"), ("unauthorized", 401, "--data"), ("admin_only", 403, "administrator"),
        ("not_found", 404, "bridge list"), ("events_gone", 410, "--after"),
    ])
    func `a failure says what to do next`(code: String, status: Int?, next: String) {
        let failure = ServerCallFailure(
            MartletClientError(code: code, status: status, detail: "No."), url: "http://127.0.0.1:1")
        #expect(failure.description.hasPrefix("No.\n"))
        #expect(failure.description.contains(next))
    }
}
