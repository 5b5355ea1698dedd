import ChatModel
import EmbeddedServers
import EventLoop
import Foundation
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import ChatStore

/// What happens to cursors when the database is started, copied and put back.
@Suite(.timeLimit(.minutes(2)))
struct LogNameTests {
    private let group = EventLoopGroup(count: 1, name: "names")

    /// A database of its own with a store, until it is stopped.
    private struct Running {
        let postgres: EmbeddedPostgres
        let store: ChatStore

        func stop() async {
            await store.pool.close()
            await postgres.stop()
        }

        /// Writes an event, which has a transaction of its own.
        func write() async throws -> Cursor {
            _ = try await store.ensureApp(named: "app")
            try await store.pool.execute("INSERT INTO events (app_id, type, data) VALUES (1, 'x', '{}')")
            return try await store.head()
        }

        func fault(_ cursor: Cursor, _ epoch: String?) async throws -> CursorFault? {
            try await store.fault(of: cursor, epoch: epoch, knownEnd: .beginning)
        }
    }

    private func start(_ folder: DirectoryLock) async throws -> Running {
        let postgres = EmbeddedPostgres(
            EmbeddedServersConfiguration(folder: folder, isDurable: true), loop: group.loops[0], logger: .silent)
        try await postgres.start()
        let configuration = PostgresConfiguration(
            host: postgres.socketDirectory, user: EmbeddedPostgres.user, database: EmbeddedPostgres.database,
            poolSize: 2)
        let store = ChatStore(pool: PostgresPool(configuration, loops: group, logger: .silent), logger: .silent)
        try await store.migrate()
        return Running(postgres: postgres, store: store)
    }

    @Test func `a cold copy that is put back knows the cursors from before it and none from after it`() async throws {
        let folder = try temporaryDirectory()
        let lock = try DirectoryLock(folder)
        var running = try await start(lock)
        let epoch = running.store.epoch
        let early = try await running.write()
        await running.stop()
        try copyFolder(folder + "/postgres", to: folder + "/copy")

        running = try await start(lock)
        let later = running.store.epoch
        #expect(later != epoch)
        #expect(try await running.fault(early, epoch) == nil)
        let late = try await running.write()
        for cursor in [early, late] { #expect(try await running.fault(cursor, later) == nil) }
        // What was given under a later name is no cursor of an earlier one.
        #expect(try await running.fault(late, epoch) == .otherLog)
        // A client of an older version shows no name.
        for cursor in [early, late] { #expect(try await running.fault(cursor, nil) == nil) }
        await running.stop()

        running = try await start(lock)
        #expect(try await running.fault(late, later) == nil)
        await running.stop()

        try FileManager.default.removeItem(atPath: folder + "/postgres")
        try FileManager.default.moveItem(atPath: folder + "/copy", toPath: folder + "/postgres")
        running = try await start(lock)
        #expect(![epoch, later].contains(running.store.epoch))
        #expect(try await running.fault(early, epoch) == nil)
        #expect(try await running.fault(late, later) == .otherLog)
        #expect(try await running.fault(late, nil) == .ahead)
        // Also when the transactions have caught up, and the very same cursor is given again.
        while try await running.write() <= late {}
        #expect(try await running.fault(late, later) == .otherLog)
        #expect(try await running.fault(late, epoch) == .otherLog)
        #expect(try await running.fault(late, running.store.epoch) == nil)
        #expect(try await running.store.holds(running.store.head(), readUnder: epoch))
        #expect(try await !running.store.holds(late, readUnder: later))
        await running.stop()
    }

    @Test func `a start under a running server is noticed, and nothing is written before it has its name`() async throws
    {
        let lock = try DirectoryLock(try temporaryDirectory())
        let running = try await start(lock)
        let epoch = running.store.epoch
        let cursor = try await running.write()
        await running.postgres.stop()
        let again = EmbeddedPostgres(
            EmbeddedServersConfiguration(folder: lock, isDurable: true), loop: group.loops[0], logger: .silent)
        try await again.start()
        // The first that comes is an ordinary statement, on a connection that has broken or on a new one.
        var next: Cursor?
        try await eventually("the pool has connected again") {
            next = try? await running.write()
            return next != nil
        }
        let later = running.store.epoch
        #expect(later != epoch)
        #expect(try await running.fault(cursor, epoch) == nil)
        #expect(try await running.fault(try #require(next), epoch) == .otherLog)
        #expect(try await running.fault(try #require(next), later) == nil)
        #expect(try await running.store.holds(try #require(next), readUnder: epoch))
        await running.store.pool.close()
        await again.stop()
    }

    @Test func `many who find a new start at once give it one name`() async throws {
        let lock = try DirectoryLock(try temporaryDirectory())
        let running = try await start(lock)
        try await running.store.pool.execute("DELETE FROM log_names")
        let configuration = running.store.pool.configuration
        let names = try await withThrowingTaskGroup(of: String.self) { tasks in
            for _ in 0..<20 {
                tasks.addTask { [group] in
                    let connection = try await PostgresConnection.connect(
                        configuration, loop: group.next(), logger: .silent)
                    let name = try await connection.query("SELECT name_log()").only().decode(0, as: String.self)
                    await connection.close()
                    return name
                }
            }
            return try await tasks.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names.count == 1)
        await running.stop()
    }

    @Test func `names whose events are not kept any more go, and the present one stays`() async throws {
        let lock = try DirectoryLock(try temporaryDirectory())
        let running = try await start(lock)
        let pool = running.store.pool
        try await pool.execute("DELETE FROM log_names WHERE start = 'before names'")
        for (name, days) in [("c", 3), ("b", 20), ("a", 90)] {
            try await pool.execute(
                """
                INSERT INTO log_names (number, name, first_xid, start, started_at) OVERRIDING SYSTEM VALUE
                VALUES (-$2::int, $1, '1'::xid8, $1, now() - $2::int * interval '1 day')
                """, name, days)
        }
        try await running.store.dropLogNames(olderThanDays: 30)
        let names = {
            try await pool.query("SELECT name FROM log_names ORDER BY number").map { try $0.decode(0, as: String.self) }
        }
        // Cursors of `a` are older than twenty days, and those are kept.
        #expect(try await names() == ["a", "b", "c", running.store.epoch])
        try await running.store.dropLogNames(olderThanDays: 7)
        #expect(try await names() == ["b", "c", running.store.epoch])
        try await running.store.dropLogNames(olderThanDays: 1)
        #expect(try await names() == ["c", running.store.epoch])
        await running.stop()
    }
}
