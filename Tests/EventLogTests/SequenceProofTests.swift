import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EmbeddedServers
import EventLoop
import Lifecycle
import Postgres
import Redis
import Telemetry
import TestSupport
import Testing

@testable import EventLog

/// The stream has every event once, in the order of each channel's `seq`, whatever commits and relays do.
@Suite(.timeLimit(.minutes(1)))
struct SequenceProofTests {
    private static let writers = 64
    private static let messages = 16

    private func message(_ text: String, in channel: Channel, of tenant: ChatTenant) -> NewMessage {
        NewMessage(
            appID: tenant.app.id, channelID: channel.id, author: tenant.admin.author, kind: .text, text: text,
            nonce: text,
            flags: [], hops: 0, createdAt: 1_700_000_000_000)
    }

    /// Lets the database hold up each commit for a random while, with all its locks, and undo some of them.
    private func makeCommitsHard(_ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            CREATE FUNCTION hard_commit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_sleep(random() * 0.003);
                IF random() < 0.05 THEN RAISE EXCEPTION 'undone at the commit'; END IF;
                RETURN NULL;
            END $$
            """)
        try await pool.execute(
            """
            CREATE CONSTRAINT TRIGGER hard_commit AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION hard_commit()
            """)
    }

    @Test func `64 writers on 8 channels, late and failing commits, and a relay that repeats itself leave no hole`()
        async throws
    {
        // Servers of its own: the writers need more connections than the tests share.
        let servers = try await TestServers()
        let fixture = try await ChatFixture(servers: servers)
        let tenant = try await fixture.tenant()
        var channels: [Channel] = []
        for number in 0..<8 { channels.append(try await tenant.channel("c\(number)")) }
        let all = channels
        var configuration = fixture.database
        configuration.poolSize = Self.writers
        let pool = PostgresPool(configuration, loops: fixture.group, logger: .silent)
        try await makeCommitsHard(pool)

        let isDone = Latch()
        let rogue = Rogue(fixture)
        async let repeats = rogue.run(until: isDone)
        let undone = try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    var undone = 0
                    for number in 0..<Self.messages {
                        // Two channels in one transaction, in any order.
                        let batch = [
                            message("\(writer)/\(number)/a", in: all[(writer + number) % 8], of: tenant),
                            message("\(writer)/\(number)/b", in: all[(writer * 3 + number * 5 + 1) % 8], of: tenant),
                        ]
                        while true {
                            do {
                                _ = try await pool.withConnection { try await fixture.store.append(batch, on: $0) }
                                break
                            } catch let error as PostgresError where error.sqlState == "P0001" {
                                undone += 1
                            }
                        }
                    }
                    return undone
                }
            }
            return try await group.reduce(0, +)
        }
        try await fixture.settle()
        isDone.open()
        let refused = try await repeats

        let redis = fixture.redisClient()
        let stream = try RedisStreamEntry.list(try await redis.send("XRANGE", EventStream.key, "-", "+"))
            .compactMap(EventStream.event)
        #expect(stream == (try await fixture.store.settledEvents(after: .beginning, limit: 100_000)))
        let created = stream.filter { $0.type == .messageCreated }
        #expect(created.count == Self.writers * Self.messages * 2)
        for channel in channels {
            let seqs = created.filter { $0.channelID == channel.id }.compactMap(seq)
            #expect(seqs == Array(1...Int64(seqs.count)), "the stream is not in the order of \(channel.name)")
        }
        // A proof in which nothing was undone or repeated would be none.
        #expect(undone > 0)
        #expect(refused > 0)
        await redis.close()
        await pool.close()
        await fixture.stop()
        await servers.redis.stop()
        await servers.postgres.stop()
    }

    /// The log is read past transactions of others, which may stay open for hours, and past none that writes events: not
    /// one that has changed a message and not told of it yet either.
    @Test func `transactions of others that stay open hold nothing up and leave no hole`() async throws {
        let servers = try await TestServers(postgresSettings: [("max_prepared_transactions", "20")])
        let fixture = try await ChatFixture(servers: servers)
        let node = try await fixture.node()
        let tenant = try await fixture.tenant()
        var channels: [Channel] = []
        for number in 0..<4 { channels.append(try await tenant.channel("c\(number)")) }
        let all = channels
        var configuration = fixture.database
        configuration.poolSize = 40
        let pool = PostgresPool(configuration, loops: fixture.group, logger: .silent)
        try await makeCommitsHard(pool)
        try await makeEditsSlow(pool)
        let strangers = try await Strangers(fixture, servers)

        let isDone = Latch()
        let rogue = Rogue(fixture)
        async let repeats = rogue.run(until: isDone)
        async let disturbed: Void = strangers.run(until: isDone)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<16 {
                group.addTask {
                    // Half of them go by the other node's store, which knows of the log only what the stream tells.
                    let store = writer.isMultiple(of: 2) ? fixture.store : node.store
                    for number in 0..<Self.messages {
                        let channel = all[(writer + number) % 4]
                        let text = "\(writer)/\(number)"
                        while true {
                            do {
                                let places = try await pool.withConnection {
                                    try await store.append([message(text, in: channel, of: tenant)], on: $0)
                                }
                                guard number.isMultiple(of: 3), let place = places[0] else { break }
                                _ = try await store.updateMessage(
                                    place.id, in: channel.id, app: tenant.app.id, by: tenant.admin.auditActor,
                                    text: text + " edited", flags: [])
                                break
                            } catch let error as PostgresError where error.sqlState == "P0001" {}
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        // The one of the other database is open all the while.
        try await fixture.settle()
        let oldest = try await strangers.oldest()
        isDone.open()
        _ = try await repeats
        try await disturbed

        let redis = fixture.redisClient()
        let stream = try RedisStreamEntry.list(try await redis.send("XRANGE", EventStream.key, "-", "+"))
            .compactMap(EventStream.event)
        #expect(try #require(stream.last).cursor.transaction > oldest)
        let counts = try await pool.query(
            "SELECT count(*), (SELECT sum(last_seq)::bigint FROM channels) FROM events"
        )[0]
        #expect(stream.count == Int(try counts.decode(0, as: Int64.self)))
        #expect(zip(stream, stream.dropFirst()).allSatisfy { $0.cursor < $1.cursor })
        let created = stream.filter { $0.type == .messageCreated }
        #expect(created.count == Int(try counts.decode(1, as: Int64.self)))
        #expect(stream.count { $0.type == .messageUpdated } >= 16 * (Self.messages / 3))
        for channel in channels {
            let seqs = created.filter { $0.channelID == channel.id }.compactMap(seq)
            #expect(seqs == Array(1...Int64(seqs.count)), "the stream is not in the order of \(channel.name)")
        }
        await node.stop()
        await redis.close()
        await pool.close()
        await fixture.stop()
        await servers.redis.stop()
        await servers.postgres.stop()
    }

    /// Between the change of a message and the event that tells of it there is a while, with the id taken already.
    private func makeEditsSlow(_ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            CREATE FUNCTION slow_edit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep(random() * 0.05); RETURN NULL; END $$
            """)
        try await pool.execute(
            "CREATE TRIGGER slow_edit AFTER UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION slow_edit()")
    }

    /// What the order of events rests on: a transaction that has its id before it has the channel's lock may come later
    /// in the channel and earlier in the log.
    @Test func `without the lock first, a channel and the log would disagree`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let hasNumber = Latch()
        let mayWrite = Latch()
        async let early: Void = fixture.store.pool.withTransaction { connection in
            _ = try await connection.query("SELECT pg_current_xact_id()")
            hasNumber.open()
            await mayWrite.wait()
            _ = try await fixture.store.append([message("early", in: channel, of: tenant)], on: connection)
        }
        await hasNumber.wait()
        // Follows the rule, and is written in between.
        _ = try await fixture.store.pool.withConnection {
            try await fixture.store.append([message("late", in: channel, of: tenant)], on: $0)
        }
        mayWrite.open()
        try await early
        try await fixture.settle()
        let events = try await fixture.store.settledEvents(after: .beginning, limit: 1000)
        #expect(events.filter { $0.type == .messageCreated }.compactMap(seq) == [2, 1])
        await fixture.stop()
    }
}

