import BridgeKit
import BridgeRuntime
import BridgeTestSupport
import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventCatalogue
import Foundation
import Synchronization
import TestSupport
import Testing

/// What becomes of a bridge is told to administrators, as the schemas say.
@Suite(.timeLimit(.minutes(1)))
struct BridgeEventTests {
    /// The events about the tenant's bridge, in order.
    private func told(_ tenant: BridgeTenant) async throws -> [Event] {
        try await tenant.fixture.store.events(
            after: .beginning, for: tenant.chat.admin.userID, channels: [], isAdministrator: true,
            app: tenant.chat.app.id, types: EventType.all.filter { $0.description.hasPrefix("bridge.") }, limit: 1000
        ).map { record in
            let text = String(decoding: record.json(op: false), as: UTF8.self)
            let json = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            let definition = try #require(EventDefinition.named(record.type.description))
            #expect(SchemaValidator.problems(json, definition.document) == [], "\(text)")
            #expect(record.audience == .administrators)
            return try JSONDecoder().decode(Event.self, from: Data(text.utf8))
        }.filter { $0.data["bridge"]?.string == tenant.name }
    }

    private func wait(for types: [EventType], in tenant: BridgeTenant) async throws {
        try await eventually("\(types.map(\.description)) are told") {
            try await told(tenant).map(\.type) == types
        }
    }

    @Test func `starting, changing, breaking, mending, switching off and taking away are told`() async throws {
        let tenant = try await BridgeTenant()
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await wait(for: [.bridgeStarted], in: tenant)
        #expect(try await told(tenant)[0].data["node"]?.string == "node-1")
        try tenant.write(
            "bridge: recording\nname: \(tenant.name)\napp: \(tenant.chat.app.name)\nsettings: { bxo: x }\n")
        try await wait(for: [.bridgeStarted, .bridgeBroken], in: tenant)
        #expect(try await told(tenant)[1].data["problems"]?[0]?.string?.contains("bxo") == true)
        // Another error is still a broken file.
        try tenant.write("bridge: recording\nname: \(tenant.name)\nsettings: { box: [] }\n")
        try await eventually("it is read") {
            try await node.status(of: tenant.name)?.problems.first?.contains("box") == true
        }
        try tenant.write(tenant.recording("retry: { attempts: 7 }"))
        try await wait(for: [.bridgeStarted, .bridgeBroken, .bridgeChanged, .bridgeStarted], in: tenant)
        await node.stop()
        // After a restart it is the same file.
        let again = tenant.node("node-2")
        try await wait(
            for: [.bridgeStarted, .bridgeBroken, .bridgeChanged, .bridgeStarted, .bridgeStarted], in: tenant)
        try tenant.write(tenant.recording("enabled: false"))
        try await eventually("it is switched off") { try await told(tenant).last?.data["reason"]?.string == "disabled" }
        try tenant.write(tenant.recording())
        try await again.wait(for: .running, of: tenant.name)
        try FileManager.default.removeItem(atPath: tenant.folder + "/bridge.yaml")
        try await eventually("it is gone") { try await told(tenant).last?.data["reason"]?.string == "removed" }
        let actions = try await tenant.chat.service.audit(
            before: nil, after: nil, action: "bridge", actor: "server", since: nil, limit: 100, for: tenant.chat.admin
        ).map(\.action)
        #expect(actions == ["bridge.added", "bridge.changed", "bridge.changed"])
        await again.stop()
    }

    @Test func `resting and going on are told once, with who asked for it, and audited`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        tenant.box.behave { _, text in
            if text == "stop" { throw BridgeError.giveUpAndPause(reason: "gone") }
        }
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        try await node.runtime.pause(tenant.name, by: tenant.chat.admin)
        try await node.runtime.pause(tenant.name, by: tenant.chat.admin)
        try await node.runtime.resume(tenant.name, by: tenant.chat.admin)
        try await node.runtime.resume(tenant.name, by: tenant.chat.admin)
        _ = try await tenant.say("stop", in: channel)
        try await node.wait(for: .paused, of: tenant.name)
        try await eventually("all are told") { try await told(tenant).count == 5 }
        let events = try await told(tenant)
        #expect(
            Set(events.map(\.type)) == [.bridgeStarted, .bridgePaused, .bridgeResumed, .bridgeDeadLetter])
        #expect(events.filter { $0.type == .bridgePaused }.map(\.actorID) == [tenant.chat.admin.userID, nil])
        #expect(events.last { $0.type == .bridgePaused }?.data["reason"]?.string == "gone")
        let letter = try #require(try await node.runtime.deadLetters(of: tenant.name).first)
        try await node.runtime.dropDeadLetter(letter.id, of: tenant.name, by: tenant.chat.admin)
        let records = try await tenant.chat.service.audit(
            before: nil, after: nil, action: "bridge", actor: "admin", since: nil, limit: 100, for: tenant.chat.admin)
        #expect(records.map(\.action) == ["bridge.paused", "bridge.resumed", "bridge.dead_letter_dropped"])
        #expect(records.allSatisfy { $0.subject == "bridge:\(tenant.name)" })
        await node.stop()
    }

    @Test func `a target that goes and comes, and what was given up, are told`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let isUp = Mutex(false)
        tenant.box.behave { _, text in
            if !isUp.withLock({ $0 }) { throw BridgeError.targetDown(reason: "connection refused") }
            if text == "bad" { throw BridgeError.giveUp(reason: "no such mailbox") }
        }
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("one", in: channel)
        try await wait(for: [.bridgeStarted, .bridgeTargetDown], in: tenant)
        #expect(try await told(tenant).last?.data["reason"]?.string?.contains("connection refused") == true)
        isUp.withLock { $0 = true }
        try await wait(for: [.bridgeStarted, .bridgeTargetDown, .bridgeTargetBack], in: tenant)
        _ = try await tenant.say("bad", in: channel)
        try await eventually("the dead letter is told") { try await told(tenant).last?.type == .bridgeDeadLetter }
        let event = try #require(try await told(tenant).last)
        #expect(event.hops == 1 && event.data["count"]?.integer == 1)
        #expect(event.data["last"]?["error"]?.string == "no such mailbox")
        await node.stop()
    }

    @Test func `a bridge that tells of bridges and fails does not tell of itself for ever`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let other = tenant.name + "-b"
        // Whatever the one gets it gives up, what is told of the other too.
        tenant.box.behave { _, _ in throw BridgeError.giveUp(reason: "never") }
        try tenant.write(tenant.recording("on: [message.created, bridge.dead_letter, bridge.started]"))
        try tenant.write(
            """
            bridge: recording
            name: \(other)
            app: \(tenant.chat.app.name)
            on: [bridge.dead_letter]
            retry: { attempts: 1 }
            settings: { box: \(tenant.name) }
            """, to: "other.yaml")
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        try await node.wait(for: .running, of: other)
        _ = try await tenant.say("x", in: channel)
        // The message, and the other's start perhaps; then the one's dead letter at the other: these, and no more.
        try await eventually("the other has given up what it was told") {
            try await node.runtime.deadLetters(of: other).count >= 1
        }
        _ = try await tenant.say("y", in: channel)
        try await eventually("so it goes on") { try await node.runtime.deadLetters(of: other).count >= 2 }
        let own = try await told(tenant).filter { $0.type == .bridgeDeadLetter }
        #expect(own.allSatisfy { $0.data["last"]?["type"]?.string == "message.created" })
        #expect(try await node.runtime.deadLetters(of: other).count == own.count)
        await node.stop()
    }
}
