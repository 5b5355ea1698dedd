import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import Postgres
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StoreEventTests {
    @Test func `migrating twice, and from several nodes at once, changes nothing`() async throws {
        let fixture = try await ChatFixture.shared()
        let epoch = fixture.store.epoch
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await fixture.store.migrate() } }
            try await group.waitForAll()
        }
        #expect(fixture.store.epoch == epoch)
        #expect(!epoch.isEmpty)
    }

    @Test(arguments: ["0-18446744073709551615", "18446744073709551615-18446744073709551615", "1-9223372036854775808"])
    func `a cursor at the edge of its numbers is only a cursor`(text: String) async throws {
        let fixture = try await ChatFixture.shared()
        let tenant = try await fixture.tenant()
        let cursor = try #require(Cursor(text))
        _ = try await fixture.store.events(
            after: cursor, for: tenant.admin.userID, channels: [], app: tenant.app.id, types: nil, limit: 1)
        _ = try await fixture.store.settledEvents(after: cursor, limit: 1)
        _ = try await fixture.store.eventCount(after: cursor, limit: 1)
        #expect(try await fixture.store.event(at: cursor) == nil)
    }

    @Test(arguments: [
        "", "-", "1", "1-", "-1", "+1-1", "1-+1", "1-2-3", "a-b", "1-18446744073709551616", " 1-1", "1-1 ",
    ])
    func `what is no cursor is refused`(text: String) { #expect(Cursor(text) == nil) }

    /// A database of its own: the test writes events of other days.
    @Test func `dropped days are remembered, and readers from before are told`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        _ = try await tenant.channel()
        let store = fixture.store
        let old = Timestamp.nowMilliseconds() / 86_400_000 * 86_400_000 - 40 * 86_400_000
        let day = Timestamp.format(milliseconds: old)
        let next = Timestamp.format(milliseconds: old + 86_400_000)
        let name = "events_" + day.prefix(10).replacing("-", with: "")
        try await store.pool.execute(
            "CREATE TABLE \(name) PARTITION OF events FOR VALUES FROM ('\(day)') TO ('\(next)')")
        let row = try await store.pool.query(
            """
            INSERT INTO events (app_id, type, at, data) VALUES ($1, 'x', '\(day)', '{}')
            RETURNING xid::text || '-' || id
            """, tenant.app.id.rawValue)
        let cursor = try #require(Cursor(try row[0].decode(0, as: String.self)))
        let before = Cursor(transaction: cursor.transaction - 1, row: cursor.row)
        #expect(try await !store.isTrimmed(before))
        try await store.dropEvents(olderThanDays: 7)
        #expect(try await store.isTrimmed(before))
        #expect(try await !store.isTrimmed(cursor))
        #expect(
            try await store.pool.query("SELECT to_regclass('\(name)')::text").first?.decode(0, as: String?.self) == nil)
        // Who comes now begins behind what was dropped.
        #expect(try await store.head() >= cursor)
        // Today's are still there, and a second run finds nothing.
        try await store.dropEvents(olderThanDays: 7)
        #expect(try await store.eventCount(after: .beginning, limit: 10) > 0)
        await fixture.stop()
    }

    @Test func `a log that was loaded from a dump begins anew under another epoch`() async throws {
        let fixture = try await ChatFixture()
        let store = fixture.store
        let epoch = store.epoch
        try await store.setBridgeCursor(Cursor(transaction: 9_000_000_000, row: 5), of: "mail")
        try await store.pool.execute(
            "INSERT INTO events (xid, app_id, type, data) VALUES ('9000000000'::xid8, 1, 'x', '{}')")
        try await store.migrate()
        #expect(store.epoch != epoch)
        #expect(try await store.eventCount(after: Cursor(transaction: 8_000_000_000, row: 0), limit: 10) == 0)
        #expect(try await store.bridgeCursors().isEmpty)
        let tenant = try await fixture.tenant()
        let reader = try await fixture.log.reader(
            user: tenant.admin.userID, app: tenant.app.id, after: .beginning, types: nil)
        #expect(try await reader.next(limit: 10).first?.type == .userCreated)
        await fixture.stop()
    }
}
