import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ModerationBridgeTests {
    @Test func `rules judge messages as long as the bridge runs`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        try tenant.write(
            """
            bridge: moderation
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings:
              rules:
                - { id: insults, words: [blockhead], action: block, reason: "Be kind." }
                - { id: mild, words: [darn], action: mask }
                - { id: watch, words: [refund], action: flag }
            """)
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        await #expect {
            _ = try await tenant.say("you bl0ckhead", in: channel)
        } throws: { error in
            (error as? ChatError)?.code == "message_blocked" && "\(error)" == "Be kind."
        }
        #expect(try await tenant.say("oh darn it", in: channel).text == "oh **** it")
        #expect(try await tenant.say("a refund", in: channel).flags == ["watch"])
        // Who pauses the rules pauses all that they do; who lets them go on has them again.
        try await node.runtime.pause(tenant.name, by: tenant.chat.admin)
        try await node.wait(for: .paused, of: tenant.name)
        #expect(try await tenant.say("you bl0ckhead", in: channel).flags == [])
        try await node.runtime.resume(tenant.name, by: tenant.chat.admin)
        try await node.wait(for: .running, of: tenant.name)
        await #expect(throws: ChatError.self) { _ = try await tenant.say("you bl0ckhead", in: channel) }
        try FileManager.default.removeItem(atPath: "\(tenant.folder)/bridge.yaml")
        try await eventually("the bridge is gone") { try await node.status(of: tenant.name) == nil }
        #expect(try await tenant.say("you bl0ckhead", in: channel).text == "you bl0ckhead")
        await node.stop()
        await fixture.stop()
    }

    @Test func `a rule for bots is for bots, and one for mail for what a bridge brings in`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        func rule(_ kind: String) -> String {
            "{ id: \(kind), words: [blockhead], action: flag, applies_to: [\(kind)] }"
        }
        try tenant.write(
            """
            bridge: moderation
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings: { rules: [\(["users", "bots", "hooks", "email"].map(rule).joined(separator: ", "))] }
            """)
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        let service = tenant.chat.service
        let made = try await service.createBot(handle: "robo", name: nil, by: tenant.chat.admin)
        _ = try await service.addMembers([made.bot.id], role: nil, to: channel.id, by: tenant.chat.admin)
        let bot = try await service.authenticate(made.token)
        let hook = try #require(try await service.hook(secret: try await tenant.chat.hook(to: channel).secret))
            .principal
        for (author, rule) in [(tenant.chat.admin, "users"), (bot, "bots"), (hook, "hooks")] {
            let message = try await service.send(
                MessageDraft(channelID: channel.id, text: "a blockhead"), as: author
            ).message
            #expect(message.flags == [rule])
        }
        await node.stop()
        await fixture.stop()
    }

    @Test func `a process that only takes messages judges them and runs no other bridge`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        let rules = """
            bridge: moderation
            name: rules
            app: \(tenant.chat.app.name)
            settings: { rules: [{ id: insults, words: [blockhead], action: block, reason: "Be kind." }] }
            """
        try rules.write(toFile: "\(tenant.folder)/rules.yaml", atomically: true, encoding: .utf8)
        try tenant.write(
            "bridge: webhook\nname: \(tenant.name)\nsettings: { url: \"http://127.0.0.1:9/\", secret: whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz }"
        )
        let node = tenant.node(registry: .standard, onlyFilters: true)
        try await node.wait(for: .running, of: "rules")
        try await node.wait(for: .standby, of: tenant.name)
        await #expect(throws: ChatError.self) { _ = try await tenant.say("you blockhead", in: channel) }
        await node.stop()
        await fixture.stop()
    }

    @Test func `a rule that cannot be used is told with its place and the old rules hold`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        let file = """
            bridge: moderation
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings:
              rules:
                - id: insults
                  words: [blockhead]
                  action: block
            """
        try tenant.write(file)
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        try tenant.write(file + "\n    - id: broken\n      regexes: [\"good\", \"(\"]\n")
        try await eventually("the problem is shown") {
            try await node.status(of: tenant.name)?.problems.contains {
                $0.contains("bridge.yaml:10:25: settings.rules[1].regexes[1]")
            } == true
        }
        await #expect(throws: ChatError.self) { _ = try await tenant.say("blockhead", in: channel) }
        await node.stop()
        await fixture.stop()
    }

    @Test func `the strongest wins over two files, and every rule has one mark with the message`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        func rules(_ name: String, _ rule: String) throws {
            let text =
                "bridge: moderation\nname: \(name)\napp: \(tenant.chat.app.name)\nsettings: { rules: [\(rule)] }\n"
            try text.write(toFile: "\(tenant.folder)/\(name).yaml", atomically: true, encoding: .utf8)
        }
        try rules("masks", "{ id: mask, words: [clod, dunce], action: mask }")
        try rules("refuses", "{ id: refuse, words: [clod], action: block }, { id: q, words: [q], action: flag }")
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: "masks")
        try await node.wait(for: .running, of: "refuses")
        await #expect(throws: ChatError.self) { _ = try await tenant.say("you clod", in: channel) }
        // However often a rule matches, it is one mark, and nothing is refused for it.
        let marked = try await tenant.say(String(repeating: "q ", count: 1001) + "dunce", in: channel)
        #expect(marked.flags == ["mask", "q"] && marked.text.hasSuffix("q *****"))
        let rows = try await fixture.store.flags(in: tenant.chat.app.id, after: 0, limit: 100)
        let ofMessage = rows.filter { $0.messageID == marked.id }
        #expect(
            Set(ofMessage.map { "\($0.rules) \($0.action) \($0.field)" }) == [
                "[\"mask\"] mask text", "[\"q\"] flag text",
            ])
        #expect(rows.contains { $0.action == "block" && $0.messageID == nil && $0.rules == ["refuse"] })
        await node.stop()
        await fixture.stop()
    }

    @Test func `a changed list of words holds`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        let list = "\(tenant.folder)/words.txt"
        try "clod\n".write(toFile: list, atomically: true, encoding: .utf8)
        try tenant.write(
            """
            bridge: moderation
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings: { rules: [{ id: list, words_file: words.txt, action: block }] }
            """)
        let node = tenant.node(registry: .standard)
        try await node.wait(for: .running, of: tenant.name)
        await #expect(throws: ChatError.self) { _ = try await tenant.say("clod", in: channel) }
        _ = try await tenant.say("dunce", in: channel)
        try "clod\ndunce\n".write(toFile: list, atomically: true, encoding: .utf8)
        try await eventually("the longer list holds") {
            do { _ = try await tenant.say("dunce", in: channel) } catch is ChatError { return true }
            return false
        }
        await node.stop()
        await fixture.stop()
    }
}
