import BridgeKit
import BridgeRuntime
import BridgeTestSupport
import ChatModel
import ChatStore
import ChatTestSupport
import Postgres
import Synchronization
import TestSupport
import Testing

/// Events that a bridge puts off until a time.
@Suite(.timeLimit(.minutes(1)))
struct DeferredEventTests {
    private static let hour = Duration.seconds(3600)

    /// Puts off, for an hour, every event whose text begins with "late"; once each.
    private func puttingOff(_ tenant: BridgeTenant, _ clock: TestClock) {
        let seen = Mutex<Set<String>>([])
        tenant.box.behave { _, text in
            guard text.hasPrefix("late"), seen.withLock({ $0.insert(text).inserted }) else { return }
            throw BridgeError.later(at: clock.now + 3_600_000)
        }
    }

    @Test func `an event that is put off holds nothing up and comes back when it is due, also after a restart`()
        async throws
    {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let clock = TestClock()
        puttingOff(tenant, clock)
        try tenant.write(tenant.recording())
        let first = tenant.node(clock: clock)
        try await first.wait(for: .running, of: tenant.name)
        for text in ["late", "next"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("the channel has gone on") { tenant.box.done == ["next"] }
        let status = try #require(try await first.status(of: tenant.name))
        #expect(status.deferred == 1 && status.retried == 0 && status.lastError == nil)
        await first.stop()

        let second = tenant.node(clock: clock)
        try await second.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("third", in: channel)
        try await eventually("the channel goes on") { tenant.box.done == ["next", "third"] }
        clock.advance(by: Self.hour)
        try await eventually("it has come back") { tenant.box.done == ["next", "third", "late"] }
        try await eventually("nothing waits") { try await second.status(of: tenant.name)?.deferred == 0 }
        #expect(tenant.box.tries == ["late", "next", "third", "late"])
        await second.stop()
    }

    @Test func `another node brings back what a dead one has put off`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let clock = TestClock()
        puttingOff(tenant, clock)
        try tenant.write(tenant.recording())
        let first = tenant.node("node-1", lease: .milliseconds(500), clock: clock)
        try await first.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("late", in: channel)
        try await eventually("it is put off") { try await first.status(of: tenant.name)?.deferred == 1 }
        let second = tenant.node("node-2", lease: .milliseconds(500), clock: clock)
        try await second.wait(for: .standby, of: tenant.name)
        await first.kill()
        clock.advance(by: Self.hour)
        try await eventually("it has come back, once") { tenant.box.done == ["late"] }
        #expect(tenant.box.tries == ["late", "late"])
        await second.stop()
        await first.stop()
    }

    @Test func `one that fails after its time is tried again and becomes a dead letter`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let clock = TestClock()
        let box = tenant.box
        tenant.box.behave { _, text in
            guard text == "late" else { return }
            if box.tries.count == 1 { throw BridgeError.later(at: clock.now + 3_600_000) }
            throw BridgeError.retry(reason: "no luck")
        }
        try tenant.write(tenant.recording("retry: { attempts: 3, first: 10m, max: 10m }"))
        let node = tenant.node(clock: clock)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("late", in: channel)
        try await eventually("it is put off") { try await node.status(of: tenant.name)?.deferred == 1 }
        for tries in 2...4 {
            // When it is due next is drawn from the clock after the handler has ended.
            try await eventually("try \(tries - 1) is settled") {
                try await node.status(of: tenant.name)?.retried == tries - 2
            }
            clock.advance(by: Self.hour)
            try await eventually("try \(tries)") { box.tries.count == tries }
        }
        try await eventually("it was given up") { try await node.runtime.deadLetters(of: tenant.name).count == 1 }
        let letter = try #require(try await node.runtime.deadLetters(of: tenant.name).first)
        #expect(letter.attempts == 3 && letter.error == "no luck")
        try await eventually("nothing waits") { try await node.status(of: tenant.name)?.deferred == 0 }
        _ = try await tenant.say("next", in: channel)
        try await eventually("the channel was never held up") { box.done == ["next"] }
        await node.stop()
    }

    @Test func `a dead letter that is put off when it is sent again is no dead letter any more`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let clock = TestClock()
        let box = tenant.box
        tenant.box.behave { _, _ in
            switch box.tries.count {
            case 1: throw BridgeError.giveUp(reason: "never")
            case 2: throw BridgeError.later(at: clock.now + 3_600_000)
            default: break
            }
        }
        try tenant.write(tenant.recording())
        let node = tenant.node(clock: clock)
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("late", in: channel)
        try await eventually("it was given up") { try await node.runtime.deadLetters(of: tenant.name).count == 1 }
        let letter = try #require(try await node.runtime.deadLetters(of: tenant.name).first)
        try await node.runtime.retryDeadLetter(letter.id, of: tenant.name, by: tenant.chat.admin)
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        #expect(try await node.status(of: tenant.name)?.deferred == 1)
        clock.advance(by: Self.hour)
        try await eventually("it is done") { box.done == ["late"] }
        await node.stop()
    }

    @Test func `when ten thousand wait the next one keeps its channel waiting until there is room`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let other = try await tenant.chat.channel("other")
        let clock = TestClock()
        puttingOff(tenant, clock)
        try tenant.write(tenant.recording("retry: { attempts: 2 }"))
        let node = tenant.node(clock: clock)
        try await node.wait(for: .running, of: tenant.name)
        let pool = tenant.fixture.store.pool
        try await pool.execute(
            """
            INSERT INTO deferred_events (bridge, cursor, app_id, type, version, hops, at, data, due_at)
            SELECT $1, '1-' || n, $2, 'message.created', 1, 0, now(), '{}', now() + interval '20 days'
            FROM generate_series(1, 10000) AS n
            """, tenant.name, tenant.chat.app.id.rawValue)
        let box = tenant.box
        box.behave { _, text in if text == "late" { throw BridgeError.later(at: clock.now + 3_600_000) } }
        for (text, place) in [("late", channel), ("behind", channel), ("free", other)] {
            _ = try await tenant.say(text, in: place)
        }
        try await eventually("it is tried in vain, more often than an event may fail") {
            box.tries.filter { $0 == "late" }.count > 3
        }
        #expect(box.done == ["free"])
        try await pool.execute("DELETE FROM deferred_events WHERE bridge = $1 AND cursor = '1-1'", tenant.name)
        try await eventually("the channel goes on") { box.done == ["free", "behind"] }
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        await node.stop()
    }
}