/// A relay that does not lead and publishes all the same, every fifth batch twice.
private struct Rogue {
    private let fixture: ChatFixture
    private let relay: EventRelay
    private let redis: RedisClient

    init(_ fixture: ChatFixture) {
        self.fixture = fixture
        redis = fixture.redisClient()
        relay = EventRelay(
            store: fixture.store, redis: redis, configuration: fixture.database, loop: fixture.group.next(),
            logger: .silent, metrics: Metrics())
    }

    /// - Returns: How many events Redis refused to take again.
    func run(until isDone: Latch) async throws -> Int {
        var refused = 0
        var published = 0
        var position = EventRelay.Position(cursor: .beginning, top: .beginning)
        while !isDone.isOpen {
            let events = try await fixture.store.settledEvents(after: position.cursor, limit: 20)
            guard let last = events.last else {
                await Task.yield()
                continue
            }
            if try await relay.publish(events, at: position) {
                if published.isMultiple(of: 5) {
                    #expect(try await relay.publish(events, at: position) == false)
                    refused += try await repeatEntries(events, after: position.cursor)
                }
                published += 1
            }
            // Goes on where it is, whoever has written the events.
            position = EventRelay.Position(cursor: last.cursor, top: last.cursor)
        }
        // By now everything is in the stream, whoever has written it.
        let first = try await fixture.store.settledEvents(after: .beginning, limit: 20)
        refused += try await repeatEntries(first, after: .beginning)
        await redis.close()
        return refused
    }

