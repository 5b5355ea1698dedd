import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EmbeddedServers
import EventLog
import Redis
import Telemetry
import TestSupport
import Testing

/// What happens when the stream may not grow any further, or nobody writes it.
@Suite(.timeLimit(.minutes(1)))
struct StreamBoundTests {
    private func say(_ count: Int, in channel: Channel, _ tenant: ChatTenant) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    _ = try await tenant.service.send(
                        MessageDraft(channelID: channel.id, text: "\(number)"), as: tenant.admin)
                }
            }
            try await group.waitForAll()
        }
    }

    private func groups(_ redis: RedisClient) async throws -> Set<String> {
        let answer = try await redis.send("XINFO", "GROUPS", EventStream.key)
        return Set((answer.array ?? []).compactMap { $0.array?[1].string })
    }

    @Test func `the group that is furthest behind is given up beyond the bound and the others stay`() async throws {
        let fixture = try await ChatFixture(streamMaximum: 400)
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let redis = fixture.redisClient()
        try await fixture.settle()
        for name in ["slow", "swift"] { _ = try await redis.send("XGROUP", "CREATE", EventStream.key, name, "0-0") }
        var isShed = false
        for _ in 0..<20 where !isShed {
            try await say(50, in: channel, tenant)
            try await fixture.settle()
            _ = try await redis.send(
                "XREADGROUP", "GROUP", "swift", "c", "COUNT", "1000", "NOACK", "STREAMS", EventStream.key, ">")
            isShed = try await groups(redis) == ["swift"]
        }
        #expect(isShed)
        try await eventually("it is counted") {
            fixture.metrics.exposition().contains("\nmartlet_stream_groups_shed_total 1\n")
        }
        try await eventually("the stream is within its bound") {
            try await say(50, in: channel, tenant)
            return try await redis.send("XLEN", EventStream.key).integer ?? .max <= 400
        }
        await redis.close()
        await fixture.stop()
    }

    @Test func `an emptied stream is filled no further back than its bound`() async throws {
        let fixture = try await ChatFixture(streamMaximum: 100)
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        try await fixture.store.setBridgeCursor(.beginning, of: "behind")
        try await say(300, in: channel, tenant)
        try await fixture.settle()
        let redis = fixture.redisClient()
        _ = try await redis.send("FLUSHDB")
        try await say(1, in: channel, tenant)
        try await fixture.settle()
        let length = try #require(try await redis.send("XLEN", EventStream.key).integer)
        #expect((50...101).contains(length))
        await redis.close()
        await fixture.stop()
    }

    @Test func `a full Redis makes events late and loses none`() async throws {
        let servers = try await TestServers()
        let fixture = try await ChatFixture(servers: servers)
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let reader = try await fixture.log.reader(
            user: tenant.admin.userID, app: tenant.app.id, after: nil, types: [.messageCreated])
        let redis = fixture.redisClient()
        try await fixture.settle()
        _ = try await redis.send("CONFIG", "SET", "maxmemory", "1")
        try await say(40, in: channel, tenant)
        try await eventually("the relay says that there is no room") {
            fixture.metrics.exposition().contains("\nmartlet_stream_full 1\n")
        }
        #expect(fixture.isLeading)
        try await say(10, in: channel, tenant)
        _ = try await redis.send("CONFIG", "SET", "maxmemory", "0")
        var seqs: [Int64] = []
        while seqs.count < 50 { seqs += try await reader.next(limit: 100).compactMap(seq) }
        #expect(seqs == Array(1...50))
        try await eventually("there is room") {
            fixture.metrics.exposition().contains("\nmartlet_stream_full 0\n")
        }
        await redis.close()
        await fixture.stop()
        await servers.redis.stop()
        await servers.postgres.stop()
    }
}
