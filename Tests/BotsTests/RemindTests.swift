import MartletBot
import MartletTesting
import Testing

@testable import remind

@Suite(.timeLimit(.minutes(1)))
struct RemindTests {
    private let chat = TestChat(RemindBot.make())

    @Test func `a reminder is said when it is due, once`() async throws {
        _ = try await chat.says("bob", "hello")
        #expect(
            try await chat.says("ann", "!remind @bob 1h30m call \"the\" customer").map(\.text)
                == ["#1: I shall remind @bob in 1h 30m."])
        #expect(try await chat.advance(by: .seconds(5395)).isEmpty)
        #expect(try await chat.advance(by: .seconds(10)).map(\.text) == ["⏰ @bob call \"the\" customer (from @ann)"])
        #expect(try await chat.advance(by: .seconds(3600)).isEmpty)
    }

    @Test func `it is said where it was asked for, in the thread too`() async throws {
        _ = try await chat.says("ann", "a question", in: "random")
        let root = try #require(chat.messages(in: "random").first)
        _ = try await chat.says("ann", "!remind me 10m answer", in: "random", thread: root)
        let said = try await chat.advance(by: .seconds(610))
        #expect(said.map(\.text) == ["⏰ @ann answer"])
        #expect(said.map(\.channelID) == [root.channelID] && said.map(\.threadRootID) == [root.id])
    }

    @Test func `it outlives a restart`() async throws {
        _ = try await chat.says("ann", "!remind me 10m tea")
        try await chat.restart()
        #expect(try await chat.advance(by: .seconds(610)).map(\.text) == ["⏰ @ann tea"])
    }

    @Test func `a crash between saying and noting says it once`() async throws {
        _ = try await chat.says("ann", "!remind me 10m tea")
        chat.crash(after: .post)
        _ = try await chat.advance(by: .seconds(700))
        #expect(chat.messages().filter { $0.text.hasPrefix("⏰") }.count == 1)
    }

    @Test func `one that repeats comes again until it is forgotten`() async throws {
        _ = try await chat.says("ann", "!remind me 1h --every 1h stretch")
        #expect(try await chat.advance(by: .seconds(3 * 3600 + 10)).count == 3)
        #expect(try await chat.says("bob", "!forget 1").map(\.text.isEmpty) == [false])
        #expect(try await chat.advance(by: .seconds(3600)).count == 1)
        #expect(try await chat.says("ann", "!forget 1").map(\.text) == ["#1 is forgotten."])
        #expect(try await chat.advance(by: .seconds(7200)).isEmpty)
    }

    @Test func `the list shows one's own of this channel, the next first`() async throws {
        _ = try await chat.says("ann", "!remind me 2h later")
        _ = try await chat.says("ann", "!remind me 1h sooner")
        _ = try await chat.says("ann", "!remind me 1h hidden", in: "private")
        _ = try await chat.says("bob", "!remind me 1h bob's")
        #expect(
            try await chat.says("ann", "!reminders").map(\.text) == [
                "- #2 in 1h, @ann: sooner\n- #1 in 2h, @ann: later"
            ])
        #expect(try await chat.says("mia", "!reminders").first?.text.hasPrefix("There are no") == true)
    }

    @Test(arguments: [
        "!remind", "!remind me", "!remind me 1h", "!remind @nobody 1h x", "!remind me soon x",
        "!remind me 1h --every 1s x", "!forget x", "!forget 7",
    ])
    func `what cannot be understood is explained and changes nothing`(text: String) async throws {
        #expect(try await chat.says("ann", text).first?.text.contains("Usage:") == true)
        #expect(try await chat.says("ann", "!reminders").first?.text.hasPrefix("There are no") == true)
    }

    @Test func `nobody can fill the memory`() async throws {
        for _ in 0..<Reminder.limitEach { _ = try await chat.says("ann", "!remind me 1h x") }
        #expect(try await chat.says("ann", "!remind me 1h x").first?.text.contains("too many") == true)
        #expect(try await chat.says("bob", "!remind me 1h x").first?.text.hasPrefix("#51") == true)
    }

    @Test(arguments: [(0, "0s"), (59, "59s"), (60, "1m"), (5400, "1h 30m"), (90_061, "1d 1h"), (-5, "0s")])
    func `time spans are written short`(seconds: Int64, expected: String) {
        #expect(Reminder.written(seconds: seconds) == expected)
    }
}
