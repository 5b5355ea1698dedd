import MartletBot
import MartletTesting
import Testing

@testable import standup

@Suite(.timeLimit(.minutes(1)))
struct StandupTests {
    private let chat = TestChat(StandupBot.make())

    @Test func `answers are collected a person and summed up`() async throws {
        let announcement = try #require(try await chat.says("ann", "!standup start").first)
        #expect(announcement.text.hasPrefix("Stand-up! What did you do"))
        _ = try await chat.says("ann", "wrote the parser\nblocked by the review")
        _ = try await chat.says("bob", "slept", thread: announcement)
        _ = try await chat.says("ann", "and had lunch")
        #expect(
            try await chat.says("bob", "!standup report").map(\.text) == [
                """
                **Stand-up** by @ann, 2 answered
                **Ann** (@ann)
                - wrote the parser
                - **blocked by the review**
                - and had lunch
                **Bob** (@bob)
                - slept
                """
            ])
    }

    @Test func `an answer is marked as taken, other threads and channels are not answers`() async throws {
        _ = try await chat.says("zoe", "something else")
        let other = try #require(chat.messages().first)
        _ = try await chat.says("ann", "!standup start")
        _ = try await chat.says("ann", "done")
        #expect(chat.reactions(to: try #require(chat.messages().last)) == ["✅"])
        _ = try await chat.says("bob", "about the other thing", thread: other)
        _ = try await chat.says("mia", "elsewhere", in: "random")
        let report = try #require(try await chat.says("ann", "!standup report").first).text
        #expect(report.contains("1 answered") && report.hasSuffix("Missing: @zoe, @bob"))
    }

    @Test func `a stand-up goes on after a restart and ends with its summary`() async throws {
        _ = try await chat.says("ann", "!standup start How are you?")
        _ = try await chat.says("ann", "fine")
        try await chat.restart()
        _ = try await chat.says("bob", "well")
        #expect(try await chat.says("ann", "!standup close").first?.text.contains("2 answered") == true)
        #expect(try await chat.says("ann", "!standup close").first?.text.hasPrefix("No stand-up") == true)
        #expect(try await chat.says("ann", "tea?").isEmpty)
    }

    @Test func `a second start changes nothing`() async throws {
        _ = try await chat.says("ann", "!standup start")
        _ = try await chat.says("ann", "fine")
        #expect(try await chat.says("bob", "!standup start").first?.text.hasPrefix("A stand-up is open") == true)
        #expect(try await chat.says("bob", "!standup report").first?.text.contains("- fine") == true)
        #expect(try await chat.says("bob", "!standup cancel").map(\.text) == ["The stand-up is cancelled."])
    }

    @Test func `it closes by itself when its time is over`() async throws {
        _ = try await chat.says("ann", "!standup start --open 10m")
        _ = try await chat.says("ann", "fine")
        #expect(try await chat.advance(by: .seconds(590)).isEmpty)
        #expect(try await chat.advance(by: .seconds(60)).map(\.text.isEmpty) == [false])
        #expect(try await chat.advance(by: .seconds(600)).isEmpty)
    }

    @Test(arguments: CrashPoint.allCases)
    func `a crash while answers come in loses and doubles none`(point: CrashPoint) async throws {
        _ = try await chat.says("ann", "!standup start")
        chat.crash(after: point)
        _ = try await chat.says("ann", "fine")
        let report = try #require(try await chat.says("ann", "!standup report").first).text
        #expect(report.components(separatedBy: "fine").count == 2)
    }

    @Test(arguments: CrashPoint.allCases)
    func `a crash while it begins announces it once`(point: CrashPoint) async throws {
        chat.crash(after: point)
        #expect(try await chat.says("ann", "!standup start").count == 1)
        _ = try await chat.says("ann", "fine")
        #expect(try await chat.says("ann", "!standup report").first?.text.contains("- fine") == true)
    }

    @Test func `what does not fit is refused, not lost silently`() {
        var standup = Standup(channel: ChannelID(1), announcement: MessageID(1), startedBy: "ann")
        func message(_ number: Int64, by handle: String) -> Message {
            Message(
                id: MessageID(number), seq: number, channelID: ChannelID(1),
                author: Author(id: UserID(number), handle: handle, name: handle, kind: .person),
                text: String(repeating: "x", count: 5000), createdAt: "")
        }
        var taken = 0
        for number in 0..<20 { taken += standup.add(message(Int64(number), by: "ann")) ? 1 : 0 }
        for number in 20..<220 { taken += standup.add(message(Int64(number), by: "p\(number)")) ? 1 : 0 }
        #expect(taken == 10 + 99)
        #expect(standup.report(members: []).count <= 15_002)
    }
}

extension String {
    fileprivate func components(separatedBy word: String) -> [Substring] {
        split(separator: word, omittingEmptySubsequences: false)
    }
}
