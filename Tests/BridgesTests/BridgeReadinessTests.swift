import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatService
import ChatTestSupport
import Foundation
import MailServer
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct BridgeReadinessTests {
    private func rules(_ tenant: BridgeTenant, word: String = "blockhead", name: String? = nil) -> String {
        """
        bridge: moderation
        name: \(name ?? tenant.name)
        app: \(tenant.chat.app.name)
        settings: { rules: [{ id: insults, words: [\(word)], action: block, reason: "Be kind." }] }
        """
    }

    @Test func `rules hold when the bridges are ready`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        try tenant.write(rules(tenant))
        let node = tenant.node(registry: .standard, required: .filters)
        try await node.runtime.waitUntilReady()
        await #expect(throws: ChatError.self) { _ = try await tenant.say("you blockhead", in: channel) }
        #expect(node.runtime.obstacle == nil)
        await node.stop()
        await fixture.stop()
    }

    /// Files that may judge and cannot be used, and where each is wrong.
    @Test(arguments: [
        ("bridge: moderation\nsettings: { rules: [{ id: a, words: [\"\"], action: block }] }", ":2:"),
        ("bridge: moderation\nsettings:\n  rules:\n    - { id: a, regexes: [\"(\"], action: block }", ":4:"),
        ("bridge: moderation\nsettings: { rules: [ {", ":4:"),
        ("bridge: moderation\nname: \"a b\"\nsettings: { rules: [{ id: a, words: [x], action: block }] }", ":2:"),
        ("bridge: moderaton\nsettings: { rules: [{ id: a, words: [x], action: block }] }", ":1:"),
        ("settings: { rules: [{ id: a, words: [x], action: block }] }", ":1:"),
        ("", "bridge.yaml"),
        ("bridge: moderation\nsettings: { rules: [{ id: a, words_file: /nowhere/words, action: block }] }", ":2:"),
    ])
    func `a file of rules that is broken at the start is a reason not to serve, with its place`(
        text: String, place: String
    ) async throws {
        let tenant = try await BridgeTenant()
        try tenant.write(text.isEmpty ? "" : text + "\napp: \(tenant.chat.app.name)\n")
        let node = tenant.node(registry: .standard, required: .filters)
        await #expect {
            try await node.runtime.waitUntilReady()
        } throws: { error in
            "\(error)".contains("\(tenant.folder)/bridge.yaml") && "\(error)".contains(place)
                && "\(error)".contains("bridges.require")
        }
        #expect(node.runtime.obstacle?.contains("bridge.yaml") == true)
        await node.stop()
    }

    /// What is required, the kind of the broken file, and whether that keeps the server from serving.
    @Test(arguments: [
        (BridgeRequirement.none, "moderation", false), (.none, "email", false), (.filters, "moderation", true),
        (.filters, "email", false), (.filters, "webhook", false), (.listeners, "moderation", true),
        (.listeners, "email", true), (.listeners, "webhook", false), (.all, "webhook", true), (.all, "email", true),
    ])
    func `who starts a server says which bridges it must have`(
        required: BridgeRequirement, kind: String, isRefused: Bool
    ) async throws {
        let tenant = try await BridgeTenant()
        try tenant.write("bridge: \(kind)\nname: \(tenant.name)\nnonsense: true\n")
        let node = tenant.node(registry: .standard, required: required)
        do {
            try await node.runtime.waitUntilReady()
            #expect(!isRefused)
            #expect(node.runtime.obstacle == nil)
        } catch {
            #expect(isRefused, "\(error)")
        }
        await node.stop()
    }

    @Test func `a file that is switched off keeps nobody from serving`() async throws {
        let tenant = try await BridgeTenant()
        try tenant.write(
            "bridge: moderation\nname: \(tenant.name)\nenabled: false\nsettings: { rules: [{ id: a, words: [x], action: block }] }"
        )
        let node = tenant.node(registry: .standard, required: .all)
        try await node.runtime.waitUntilReady()
        await node.stop()
    }

    @Test func `a bridge that listens is waited for until it does`() async throws {
        let tenant = try await BridgeTenant()
        let taken = try TakenPort()
        try tenant.write(
            """
            bridge: email
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings: { domain: chat.example.org, listen: "127.0.0.1:\(taken.port)" }
            """)
        let node = tenant.node(registry: .standard, required: .listeners)
        try await eventually("it tells what keeps it") {
            node.runtime.obstacle?.contains("127.0.0.1:\(taken.port)") == true
        }
        taken.free()
        try await node.runtime.waitUntilReady()
        #expect(node.runtime.obstacle == nil)
        await node.stop()
    }

    @Test func `changed rules take the place of the old ones, and no message goes unjudged between`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        try tenant.write(rules(tenant))
        let node = tenant.node(registry: .standard, required: .filters)
        try await node.runtime.waitUntilReady()
        // The same word is in both; whatever is said while they change is refused.
        let isOver = Mutex(false)
        async let stored: Int = {
            var stored = 0
            while !isOver.withLock({ $0 }) {
                if (try? await tenant.say("you blockhead", in: channel)) != nil { stored += 1 }
            }
            return stored
        }()
        for round in 1...5 {
            try tenant.write(rules(tenant, word: "blockhead, word\(round)"))
            try await eventually("the rules of round \(round) hold") {
                do {
                    _ = try await tenant.say("word\(round)", in: channel)
                    return false
                } catch { return true }
            }
        }
        isOver.withLock { $0 = true }
        #expect(await stored == 0)
        await node.stop()
        await fixture.stop()
    }

    @Test func `a named folder that goes away takes no rules with it`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        let named = tenant.folder + "/named"
        try FileManager.default.createDirectory(atPath: named, withIntermediateDirectories: false)
        try tenant.write(rules(tenant), to: "named/rules.yaml")
        let node = tenant.node(registry: .standard, namedFolders: [named], required: .filters)
        try await node.runtime.waitUntilReady()
        try FileManager.default.moveItem(atPath: named, toPath: named + "-away")
        try await eventually("it is told") { node.runtime.obstacle?.contains(named) == true }
        await #expect(throws: ChatError.self) { _ = try await tenant.say("you blockhead", in: channel) }
        try FileManager.default.moveItem(atPath: named + "-away", toPath: named)
        try await eventually("it is back") { node.runtime.obstacle == nil }
        // A file that is gone from a folder that is there is meant to be gone.
        try FileManager.default.removeItem(atPath: named + "/rules.yaml")
        try await eventually("the rules are gone") { try await node.status(of: tenant.name) == nil }
        _ = try await tenant.say("you blockhead", in: channel)
        await node.stop()
        await fixture.stop()
    }
}
