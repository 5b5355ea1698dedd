import BridgeKit
import BridgeRuntime
import BridgeTestSupport
import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Synchronization
import TestSupport
import Testing

/// Past events that a bridge is sent again.
@Suite(.timeLimit(.minutes(1)))
struct ReplayTests {
    private struct Scene {
        let tenant: BridgeTenant
        let channel: Channel
        let node: BridgeNode
        /// Before the first message.
        let start: Cursor

        var name: String { tenant.name }

        init(_ more: String = "", texts: [String] = ["1", "2", "3"]) async throws {
            tenant = try await BridgeTenant()
            channel = try await tenant.chat.channel()
            try tenant.write(tenant.recording(more))
            start = try await tenant.fixture.store.head()
            node = tenant.node()
            try await node.wait(for: .running, of: tenant.name)
            for text in texts { _ = try await tenant.say(text, in: channel) }
            let box = tenant.box
            try await eventually("all has arrived") { box.done.count >= texts.count }
        }

        func replay(after: ReplayBound? = nil, until: ReplayBound? = nil) async throws -> BridgeStatus.Replay {
            try await node.runtime.replay(
                name, after: after ?? .cursor(start), until: until, isTrial: false, by: tenant.chat.admin)
        }

        func wait(for state: String, on other: BridgeNode? = nil) async throws -> BridgeStatus.Replay {
            let node = other ?? node
            try await eventually("the replay is \(state)") {
                try await node.status(of: name)?.replay?.state == state
            }
            return try #require(try await node.status(of: name)?.replay)
        }
    }

    @Test func `a range comes again in its order, with the same cursors, while new events go on`() async throws {
        let scene = try await Scene()
        let cursors = Mutex<[String: Set<Cursor>]>([:])
        scene.tenant.box.behave { event, text in
            cursors.withLock { _ = $0[text, default: []].insert(event.event.cursor) }
        }
        let begun = try await scene.replay()
        #expect(begun.total == 3 && begun.state == "running")
        _ = try await scene.tenant.say("new", in: scene.channel)
        let done = try await scene.wait(for: "done")
        #expect(done.done == 3 && done.total == 3 && done.deadLetters == 0)
        let box = scene.tenant.box
        try await eventually("the new one is there") { box.done.count == 7 }
        #expect(box.done.dropFirst(3).filter { $0 != "new" } == ["1", "2", "3"])
        #expect(cursors.withLock { $0.values.allSatisfy { $0.count == 1 } })
        await scene.node.stop()
    }

    @Test func `one that fails holds up its channel of the past only, and becomes a dead letter`() async throws {
        let scene = try await Scene("retry: { attempts: 2, first: 200ms, max: 200ms }")
        scene.tenant.box.behave { _, text in if text == "2" { throw BridgeError.retry(reason: "not again") } }
        _ = try await scene.replay()
        let box = scene.tenant.box
        try await eventually("it is stuck") { box.tries.suffix(1) == ["2"] && box.inProgress.isEmpty }
        _ = try await scene.tenant.say("new", in: scene.channel)
        let done = try await scene.wait(for: "done")
        #expect(done.deadLetters == 1 && done.done == 3)
        try await eventually("all has come") { box.done.count == 6 }
        #expect(Array(box.done.dropFirst(3)) == ["1", "new", "3"], "nothing new waits for the past")
        let letters = try await scene.node.runtime.deadLetters(of: scene.name)
        #expect(letters.map(\.error) == ["not again"])
        await scene.node.stop()
    }

