import BridgeKit
import BridgeRuntime
import BridgeTestSupport
import ChatModel
import ChatTestSupport
import Foundation
import Settings
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BridgeFileTests {
    private func read(_ text: String) -> (file: BridgeFile?, problems: [String]) {
        let (file, problems) = BridgeFile.read(
            text, path: "bridges/support.yaml", registry: BridgeTenant.registry, environment: [:])
        return (file, problems.map(\.description))
    }

    @Test func `what lies in a file is read with its byte order mark, and told when it is not UTF-8`() {
        func read(_ bytes: [UInt8]) -> (file: BridgeFile?, problems: [String]) {
            let (file, problems) = BridgeFile.read(
                bytes: bytes, path: "a.yaml", registry: BridgeTenant.registry, environment: [:])
            return (file, problems.map(\.description))
        }
        let good = Array("bridge: recording\nsettings: { box: a }\n".utf8)
        #expect(read([0xEF, 0xBB, 0xBF] + good).file?.name == "a")
        let latin = read(good + [0x23, 0xFC, 0x0A])
        #expect(latin.file == nil)
        #expect(
            latin.problems == ["a.yaml:3:2: the text is not valid UTF-8 from here (byte 0xFC); save it as UTF-8"])
    }

    @Test func `a short file gets the defaults`() throws {
        let file = try #require(read("bridge: recording\nsettings: { box: a }\n").file)
        #expect(file.name == "support")
        #expect(file.isEnabled)
        #expect(file.start == .now)
        #expect(file.isOrdered)
        #expect(file.attempts == 12)
        #expect(file.firstDelay == .seconds(1))
        #expect(file.longestDelay == .seconds(3600))
        #expect(file.settings.integer("port") == 25)
    }

    @Test func `all errors come at once with their places`() {
        let (file, problems) = read(
            """
            bridge: recording
            name: Support Inbox
            on: [message.create]
            start: yesterday
            retry: { attempts: many }
            settings:
              box: a
              port: smtp
              colour: red
            """)
        #expect(file == nil)
        #expect(
            problems.contains {
                $0.hasPrefix("bridges/support.yaml:8:9: settings.port: expected a number from 1 to 65535, got \"smtp\"")
            })
        #expect(problems.contains { $0.hasPrefix("bridges/support.yaml:9:3: settings.colour: unknown key") })
        #expect(problems.contains { $0.hasPrefix("bridges/support.yaml:2:7: name: ") })
        #expect(problems.contains { $0.hasPrefix("bridges/support.yaml:3:6: on") && $0.contains("message.created") })
        #expect(problems.contains { $0.hasPrefix("bridges/support.yaml:4:8: start: ") })
        #expect(problems.contains { $0.hasPrefix("bridges/support.yaml:5:20: retry.attempts: ") })
        #expect(problems.count == 6)
    }

    @Test func `what is switched off need not be complete`() throws {
        let (file, problems) = read("bridge: recording\nenabled: false\nsettings: { box: { env: MISSING } }\n")
        #expect(file?.isEnabled == false)
        #expect(
            problems == [
                "bridges/support.yaml:3:18: warning: settings.box: the environment variable MISSING is not set"
            ])
    }

    @Test func `an unknown kind is told with the nearest one`() {
        let problems = read("bridge: recordin\n").problems
        #expect(
            problems.contains {
                $0.contains("bridges/support.yaml:1:9: bridge: ") && $0.contains("did you mean `recording`?")
            })
    }

    @Test func `an expression that cannot be used is told with its place`() {
        let problems = read(
            "bridge: recording\nwhere:\n  text: { matches: \"(\" }\nsettings: { box: a }\n"
        ).problems
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("bridges/support.yaml:3:") == true)
    }

    @Test(arguments: [
        "", "[", "bridge:", "- a\n- b\n", "bridge: recording", "bridge: [recording]\n", "\0",
        "bridge: recording\nbridge: recording\n",
    ])
    func `what is no bridge is refused with words`(text: String) {
        let (file, problems) = read(text)
        #expect(file == nil)
        #expect(!problems.isEmpty)
    }

    @Test func `only what changed restarts and a broken file leaves its bridge alone`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let other = RecordingBox.named("\(tenant.name)-2")
        try tenant.write(tenant.recording(), to: "one.yaml")
        try tenant.write(
            "bridge: recording\nname: \(tenant.name)-2\napp: \(tenant.chat.app.name)\nsettings: { box: \(tenant.name)-2 }\n",
            to: "two.yaml")
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        try await node.wait(for: .running, of: "\(tenant.name)-2")

        try tenant.write(tenant.recording().replacing("box:", with: "boxx:"), to: "one.yaml")
        try await eventually("the error is shown") {
            try await node.status(of: tenant.name)?.problems.contains {
                $0.contains("one.yaml:5:13: settings.boxx: unknown key (did you mean `box`?)")
            } == true
        }
        _ = try await tenant.say("still here", in: channel)
        try await eventually("the old one works on") { tenant.box.done == ["still here"] }

        try tenant.write(tenant.recording("retry: { attempts: 3 }"), to: "one.yaml")
        try await eventually("it was restarted") { tenant.box.starts == 2 }
        #expect(tenant.box.stops == 1)
        _ = try await tenant.say("again", in: channel)
        try await eventually("the new one goes on where the old one was") {
            tenant.box.done == ["still here", "again"]
        }
        #expect(try await node.status(of: tenant.name)?.problems == [])
        #expect(other.starts == 1)
        #expect(other.stops == 0)

        try tenant.write(tenant.recording("enabled: false"), to: "one.yaml")
        try await node.wait(for: .disabled, of: tenant.name)
        _ = try await tenant.say("while it was off", in: channel)
        try tenant.write(tenant.recording(), to: "one.yaml")
        try await eventually("what it missed comes") { tenant.box.done.last == "while it was off" }

        try FileManager.default.removeItem(atPath: "\(tenant.folder)/one.yaml")
        try await eventually("it is gone") { try await node.status(of: tenant.name) == nil }
        #expect(other.starts == 1)
        await node.stop()
    }

    @Test func `two files cannot have one name`() async throws {
        let tenant = try await BridgeTenant()
        try tenant.write(tenant.recording(), to: "a.yaml")
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        try tenant.write(tenant.recording(), to: "b.yaml")
        try await eventually("the second is refused") {
            try await node.runtime.status().contains { $0.problems.contains { $0.contains("is taken by") } }
        }
        #expect(tenant.box.starts == 1)
        await node.stop()
    }
}
