import ChatModel
import MartletTesting
import TestSupport
import Testing

@testable import MartletBot

private struct Known: Directory {
    func user(handle: String) async throws -> UserRef? {
        let handles = MentionCase.handles.map { Handle.form($0) }
        guard let index = handles.firstIndex(of: Handle.form(handle)) else { return nil }
        return UserRef(id: UserID(Int64(index)), handle: MentionCase.handles[index], name: "")
    }
    func channel(name: String) async throws -> ChannelRef? { nil }
}

@Suite(.timeLimit(.minutes(1)))
struct MentionTests {
    @Test(arguments: MentionCase.all) func `a bot finds who a word means`(mention: MentionCase) async throws {
        let user = try? await UserRef.resolve(mention.word, in: Known())
        #expect(user?.handle == mention.handle)
    }

    @Test(arguments: [
        ("ask @probe.", true), ("@probe", true), ("(@Probe)", true), ("@probe's", true), ("well,@probe", true),
        ("**@probe**, _@probe_", true), ("@@probe", true), ("@probe!", true), ("see @probe...now", true),
        ("x@probe", false), ("a_@probe", false), ("@probes", false), ("@probe.bot", false), ("@probe-2", false),
        ("@probe_x", false), ("https://example.org/@probe", false), ("me@probe.org", false), ("", false), ("@", false),
        // Code speaks of the name, and to nobody.
        ("`@probe` in code", false), ("``a ` @probe``", false), ("```\n@probe\n```", false),
        ("~~~\n@probe\n```", false),
        ("   ```swift\n@probe\n", false), ("a `b` @probe `c`", true), ("a ` @probe", true), ("`a\n\n@probe `", true),
        ("``@probe`", true), ("```\nx\n```\n@probe", true), ("``` @probe ```", false), ("`a\n@probe`", false),
        ("    ```\n@probe", true),
    ]) func `a bot is mentioned by its own name, as a word and not in code`(text: String, expected: Bool) {
        #expect(Mention.names("probe", in: text) == expected)
    }

    @Test func `every mention of a text comes in order, with what it may mean`() {
        let mentions = Mention.all(in: "é @bob. and (@probe.bot) `@x`")
        #expect(mentions.map(\.handles) == [["bob.", "bob"], ["probe.bot)", "probe.bot", "probe"]])
        #expect(mentions.map(\.offset) == [3, 14])
        #expect(Mention.all(in: "none").isEmpty)
    }

    @Test(arguments: [
        ("@probe.bot echo hi", nil), ("@probe.", ""), ("@probe: help", "help"), ("@probe!", ""), ("`@probe` help", nil),
        ("@probe，帮助", "帮助"), ("@probe's cat", "'s cat"),
    ]) func `only the bot's own name calls it`(text: String, line: String?) {
        let call = CommandCall(text, prefix: "!", handle: "probe")
        #expect(call.map { String($0.text) } == line)
    }

    @Test func `hostile texts take time in proportion to their length`() {
        for part in ["@", "`", "@.", "@!!!", "`a ``", "@a.b", "~~~\n", "@\u{308}", "@a\u{300}"] {
            let text = String(repeating: part, count: 64_000 / part.utf8.count)
            #expect(Mention.all(in: text).allSatisfy { (1...Mention.maximum).contains($0.handles.count) })
        }
    }
}
