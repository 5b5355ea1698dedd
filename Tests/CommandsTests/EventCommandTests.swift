import ChatModel
import EventCatalogue
import Foundation
import MartletClient
import Testing

@testable import martlet

/// What `martlet events replay`, `events schema` and `audit` are asked, and how their parts work.
@Suite(.timeLimit(.minutes(1)))
struct EventCommandTests {
    private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    private func events(_ line: String, _ environment: [String: String] = [:]) throws -> EventsCommand {
        try EventsCommand(arguments: words(line), environment: environment)
    }

    private func audit(_ line: String) throws -> AuditCommand {
        try AuditCommand(arguments: words(line), environment: [:])
    }

    // MARK: Arguments

    @Test func `what to replay is read`() throws {
        #expect(try events("replay").action == .replay(EventReplay.Options()))
        var options = EventReplay.Options()
        options.after = .cursor(Cursor(transaction: 8, row: 7))
        options.until = .time(1_769_850_307_000)
        options.types = ["message.created", "member.added", "hook.created"]
        options.channel = "#general"
        options.pace = ReplayPace("10x")
        options.isEverything = true
        let line =
            "replay --after 8-7 --until 2026-01-31T09:05:07Z --type message.created,member.added --types hook.created"
            + " --channel #general --pace 10x --all"
        #expect(try events(line).action == .replay(options))
        guard case .replay(let read) = try events("replay --to http://h --allow-loopback --secret whsec_x").action
        else { return #expect(Bool(false)) }
        #expect(
            read.target == ReplayTarget.Options(url: "http://h", secret: "whsec_x", allowsLoopback: true))
        guard
            case .replay(let other) = try events("replay --to http://h", ["MARTLET_REPLAY_SECRET": "whsec_y"]).action
        else { return #expect(Bool(false)) }
        #expect(other.target == ReplayTarget.Options(url: "http://h", secret: "whsec_y", allowsLoopback: false))
    }

    @Test(arguments: [
        ("replay 8-7", "events replay"), ("replay --after yesterday", "--after"), ("replay --until 8", "--until"),
        ("replay --pace fast", "--pace"), ("replay --pace 0x", "--pace"), ("replay --pace -1", "--pace"),
        ("replay --pace nan", "--pace"), ("replay --pace inf", "--pace"), ("replay --count 3", "--count"),
        ("replay --type mesage.created", "did you mean `message.created`?"), ("replay --allow-loopback", "--to"),
        ("replay --secret x", "--to"), ("tail --until 8-7", "--until"), ("tail --all", "--all"),
        ("show 8-7 --types x", "--types"), ("schema --after 8-7", "--after"), ("schema hook.craeted", "hook.created"),
        ("schema a b", "events schema"), ("repaly", "did you mean `replay`?"),
    ])
    func `a wrong line is explained`(line: String, part: String) {
        let error = #expect(throws: UsageError.self) { try events(line) }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: ["ftp://h", "h", "/x", ""])
    func `events are posted to a URL only`(url: String) {
        #expect(throws: UsageError.self) { try ReplayTarget(.init(url: url)) }
    }

    @Test func `what to see of the audit log is read`() throws {
        #expect(try audit("").action == .list(query: ""))
        #expect(
            try audit("--action bot.created --actor admin --since 2026-01-31T09:05:07Z --after 3 --limit 5").action
                == .list(query: "action=bot.created&actor=admin&since=2026-01-31T09%3A05%3A07Z&after=3&limit=5"))
        let hash = String(repeating: "Ab", count: 32)
        #expect(try audit("--verify").action == .verify(nil))
        let head = AuditCommand.Head(number: 12, hash: hash.lowercased())
        #expect(try audit("--verify --head 12:\(hash)").action == .verify(head))
        #expect(AuditCommand.Head(head.description) == head)
        for line in [
            "list", "--limit x", "--after -1", "--since yesterday", "--verify --action x", "--head 12:\(hash)",
            "--verify --head 12", "--verify --head 0:\(hash)", "--verify --head 12:\(hash)0",
            "--verify --head x:\(hash)",
        ] {
            #expect(throws: UsageError.self, "\(line)") { try audit(line) }
        }
    }

    // MARK: Parts

    @Test func `events keep their distances in time, and those that are late do not wait`() throws {
        var pace = try #require(ReplayPace("10x"))
        let start = ContinuousClock.now
        #expect(pace.wait(for: 1_000_000, now: start) == .zero)
        #expect(pace.wait(for: 1_005_000, now: start) == .milliseconds(500))
        #expect(pace.wait(for: 1_005_000, now: start + .milliseconds(200)) == .milliseconds(300))
        #expect(pace.wait(for: 1_005_000, now: start + .seconds(2)) == .zero)
        // An event that was stored before the first one, as transactions may be.
        #expect(pace.wait(for: 0, now: start) == .zero)
        var slow = try #require(ReplayPace("0.5"))
        _ = slow.wait(for: 0, now: start)
        #expect(slow.wait(for: 1000, now: start) == .seconds(2))
    }

    @Test func `events are cut out of a page as they are`() throws {
        let events = [
            #"{"cursor":"1-1","type":"x","at":"2026-01-31T09:05:07.120Z","data":{"a":[{"b":"}]\"{"}]}}"#,
            #"{"cursor":"1-2","type":"y","channel_id":3,"at":"2026-01-31T09:05:07.120Z","data":{"t":"\\"}}"#,
            #"{ "cursor":"1-3", "type":"z","at":"2026-01-31T09:05:07.120Z","data":{"t":"ü 👍 \u005d\\\""} }"#,
        ]
        let page = #"{"events":[\#(events.joined(separator: ", "))],"cursor":"1-3","epoch":"e{["}"#
        let slices = try EventSlices(Array(page.utf8))
        #expect(slices.events.map { String(decoding: $0, as: UTF8.self) } == events)
        #expect(slices.cursor == Cursor(transaction: 1, row: 3) && slices.epoch == "e{[")
        let heads = try slices.events.map { try JSONDecoder().decode(EventSlices.Head.self, from: Data($0)) }
        #expect(heads.map(\.type) == ["x", "y", "z"] && heads[1].channelID == ChannelID(3))
        #expect(try EventSlices(Array(#"{"events":[],"cursor":"1-3","epoch":"e"}"#.utf8)).events.isEmpty)
        for index in 0..<page.utf8.count where index % 7 == 0 {
            #expect(throws: MartletClientError.self) { try EventSlices(Array(page.utf8.prefix(index))) }
        }
    }

    // MARK: Documentation

    private static let docs = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs")

    @Test(arguments: EventDefinition.all)
    func `the page and the schema of a type are as they are generated`(definition: EventDefinition) throws {
        let folder = Self.docs.appendingPathComponent("events")
        let page = try String(contentsOf: folder.appendingPathComponent("\(definition.type).md"), encoding: .utf8)
        #expect(page == definition.page, "run `make docs`")
        let schema = try String(
            contentsOf: folder.appendingPathComponent("schemas/\(definition.fileName).json"), encoding: .utf8)
        #expect(schema == EventsCommand.schema(definition.type) + "\n", "run `make docs`")
    }

    @Test func `there is a page for each type, and for nothing else`() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: Self.docs.appendingPathComponent("events").path)
        #expect(Set(names) == Set(EventType.all.map { "\($0).md" } + ["schemas"]))
        let schemas = try FileManager.default.contentsOfDirectory(
            atPath: Self.docs.appendingPathComponent("events/schemas").path)
        #expect(Set(schemas) == Set(EventDefinition.all.map { "\($0.fileName).json" }))
        let overview = try String(contentsOf: Self.docs.appendingPathComponent("events.md"), encoding: .utf8)
        #expect(overview.contains(EventDefinition.overview), "run `make docs`")
    }
}
