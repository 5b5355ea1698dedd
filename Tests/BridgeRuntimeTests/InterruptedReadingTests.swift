import BridgeRuntime
import BridgeTestSupport
import ChatStore
import ChatTestSupport
import EventLog
import EventLoop
import Postgres
import Redis
import Telemetry
import TestSupport
import Testing

/// Events that were read and could not be looked at, because PostgreSQL was away for a moment.
@Suite(.timeLimit(.minutes(1)))
struct InterruptedReadingTests {
    @Test(arguments: [false, true])
    func `an event whose channel could not be looked up is not left out`(followsStream: Bool) async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel("support")
        try tenant.write(tenant.recording("start: beginning\nwhere: { channel: support }"))
        var said: [String] = []
        if followsStream {
            let first = tenant.node()
            said.append("zero")
            _ = try await tenant.say("zero", in: channel)
            let redis = RedisClient(fixture.redis, loop: fixture.group.next(), logger: .silent, name: "test")
            try await eventually("it is done and the group is there") {
                let groups = try? await redis.send("XINFO", "GROUPS", EventStream.key).array
                return groups?.isEmpty == false && tenant.box.done == said
            }
            await redis.close()
            await first.stop()
        }
        for text in ["one", "two", "three"] {
            said.append(text)
            _ = try await tenant.say(text, in: channel)
        }
        try await fixture.store.pool.execute("ALTER TABLE channels RENAME TO hidden_channels")
        let node = tenant.node()
        try await eventually("the look-up fails") { try await node.status(of: tenant.name)?.lastError != nil }
        try await fixture.store.pool.execute("ALTER TABLE hidden_channels RENAME TO channels")
        let wanted = said
        try await eventually("all have come, once and in their order") { tenant.box.done == wanted }
        await node.stop()
        await fixture.stop()
    }
}
