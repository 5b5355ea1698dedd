import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EmbeddedServers
import EventLog
import EventLoop
import Lifecycle
import Postgres
import Redis
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EventRelayTests {
    /// Every entry of the stream, read as a consumer reads it.
    private func stream(_ fixture: ChatFixture) async throws -> [EventRecord] {
        let redis = fixture.redisClient()
        let answer = try await redis.send("XRANGE", EventStream.key, "-", "+")
        await redis.close()
        return try RedisStreamEntry.list(answer).compactMap(EventStream.event)
    }

    private func stored(_ fixture: ChatFixture) async throws -> [EventRecord] {
        try await fixture.store.settledEvents(after: .beginning, limit: 100_000)
    }

    /// Sends `count` messages each from several senders to several channels, through several nodes.
    private func talk(
        _ services: [ChatService], _ tenant: ChatTenant, _ channels: [Channel], senders: Int, count: Int
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<senders {
                group.addTask {
                    for number in 0..<count {
                        let channel = channels[(sender + number) % channels.count]
                        _ = try await services[sender % services.count].send(
                            MessageDraft(channelID: channel.id, text: "\(sender)/\(number)"), as: tenant.admin)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `the stream has every event once, in order, while three nodes write and some roll back`() async throws {
        let fixture = try await ChatFixture()
        let nodes = [try await fixture.node(), try await fixture.node()]
        let tenant = try await fixture.tenant()
        var channels: [Channel] = []
        for number in 0..<4 { channels.append(try await tenant.channel("c\(number)")) }
        let all = channels
        let isDone = Latch()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                // Writers that take ids and linger or change their mind, as slow and failing transactions do.
                group.addTask {
                    var round = 0
                    while !isDone.isOpen {
                        round += 1
                        try? await fixture.store.pool.withTransaction { connection in
                            try await connection.execute(
                                """
                                INSERT INTO events (app_id, type, data) SELECT $1, 'test.noise', '{}'
                                FROM generate_series(1, 3)
                                """, tenant.app.id.rawValue)
                            _ = try await connection.query("SELECT pg_sleep(0.003)")
                            if (round + number) % 2 == 0 { throw CancellationError() }
                        }
                    }
                }
            }
            group.addTask {
                defer { isDone.open() }
                try await talk(
                    [fixture.service, nodes[0].service, nodes[1].service], tenant, all, senders: 12, count: 20)
            }
            try await group.waitForAll()
        }
        try await fixture.settle()
        let events = try await stream(fixture)
        #expect(events == (try await stored(fixture)))
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.cursor < $1.cursor })
        let created = events.filter { $0.type == .messageCreated }
        #expect(created.count == 240)
        for channel in channels {
            let seqs = try created.filter { $0.channelID == channel.id }.map { try #require(seq($0)) }
            #expect(seqs == Array(1...Int64(seqs.count)), "seq and stream order differ in \(channel.name)")
        }
        for node in nodes { await node.stop() }
        await fixture.stop()
    }

    @Test func `one relay of several leads, and another takes over when the leader's connection is killed`()
        async throws
    {
        let fixture = try await ChatFixture()
        let nodes = [try await fixture.node(), try await fixture.node()]
        try await eventually("one relay leads") {
            nodes.count(where: \.isLeading) + (fixture.isLeading ? 1 : 0) == 1
        }
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        // What each node tells its own, whether it hears of it from its relay or from the stream.
        let collectors = [Collector(), Collector(), Collector()]
        let logs = [fixture.log, nodes[0].log, nodes[1].log]
        try await fixture.settle()
        for (log, collector) in zip(logs, collectors) {
            let loop = fixture.group.next()
            let (subscription, position) = try await log.subscription(
                user: tenant.admin.userID, app: tenant.app.id, receiver: collector, loop: loop)
            // Ends when it is live.
            try await Task(executorPreference: loop) { try await subscription.run(after: position) }.value
        }
        for round in 0..<3 {
            try await talk([fixture.service], tenant, [channel], senders: 8, count: 10)
            // Meanwhile everybody may have read PostgreSQL.
            try await eventually("one relay leads") {
                nodes.count(where: \.isLeading) + (fixture.isLeading ? 1 : 0) == 1
            }
            let killed = try await fixture.store.pool.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND classid = 4294967295 AND objid = 4294967294
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """)
            #expect(killed.count == 1, "round \(round)")
            try await talk([nodes[0].service], tenant, [channel], senders: 8, count: 10)
        }
        try await fixture.settle()
        let events = try await stream(fixture)
        #expect(events == (try await stored(fixture)))
        #expect(events.filter { $0.type == .messageCreated }.count == 480)
        for (node, collector) in collectors.enumerated() {
            try await eventually("node \(node) has told of everything") { collector.records.last == events.last }
            let told = try collector.records.filter { $0.type == .messageCreated }.map { try #require(seq($0)) }
            #expect(told == Array(1...480), "node \(node)")
        }
        for node in nodes { await node.stop() }
        await fixture.stop()
    }

    /// A process that is stopped, and not dead, keeps its connections and so the lock.
    @Test func `a leading relay that falls silent is replaced`() async throws {
        let fixture = try await ChatFixture(patience: .milliseconds(200))
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let reader = try await fixture.log.reader(
            user: tenant.admin.userID, app: tenant.app.id, after: nil, types: [.messageCreated])
        let silent = try await PostgresConnection.connect(
            fixture.database, loop: fixture.group.next(), logger: .silent)
        try await eventually("the silent one leads") {
            _ = try await silent.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks
                WHERE locktype = 'advisory' AND objid = 4294967294 AND pid <> pg_backend_pid()
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """)
            return try await fixture.store.tryToLead(on: silent)
        }
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "at last"), as: tenant.admin)
        // The tail may have read it from PostgreSQL before the leader was replaced.
        #expect(try await reader.next(limit: 10).count == 1)
        // Whoever asks it something makes it speak.
        try await eventually("the silent one was replaced") { fixture.isLeading }
        await #expect(throws: PostgresError.self) { _ = try await silent.query("SELECT 1") }
        await silent.close()
        await fixture.stop()
    }

    @Test func `a leading relay whose statement takes long keeps the lock`() async throws {
        let fixture = try await ChatFixture()
        let busy = try await PostgresConnection.connect(fixture.database, loop: fixture.group.next(), logger: .silent)
        let other = try await PostgresConnection.connect(fixture.database, loop: fixture.group.next(), logger: .silent)
        await fixture.stop()
        try await eventually("it leads") { try await fixture.store.tryToLead(on: busy) }
        // Holds the statement below up for as long as this test wants.
        _ = try await other.query("SELECT pg_advisory_lock(77)")
        async let long = busy.query("SELECT pg_advisory_lock(77)")
        try await eventually("it waits") {
            try await other.query("SELECT FROM pg_locks WHERE objid = 77 AND NOT granted").count == 1
        }
        #expect(try await fixture.store.endSilentLeader(.zero, on: other) == false)
        _ = try await other.query("SELECT pg_advisory_unlock(77)")
        _ = try await long
        // Now it rests, and no time at all is too long.
        #expect(try await fixture.store.endSilentLeader(.zero, on: other))
        await busy.close()
        await other.close()
    }

    @Test func `an emptied stream is filled again, and readers miss nothing`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let redis = fixture.redisClient()
        let reader = try await fixture.log.reader(
            user: tenant.admin.userID, app: tenant.app.id, after: nil, types: [.messageCreated])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await talk([fixture.service], tenant, [channel], senders: 4, count: 50) }
            group.addTask {
                for _ in 0..<10 { _ = try await redis.send("FLUSHDB") }
            }
            try await group.waitForAll()
        }
        _ = try await redis.send("FLUSHDB")
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "after"), as: tenant.admin)
        var seqs: [Int64] = []
        while seqs.count < 201 { seqs += try await reader.next(limit: 100).compactMap(seq) }
        #expect(seqs == Array(1...201))
        // Readers may have had it from PostgreSQL before.
        try await eventually("the stream is whole") { try await stream(fixture) == (try await stored(fixture)) }
        // Also when nothing new happens the stream comes back.
        _ = try await redis.send("FLUSHDB")
        try await eventually("the stream is filled again") {
            try await redis.send("XLEN", EventStream.key).integer == Int64(try await stored(fixture).count)
        }
        await redis.close()
        await fixture.stop()
    }

    @Test func `a stream that was cut below a reader on this node leaves no hole`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let redis = fixture.redisClient()
        let reader = try await fixture.log.reader(
            user: tenant.admin.userID, app: tenant.app.id, after: nil, types: [.messageCreated])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await talk([fixture.service], tenant, [channel], senders: 4, count: 50) }
            group.addTask {
                for _ in 0..<200 { _ = try await redis.send("XTRIM", EventStream.key, "MAXLEN", "1") }
            }
            try await group.waitForAll()
        }
        var seqs: [Int64] = []
        while seqs.count < 200 { seqs += try await reader.next(limit: 100).compactMap(seq) }
        #expect(seqs == Array(1...200))
        await redis.close()
        await fixture.stop()
    }

    @Test func `Redis may die and come back empty`() async throws {
        let servers = try await TestServers()
        let fixture = try await ChatFixture(servers: servers)
        // Ended by `shutdown` below.
        let supervision = Task { try await servers.redis.run() }
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let reader = try await fixture.log.reader(
            user: tenant.admin.userID, app: tenant.app.id, after: nil, types: [.messageCreated])
        try await talk([fixture.service], tenant, [channel], senders: 4, count: 5)
        let first = try #require(servers.redis.processIdentifier)
        kill(first, SIGKILL)
        try await talk([fixture.service], tenant, [channel], senders: 4, count: 5)
        var seqs: [Int64] = []
        while seqs.count < 40 { seqs += try await reader.next(limit: 100).compactMap(seq) }
        #expect(seqs == Array(1...40))
        #expect(servers.redis.processIdentifier != first)
        try await eventually("the stream is whole") { try await stream(fixture) == (try await stored(fixture)) }
        await fixture.stop()
        servers.redis.shutdown()
        try await supervision.value
        await servers.postgres.stop()
    }

    @Test func `a stream that another database filled is thrown away`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        try await fixture.settle()
        await fixture.stop()
        let redis = fixture.redisClient()
        _ = try await redis.send("SET", EventStream.epochKey, "another")
        _ = try await redis.send("XADD", EventStream.key, "9000000000-1", "t", "x", "d", "{}", "a", "1")
        let node = try await fixture.node()
        let count = try await node.store.settledEvents(after: .beginning, limit: 1000).count
        #expect(count > 0)
        try await eventually("the stream is filled from this database") {
            try await redis.send("XLEN", EventStream.key).integer == Int64(count)
        }
        // The same when it names this database, but lies ahead of it: a backup was put back.
        let epoch = node.store.epoch
        _ = try await redis.send("XADD", EventStream.key, "9000000000-1", "t", "x", "d", "{}", "a", "1")
        try await eventually("the log has another name") {
            try await node.store.loadEpoch()
            return node.store.epoch != epoch
        }
        // What a node remembers of the other history is of no use: it ends, to be started again.
        await #expect(throws: (any Error).self) { try await node.ended() }
        let next = try await fixture.node()
        let reader = try await next.log.reader(
            user: tenant.admin.userID, app: tenant.app.id, after: nil, types: nil)
        _ = try await next.service.createChannel(kind: .public, name: "new", topic: nil, members: [], by: tenant.admin)
        #expect(try await reader.next(limit: 10).isEmpty == false)
        await next.stop()
        await redis.close()
        await node.stop()
    }

    @Test func `an event behind a transaction that is still open waits, and neither is skipped`() async throws {
        // Servers of its own: the open transaction holds up every database of the server.
        let servers = try await TestServers()
        let fixture = try await ChatFixture(servers: servers)
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        try await fixture.settle()
        let reader = try await fixture.log.reader(user: tenant.admin.userID, app: tenant.app.id, after: nil, types: nil)
        let head = try await fixture.store.head()
        try await fixture.store.pool.withTransaction { connection in
            try await connection.execute(
                "INSERT INTO events (app_id, type, data) VALUES ($1, 'test.slow', '{}')", tenant.app.id.rawValue)
            _ = try await fixture.service.send(
                MessageDraft(channelID: channel.id, text: "committed before"), as: tenant.admin)
            #expect(try await fixture.store.settledEvents(after: head, limit: 10).isEmpty)
            #expect(try await reader.available(limit: 10).isEmpty)
        }
        var types: [EventType] = []
        while types.count < 2 { types += try await reader.next(limit: 10).map(\.type) }
        #expect(types == ["test.slow", .messageCreated])
        await fixture.stop()
        await servers.redis.stop()
        await servers.postgres.stop()
    }
}
