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
        let town = try await BridgeTown(fixture)
        let channel = try await town.chat.channel("support")
        try town.write(town.recording("start: beginning\nwhere: { channel: support }"))
        var said: [String] = []
        if followsStream {
            let first = town.node()
            said.append("zero")
            _ = try await town.say("zero", in: channel)
            let redis = RedisClient(fixture.redis, loop: fixture.group.next(), logger: .silent, name: "test")
            try await eventually("it is done and the group is there") {
                let groups = try? await redis.send("XINFO", "GROUPS", EventStream.key).array
                return groups?.isEmpty == false && town.box.done == said
            }
            await redis.close()
            await first.stop()
        }
        for text in ["one", "two", "three"] {
            said.append(text)
            _ = try await town.say(text, in: channel)
        }
        try await fixture.store.pool.execute("ALTER TABLE channels RENAME TO hidden_channels")
        let node = town.node()
        try await eventually("the look-up fails") { try await node.status(of: town.name)?.lastError != nil }
        try await fixture.store.pool.execute("ALTER TABLE hidden_channels RENAME TO channels")
        let wanted = said
        try await eventually("all have come, once and in their order") { town.box.done == wanted }
        await node.stop()
        await fixture.stop()
    }
}