    /// Without the script's look at the end of the stream: the ids alone have to be enough.
    private func repeatEntries(_ events: [EventRecord], after cursor: Cursor) async throws -> Int {
        let commands = events.map { RedisCommand(["XADD", EventStream.key] + EventStream.entry($0, after: cursor)) }
        let answers = try await redis.pipeline(commands)
        #expect(answers.allSatisfy { if case .error = $0 { true } else { false } })
        return answers.count
    }
}

/// Programs that use the same cluster for other things, and leave their transactions open.
private struct Strangers {
    private let pool: PostgresPool
    private let elsewhere: PostgresPool
    private let open: PostgresConnection

    init(_ fixture: ChatFixture, _ servers: TestServers) async throws {
        var configuration = fixture.database
        configuration.applicationName = "stranger"
        configuration.poolSize = 8
        pool = PostgresPool(configuration, loops: fixture.group, logger: .silent)
        configuration.database = "martlet"
        elsewhere = PostgresPool(configuration, loops: fixture.group, logger: .silent)
        for pool in [pool, elsewhere] { try await pool.execute("CREATE TABLE strange (i bigint)") }
        open = try await PostgresConnection.connect(configuration, loop: fixture.group.next(), logger: .silent)
        // The session must outlast what idle sessions are ended after.
        try await open.script("SET idle_in_transaction_session_timeout = 0; BEGIN; INSERT INTO strange VALUES (0)")
    }

    /// The transaction that is open from the beginning to the end.
    func oldest() async throws -> UInt64 {
        UInt64(bitPattern: try await open.query("SELECT pg_current_xact_id()::text::bigint")[0].decode(0))
    }

    func run(until isDone: Latch) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    var round = 0
                    while !isDone.isOpen {
                        round += 1
                        try await disturb(number % 2 == 0 ? pool : elsewhere, number, round)
                    }
                }
            }
            try await group.waitForAll()
        }
        try await open.script("COMMIT")
        await open.close()
        await pool.close()
        await elsewhere.close()
    }

    private func disturb(_ pool: PostgresPool, _ number: Int, _ round: Int) async throws {
        let end = round.isMultiple(of: 3) ? "ROLLBACK" : "COMMIT"
        let pause = "SELECT pg_sleep(\(Double.random(in: 0...0.08)))"
        let name = "strange_\(number)_\(round)"
        let prepared = "PREPARE TRANSACTION '\(name)'"
        let scripts =
            switch round % 4 {
            case 0: ["BEGIN; INSERT INTO strange VALUES (1); \(pause); \(end)"]
            case 1:
                // An undone part has an id of its own, and gives its locks back.
                [
                    "BEGIN; SAVEPOINT a; INSERT INTO strange VALUES (2); ROLLBACK TO a; SAVEPOINT b;"
                        + " INSERT INTO strange VALUES (3); RELEASE b; \(pause); \(end)"
                ]
            case 2: ["BEGIN; INSERT INTO strange VALUES (4); \(prepared)", pause, "\(end) PREPARED '\(name)'"]
            default:
                // Reads what chat writes, as statistics do, and has an id; in the other database there is nothing to read.
                [
                    "BEGIN; SELECT pg_current_xact_id(); "
                        + (number % 2 == 0 ? "INSERT INTO strange SELECT count(*) FROM events, messages; " : "")
                        + "\(pause); \(end)"
                ]
            }
        for script in scripts { try await pool.withConnection { try await $0.script(script) } }
    }
}
