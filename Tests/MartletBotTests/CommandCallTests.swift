import ChatModel
import Testing

@testable import MartletBot

struct CommandCallTests {
    @Test(arguments: [
        ("!remind bob", "remind bob", false),
        ("  !help", "help", false),
        ("@helper remind bob", "remind bob", true),
        ("@Helper: help", "help", true),
        ("@helper,help", "help", true),
        ("@helper", "", true),
    ]) func `a prefix or the bot's name makes a command`(text: String, line: String, isAddressed: Bool) throws {
        let call = try #require(CommandCall(text, prefix: "!", handle: "helper"))
        #expect(call.text == line)
        #expect(call.isAddressed == isAddressed)
    }

    @Test(arguments: [
        "", "hello", "!", "!!!", "! no", "!?", "@helpers hi", "@help me", "hi @helper", "@", "mail@helper",
    ])
    func `other speech is none`(text: String) {
        #expect(CommandCall(text, prefix: "!", handle: "helper") == nil)
    }

    @Test func `without a prefix only the name counts`() {
        #expect(CommandCall("remind bob", prefix: "", handle: "helper") == nil)
        #expect(CommandCall("@helper remind", prefix: "", handle: "helper") != nil)
    }

    @Test(arguments: [
        ("ask @helper.", true), ("@helper", true), ("x@helper", false), ("@helpers", false), ("@x @Helper!", true),
        ("", false), ("@@helper", true),
    ]) func `a mention stands as a word`(text: String, expected: Bool) {
        #expect(Mention.names("helper", in: text) == expected)
    }

    @Test func `slips of the finger find the nearest names, three at most`() {
        let names = ["remind", "remove", "rename", "report", "start"]
        #expect(NearNames.of("remnid", among: names) == ["remind"])
        #expect(NearNames.of("strat", among: names) == ["start"])
        #expect(NearNames.of("xyz", among: names) == [])
        #expect(NearNames.of("", among: names) == [])
        #expect(NearNames.of("aa", among: ["ab", "ac", "ad", "ae"]) == ["ab", "ac", "ad"])
        #expect(NearNames.of(String(repeating: "x", count: 100_000), among: names) == [])
    }
}
