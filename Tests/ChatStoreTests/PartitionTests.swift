import ChatModel
import ChatService
import ChatTestSupport
import EventLog
import EventLoop
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import ChatStore

/// The days of the log, and a database whose clock is not where it was.
///
/// What a clock that was set does is made here by moving the days: their partitions are taken away, so that the present one
/// has none.
@Suite(.timeLimit(.minutes(1)))
struct PartitionTests {
    /// Leaves the log as it is for a database whose clock jumped five days ahead.
    private func losePartitions(_ fixture: ChatFixture) async throws {
        let names = try await fixture.store.pool.query(
            """
            SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'events'::regclass
            """)
        for name in names {
            let name = try name.decode(0, as: String.self)
            let lost = fixture.servers.uniqueName("lost")
            var isDone = false
            while !isDone {
                do {
                    try await fixture.store.pool.withTransaction { connection in
                        try await connection.execute("LOCK TABLE events")
                        try await connection.execute("ALTER TABLE events DETACH PARTITION \(name)")
                        try await connection.execute("ALTER TABLE \(name) RENAME TO \(lost)")
                    }
                    isDone = true
                } catch let error as PostgresError where error.isSerializationFailure {
                    // The relay was reading.
                }
            }
        }
    }

    @Test func `a clock that jumps ahead refuses no send, edit, reaction, join or account`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let first = try await fixture.service.send(
            MessageDraft(channelID: channel.id, text: "first"), as: tenant.admin)
        try await fixture.settle()
        let service = fixture.service
        let admin = tenant.admin
        let acts: [() async throws -> Void] = [
            { _ = try await service.send(MessageDraft(channelID: channel.id, text: "sent"), as: admin) },
            {
                _ = try await fixture.store.updateMessage(
                    first.message.id, in: channel.id, app: tenant.app.id, by: admin.auditActor, text: "edited",
                    flags: [])
            },
            { _ = try await tenant.person("newcomer") },
            { _ = try await tenant.channel("another") },
            { try await fixture.store.insertBridgeEvent(.bridgeStarted, data: "{}", hops: 0, in: tenant.app.id) },
        ]
        for act in acts {
            try await losePartitions(fixture)
            try await act()
        }
        // All at once: each needs what one of them makes.
        try await losePartitions(fixture)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    _ = try await service.send(
                        MessageDraft(channelID: channel.id, text: "at once \(number)"), as: admin)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await tenant.messages(in: channel).map(\.seq) == Array(1...22))
        try await fixture.settle()
        await fixture.stop()
    }

    @Test func `a batch in which one message is refused is still told apart from a day without a place`() async throws {
        let database = try await EmptyDatabase()
        let store = ChatStore(pool: database.pool, logger: .silent)
        try await store.migrate()
        let error = await #expect(throws: PostgresError.self) {
            try await store.write("INSERT INTO users (app_id, kind, handle, name, role) VALUES (1, 'x', 'a', 'a', 'y')")
        }
        #expect(error?.isMissingPartition == false)
        let missing = await #expect(throws: PostgresError.self) {
            try await store.pool.execute(
                "INSERT INTO events (app_id, type, at, data) VALUES (1, 'x', now() - interval '900 days', '{}')")
        }
        #expect(missing?.isMissingPartition == true)
        await database.pool.close()
    }

    @Test func `partitions are made beside writers and readers that stay`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let reader = try await PostgresConnection.connect(
            fixture.database, loop: fixture.group.next(), logger: .silent)
        let last: Int64 = try await fixture.store.pool.query(
            "SELECT floor(extract(epoch FROM now()) / 86400)::bigint + 3"
        )[0].decode(0)
        let name = ChatStore.partition(last)
        try await reader.script("LOCK TABLE events; ALTER TABLE events DETACH PARTITION \(name); DROP TABLE \(name)")
        try await reader.script(
            "BEGIN; SELECT count(*) FROM events; INSERT INTO events (app_id, type, data) VALUES (1, 'x', '{}')")
        try await fixture.store.prepareEventPartitions()
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "beside"), as: tenant.admin)
        let isThere = try await fixture.store.pool.query(
            "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1))", name)
        #expect(try isThere[0].decode(0, as: Bool.self))
        try await reader.script("COMMIT")
        await reader.close()
        await fixture.stop()
    }

    /// `DROP TABLE` would wait for the reader, and each send behind it.
    @Test func `an old day is dropped without holding up sends behind a long reader`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let store = fixture.store
        let day: Int64 = try await store.pool.query(
            "SELECT floor(extract(epoch FROM now()) / 86400)::bigint - 40"
        )[0].decode(0)
        let name = ChatStore.partition(day)
        let from = Timestamp.format(milliseconds: day * 86_400_000)
        let to = Timestamp.format(milliseconds: (day + 1) * 86_400_000)
        try await store.pool.execute(
            "CREATE TABLE \(name) PARTITION OF events FOR VALUES FROM ('\(from)') TO ('\(to)')")
        try await store.pool.execute(
            "INSERT INTO events (app_id, type, at, data) VALUES ($1, 'x', '\(from)', '{}')", tenant.app.id.rawValue)
        let reader = try await PostgresConnection.connect(
            fixture.database, loop: fixture.group.next(), logger: .silent)
        try await reader.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM events")
        async let isDropped = store.dropEvents(olderThanDays: 7)
        try await eventually("the day is being taken away") {
            try await store.pool.query(
                "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhdetachpending AND inhrelid = to_regclass($1))", name
            )[0].decode(0, as: Bool.self)
        }
        // Meanwhile everybody goes on.
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "beside"), as: tenant.admin)
        #expect(try await store.eventCount(after: .beginning, limit: 10) > 0)
        #expect(try await isDropped == false)
        // Nothing before it is promised any more.
        #expect(try await store.isTrimmed(Cursor(transaction: 1, row: 0)))
        try await reader.script("COMMIT")
        #expect(try await store.dropEvents(olderThanDays: 7))
        #expect(try await store.pool.query("SELECT to_regclass($1) IS NULL", name)[0].decode(0, as: Bool.self))
        #expect(try await store.dropEvents(olderThanDays: 7))
        await reader.close()
        await fixture.stop()
    }

    @Test func `the mark of what was dropped never goes back`() async throws {
        let database = try await EmptyDatabase()
        let store = ChatStore(pool: database.pool, logger: .silent)
        try await store.migrate()
        let high = Cursor(transaction: UInt64(Int64.max), row: 1)
        try await store.pool.execute("INSERT INTO settings VALUES ('trimmed_up_to', $1)", high.description)
        try await store.pool.execute(
            "CREATE TABLE events_20200101 PARTITION OF events FOR VALUES FROM ('2020-01-01Z') TO ('2020-01-02Z')")
        try await store.pool.execute(
            "INSERT INTO events (app_id, type, at, data) VALUES (1, 'x', '2020-01-01T12:00:00Z', '{}')")
        #expect(try await store.dropEvents(olderThanDays: 1))
        #expect(try await store.trimmedUpTo() == high)
        await database.pool.close()
    }

    @Test func `a day that was detached and not dropped is taken in again when its time comes`() async throws {
        let database = try await EmptyDatabase()
        let store = ChatStore(pool: database.pool, logger: .silent)
        try await store.migrate()
        let today: Int64 = try await database.value("SELECT floor(extract(epoch FROM now()) / 86400)::bigint")
        try await store.write("INSERT INTO events (app_id, type, data) VALUES (1, 'x', '{}')")
        try await store.pool.execute("ALTER TABLE events DETACH PARTITION \(ChatStore.partition(today))")
        try await store.prepareEventPartitions()
        #expect(try await database.value("SELECT count(*) FROM events", as: Int64.self) == 1)
        await database.pool.close()
    }
}
