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

    private func message(_ text: String, in channel: Channel, of town: ChatTown) -> NewMessage {
        NewMessage(
            appID: town.app.id, channelID: channel.id, author: town.admin.author, kind: .text, text: text, nonce: text,
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
        let town = try await fixture.town()
        var channels: [Channel] = []
        for number in 0..<8 { channels.append(try await town.channel("c\(number)")) }
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
                            message("\(writer)/\(number)/a", in: all[(writer + number) % 8], of: town),
                            message("\(writer)/\(number)/b", in: all[(writer * 3 + number * 5 + 1) % 8], of: town),
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

    /// What the order of events rests on: a transaction that has its id before it has the channel's lock may come later
    /// in the channel and earlier in the log.
    @Test func `without the lock first, a channel and the log would disagree`() async throws {
        let fixture = try await ChatFixture()
        let town = try await fixture.town()
        let channel = try await town.channel()
        let hasNumber = Latch()
        let mayWrite = Latch()
        async let early: Void = fixture.store.pool.withTransaction { connection in
            _ = try await connection.query("SELECT pg_current_xact_id()")
            hasNumber.open()
            await mayWrite.wait()
            _ = try await fixture.store.append([message("early", in: channel, of: town)], on: connection)
        }
        await hasNumber.wait()
        // Follows the rule, and is written in between.
        _ = try await fixture.store.pool.withConnection {
            try await fixture.store.append([message("late", in: channel, of: town)], on: $0)
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
