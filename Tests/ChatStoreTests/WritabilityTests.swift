import ChatModel
import ChatService
import ChatTestSupport
import Postgres
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import ChatStore

/// A database that cannot write says so once, and goes on by itself.
@Suite(.timeLimit(.minutes(1)))
struct WritabilityTests {
    /// Lets each write of an event end as PostgreSQL ends one.
    private func fail(_ pool: PostgresPool, state: String, text: String) async throws {
        try await pool.execute(
            """
            CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '\(text)' USING ERRCODE = '\(state)'; END $$
            """)
        try await pool.execute(
            "CREATE TRIGGER no_room BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION no_room()")
    }

    @Test(arguments: [
        ("53100", "could not extend file \"base/1/2\": No space left on device", Writability.Trouble.diskFull),
        ("58030", "could not write to file \"pg_wal/xlogtemp\": No space left on device", .diskFull),
        ("25006", "cannot execute INSERT in a read-only transaction", .readOnly),
    ])
    func `trouble is told once with what to do, and so is its end`(
        state: String, text: String, trouble: Writability.Trouble
    ) async throws {
        let log = CollectingLog()
        let fixture = try await ChatFixture(logger: Logger(service: "test", sink: log))
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        try await fail(fixture.store.pool, state: state, text: text)
        for number in 0..<4 {
            let error = await #expect(throws: PostgresError.self) {
                try await fixture.service.send(
                    MessageDraft(channelID: channel.id, text: "\(number)"), as: tenant.admin)
            }
            #expect(error?.sqlState == state)
        }
        #expect(fixture.store.writability.trouble == trouble)
        let told = log.records.filter { $0.event == "database.cannot_write" }
        #expect(told.count == 1 && told[0].level == .error && told[0].values["remedy"] != nil)
        // To drop the trigger would take a lock that the relay is in the way of.
        try await fixture.store.pool.execute(
            "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "after"), as: tenant.admin)
        #expect(fixture.store.writability.trouble == nil)
        #expect(log.records.count { $0.event == "database.writes_again" } == 1)
        #expect(try await tenant.messages(in: channel).map(\.text) == ["after"])
        await fixture.stop()
    }

    @Test func `room that comes and goes is told of once a minute`() {
        let log = CollectingLog()
        let clock = Mutex(ContinuousClock.now)
        let writability = Writability(logger: Logger(service: "test", sink: log), now: { clock.withLock { $0 } })
        for _ in 0..<130 {
            writability.failed(PostgresError(.server, "No space left on device", sqlState: "53100"))
            #expect(writability.trouble == .diskFull)
            writability.worked()
            #expect(writability.trouble == nil)
            clock.withLock { $0 += .seconds(1) }
        }
        #expect(log.records.map(\.level) == [.error, .info, .error, .info, .error, .info])
    }

    @Test(arguments: ["23505", "40001", "57014", "22021", "42P01"])
    func `an error of one statement says nothing of others`(state: String) {
        #expect(PostgresError(.server, "whatever", sqlState: state).trouble == nil)
    }

    @Test func `where nobody sends, a proof shows that the database writes again`() async throws {
        let database = try await EmptyDatabase()
        let store = ChatStore(pool: database.pool, logger: .silent)
        try await store.migrate()
        store.writability.failed(PostgresError(.server, "No space left on device", sqlState: "53100"))
        #expect(store.writability.needsProof)
        try await store.proveWrites()
        #expect(!store.writability.needsProof && store.writability.trouble == nil)
        // Nothing of it stays, and it can be done again at once.
        try await store.proveWrites()
        #expect(try await database.value("SELECT to_regclass('martlet_proof') IS NULL"))
        await database.pool.close()
    }

    @Test func `with the last room nothing is tried, and what is read is answered`() async throws {
        let log = CollectingLog()
        let database = try await EmptyDatabase()
        let store = ChatStore(pool: database.pool, logger: Logger(service: "test", sink: log))
        try await store.migrate()
        for _ in 0..<3 { store.writability.reserve(true, reason: "No space left on device: /data") }
        let error = await #expect(throws: PostgresError.self) {
            try await store.write("INSERT INTO events (app_id, type, data) VALUES (1, 'x', '{}')")
        }
        #expect(error?.sqlState == "53100")
        #expect(!store.writability.needsProof)
        #expect(try await database.value("SELECT count(*) FROM events", as: Int64.self) == 0)
        store.writability.reserve(false, reason: "")
        try await store.write("INSERT INTO events (app_id, type, data) VALUES (1, 'x', '{}')")
        #expect(log.records.filter { $0.level == .error }.count == 1)
        #expect(log.records.last?.event == "database.writes_again")
        await database.pool.close()
    }
}