    @Test func `a range can end early, and where is the bridge's own choice of events`() async throws {
        let scene = try await Scene("where: { text: { contains: [a] } }", texts: ["a1", "a2"])
        _ = try await scene.tenant.say("b", in: scene.channel)
        _ = try await scene.tenant.say("a3", in: scene.channel)
        let box = scene.tenant.box
        try await eventually("all has arrived") { box.done.count == 3 }
        let events = try await scene.tenant.fixture.store.settledEvents(after: scene.start, limit: 100)
        let second = try #require(
            events.filter { $0.type == .messageCreated && $0.appID == scene.tenant.chat.app.id }.dropFirst().first)
        let replay = try await scene.replay(until: .cursor(second.cursor))
        #expect(replay.total == 2)
        _ = try await scene.wait(for: "done")
        #expect(Array(box.done.dropFirst(3)) == ["a1", "a2"])
        let trial = try await scene.node.runtime.replay(
            scene.name, after: .cursor(scene.start), until: nil, isTrial: true, by: scene.tenant.chat.admin)
        #expect(trial.total == 4 && trial.startedAt == nil, "what `where` leaves out is counted, and not sent")
        await scene.node.stop()
    }

    @Test func `it goes on after a restart from where it was`() async throws {
        let scene = try await Scene(texts: (1...20).map(String.init))
        let isOpen = Mutex(false)
        scene.tenant.box.behave { _, text in
            if text == "11", !isOpen.withLock({ $0 }) { throw BridgeError.targetDown(reason: "away") }
        }
        _ = try await scene.replay()
        try await eventually("half of it is kept") { try await scene.node.status(of: scene.name)?.replay?.done == 10 }
        await scene.node.stop()
        isOpen.withLock { $0 = true }
        let second = scene.tenant.node("node-2")
        let done = try await scene.wait(for: "done", on: second)
        #expect(done.done == 20)
        #expect(
            Array(scene.tenant.box.done.dropFirst(20)) == (1...20).map(String.init), "what was done is not sent again")
        await second.stop()
    }

    @Test func `another node goes on when the first one dies`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        try tenant.write(tenant.recording())
        let start = try await tenant.fixture.store.head()
        let first = tenant.node("node-1", lease: .milliseconds(500))
        try await first.wait(for: .running, of: tenant.name)
        let texts = (1...10).map(String.init)
        for text in texts { _ = try await tenant.say(text, in: channel) }
        let box = tenant.box
        try await eventually("all has arrived") { box.done.count == 10 }
        let second = tenant.node("node-2", lease: .milliseconds(500))
        try await second.wait(for: .standby, of: tenant.name)
        let isOpen = Mutex(false)
        box.behave { _, text in
            if text == "5", !isOpen.withLock({ $0 }) { throw BridgeError.targetDown(reason: "away") }
        }
        // Asked at a node that does not run the bridge.
        _ = try await second.runtime.replay(
            tenant.name, after: .cursor(start), until: nil, isTrial: false, by: tenant.chat.admin)
        try await eventually("it has begun") { box.tries.count > 14 }
        await first.kill()
        isOpen.withLock { $0 = true }
        try await eventually("it is done") { try await second.status(of: tenant.name)?.replay?.state == "done" }
        let again = box.done.dropFirst(10)
        #expect(Set(again) == Set(texts), "nothing is left out")
        #expect(again.filter { $0 == "10" }.count == 1)
        await second.stop()
        await first.stop()
    }

    @Test func `it can be cancelled, also while the bridge rests, and asked for again`() async throws {
        let scene = try await Scene()
        try await scene.node.runtime.pause(scene.name, by: scene.tenant.chat.admin)
        _ = try await scene.replay()
        let again = await #expect(throws: BridgeRuntimeError.self) { try await scene.replay() }
        #expect(again?.code == .replayRunning)
        try await scene.node.runtime.cancelReplay(of: scene.name, by: scene.tenant.chat.admin)
        let none = await #expect(throws: BridgeRuntimeError.self) {
            try await scene.node.runtime.cancelReplay(of: scene.name, by: scene.tenant.chat.admin)
        }
        #expect(none?.code == .noReplay)
        try await scene.node.runtime.resume(scene.name, by: scene.tenant.chat.admin)
        _ = try await scene.tenant.say("new", in: scene.channel)
        let box = scene.tenant.box
        try await eventually("it goes on") { box.done.last == "new" }
        #expect(box.done.count == 4)
        #expect(try await scene.wait(for: "cancelled").done == 0)
        _ = try await scene.replay()
        _ = try await scene.wait(for: "done")
        #expect(box.done.count == 8)
        let tenant = scene.tenant.chat
        let records = try await tenant.service.audit(
            before: nil, after: nil, action: nil, actor: "admin", since: nil, limit: 100, for: tenant.admin)
        #expect(
            records.map(\.action).suffix(5) == [
                "bridge.paused", "bridge.replay_started", "bridge.replay_cancelled", "bridge.resumed",
                "bridge.replay_started",
            ])
        await scene.node.stop()
    }

    @Test func `past events can be read as bridges get them, of one app alone`() async throws {
        let scene = try await Scene()
        let app = scene.tenant.chat.app.id
        let runtime = scene.node.runtime
        func texts(_ after: ReplayBound?, _ limit: Int, in app: AppID) async throws -> [String] {
            let past = try await runtime.pastEvents(in: app, types: [.messageCreated], after: after, limit: limit)
            if !past.events.isEmpty { #expect(past.channels.map(\.id) == [scene.channel.id]) }
            return try past.events.map { try BridgeEvent(app: app, json: $0.json(op: false)).message().text }
        }
        #expect(try await texts(nil, 2, in: app) == ["2", "3"])
        #expect(try await texts(.cursor(scene.start), 2, in: app) == ["1", "2"])
        #expect(try await texts(.cursor(scene.start), 2, in: AppID(app.rawValue + 1_000_000)) == [])
        await scene.node.stop()
    }

    @Test func `what makes no sense is refused`() async throws {
        let scene = try await Scene()
        func code(_ after: ReplayBound, _ until: ReplayBound? = nil, _ name: String? = nil) async -> String {
            do {
                _ = try await scene.node.runtime.replay(
                    name ?? scene.name, after: after, until: until, isTrial: true, by: scene.tenant.chat.admin)
                return "fine"
            } catch let error as BridgeRuntimeError { return error.code.rawValue } catch { return "\(error)" }
        }
        let far = Cursor(transaction: .max / 4, row: 1)
        #expect(await code(.cursor(scene.start), nil, "nobody") == "unknownBridge")
        #expect(await code(.cursor(far)) == "invalidRange")
        #expect(await code(.time(.max / 2)) == "invalidRange")
        #expect(await code(.cursor(scene.start), .cursor(scene.start)) == "invalidRange")
        #expect(await code(.cursor(scene.start), .cursor(.beginning)) == "invalidRange")
        #expect(await code(.beginning) == "fine")
        #expect(await code(.time(0)) == "fine", "nothing was ever dropped")
        await scene.node.stop()
    }
}
