import ChatModel
import Crypto
import Lifecycle
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import ChatStore

@Suite(.timeLimit(.minutes(1)))
struct MigrationTests {
    private func migrator(
        _ database: EmptyDatabase, _ migrations: [Migration], logger: Logger = .silent
    ) -> Migrator {
        var migrator = Migrator(pool: database.pool, logger: logger, migrations: migrations)
        migrator.lockTimeout = .milliseconds(20)
        return migrator
    }

    private static let six = Migration.all.filter { $0.number <= SchemaSix.number }

    @Test func `numbers rise, and no name is empty`() {
        let numbers = Migration.all.map(\.number)
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
        #expect(Migration.all.allSatisfy { !$0.name.isEmpty && !$0.steps.isEmpty })
    }

    /// A database that has a migration never gets it again: whoever edits one makes two kinds of databases.
    @Test(arguments: [
        (1, "74ac0022ec2f00b7"), (2, "7084db67f531d58e"), (4, "4687ebdba32edeea"), (5, "b30880c3e8652c02"),
        (6, "dd97337c47cfce92"),
    ])
    func `what was published stays as it is`(number: Int, digest: String) throws {
        let migration = try #require(Migration.all.first { $0.number == number })
        guard case .transaction(let sql)? = migration.steps.first, migration.steps.count == 1 else {
            Issue.record("schema \(number) was one transaction")
            return
        }
        #expect(Hex.encode(Array(Digest.sha256(Array(sql.utf8)).prefix(8))) == digest)
    }

    /// From the first published schema, with rows in each table, to each later one, and on from there to the newest.
    @Test(arguments: Migration.all.map(\.number).filter { $0 >= SchemaSix.number })
    func `a database of schema 6 with data is taken on, with a stop at each later one`(stop: Int) async throws {
        let database = try await EmptyDatabase()
        try await migrator(database, Self.six).run()
        let writing = try await database.connection()
        try await writing.script(SchemaSix.data)
        await writing.close()
        let before = try await counts(database)
        #expect(before.values.allSatisfy { $0 > 0 }, "a table of the fixture is empty")

        try await migrator(database, Migration.all.filter { $0.number <= stop }).run()
        let store = ChatStore(pool: database.pool, logger: .silent)
        let epoch: String = try await database.value("SELECT value FROM settings WHERE name = 'epoch'")
        try await store.migrate()
        let after = try await counts(database)
        for (table, count) in before where table != "settings" { #expect(after[table] == count, "rows of \(table)") }

        // What was written before is read by the program of now.
        let app = try await store.ensureApp(named: "main").app.id
        let page = try await store.messages(in: ChannelID(1), app: app, before: nil, after: nil, limit: 100)
        #expect(page.count == 100 && page.last?.seq == 300)
        #expect(try await store.message(MessageID(1), in: app)?.reactions.map(\.count) == [2])
        #expect(
            try await store.search("number", channels: [ChannelID(2)], app: app, before: nil, limit: 5).count == 5)
        try await eventually("no transaction of before is open") {
            try await !store.settledEvents(after: .beginning, limit: 1).isEmpty
        }
        let first = try #require(try await store.settledEvents(after: .beginning, limit: 1).first)
        let rest = try await store.events(
            after: first.cursor, for: UserID(1), channels: [ChannelID(1), ChannelID(2)], isAdministrator: true,
            app: app, types: nil, limit: 1000)
        #expect(rest.count == 600)
        // A reader goes on with the cursor and the name that it has.
        let last = try #require(rest.last)
        #expect(try await store.fault(of: last.cursor, epoch: epoch, knownEnd: .beginning) == nil)
        #expect(try await store.fault(of: last.cursor, epoch: nil, knownEnd: .beginning) == nil)
        #expect(try await store.isTrimmed(Cursor(transaction: 2, row: 1)))
        #expect(try await store.bridgeCursors()["mail"] == Cursor("690-3"))
        await database.pool.close()
    }

    private func counts(_ database: EmptyDatabase) async throws -> [String: Int64] {
        let tables = try await database.pool.query(
            """
            SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                AND NOT relispartition AND relname NOT LIKE 'schema\\_%'
            """)
        var counts: [String: Int64] = [:]
        for row in tables {
            let table = try row.decode(0, as: String.self)
            counts[table] = try await database.value("SELECT count(*) FROM \(table)")
        }
        return counts
    }

    @Test func `an older program refuses a newer schema, and says what to do`() async throws {
        let database = try await EmptyDatabase()
        try await migrator(database, Migration.all).run()
        let newer = try #require(Migration.all.last?.number) + 1
        try await database.pool.execute("INSERT INTO schema_migrations VALUES (\(newer), 'of tomorrow')")
        let error = await #expect(throws: SchemaError.self) { try await migrator(database, Migration.all).run() }
        #expect(error?.code == .newer)
        #expect(error?.description.contains("schema \(newer)") == true)
        #expect(error?.description.contains("start the newer program") == true)
        await database.pool.close()
    }

    @Test func `a step that fails takes nothing of its own along, and the next start goes on with it`() async throws {
        let database = try await EmptyDatabase()
        let broken = Migration(
            number: 1, name: "it's broken",
            steps: [.transaction("CREATE TABLE one (i int);"), .transaction("CREATE TABLE two (i int); SELECT 1/0;")])
        await #expect(throws: PostgresError.self) { try await migrator(database, [broken]).run() }
        #expect(try await database.value("SELECT to_regclass('two') IS NULL AND to_regclass('one') IS NOT NULL"))
        #expect(try await database.value("SELECT count(*) FROM schema_migrations", as: Int64.self) == 0)
        // The first step would fail if it came again.
        let mended = Migration(
            number: 1, name: "it's mended", steps: [broken.steps[0], .transaction("CREATE TABLE two (i int);")])
        try await migrator(database, [mended]).run()
        #expect(try await database.value("SELECT name FROM schema_migrations") == "it's mended")
        #expect(try await database.value("SELECT count(*) FROM schema_steps", as: Int64.self) == 0)
        await database.pool.close()
    }

    @Test func `batches go on until nothing is left`() async throws {
        let database = try await EmptyDatabase()
        let first = Migration(
            number: 1, name: "table",
            sql: "CREATE TABLE t (i int, done boolean); INSERT INTO t SELECT n FROM generate_series(1, 25) n;")
        let second = Migration(
            number: 2, name: "fill",
            steps: [
                .batches(
                    """
                    UPDATE t SET done = true WHERE i IN (SELECT i FROM t WHERE done IS NULL ORDER BY i LIMIT 10)
                    """)
            ])
        try await migrator(database, [first, second]).run()
        #expect(try await database.value("SELECT count(*) FROM t WHERE done", as: Int64.self) == 25)
        // Three transactions have changed rows.
        #expect(try await database.value("SELECT count(DISTINCT xmin::text) FROM t", as: Int64.self) == 3)
        await database.pool.close()
    }

    @Test(arguments: ["t", "events"], [false, true])
    func `an index is made by itself for a table and each partition, a broken one anew`(
        table: String, isBroken: Bool
    ) async throws {
        let database = try await EmptyDatabase()
        let tables = Migration(
            number: 1, name: "tables",
            sql: """
                CREATE TABLE t (i int);
                CREATE TABLE events (i int) PARTITION BY RANGE (i);
                CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
                CREATE TABLE "events 2" PARTITION OF events FOR VALUES FROM (10) TO (20);
                INSERT INTO t SELECT n % 20 FROM generate_series(1, 100) n;
                INSERT INTO events SELECT * FROM t;
                """)
        try await migrator(database, [tables]).run()
        if isBroken {
            // What a process that ended in between leaves behind.
            let part = table == "t" ? "t" : "events_1"
            let name = table == "t" ? "by_i" : "events_1_by_i"
            try await database.pool.execute("CREATE INDEX \(name) ON \(part) (i)")
            try await database.pool.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\(name)'::regclass")
        }
        let index = Migration(
            number: 2, name: "index",
            steps: [.index(MigrationIndex(name: "by_i", table: table, definition: "(i) WHERE i > 3"))])
        try await migrator(database, [tables, index]).run()
        #expect(try await database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_i'::regclass"))
        let indexes: Int64 = try await database.value(
            "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid::regclass::text ~ '^(t$|.?events)'")
        #expect(indexes == (table == "t" ? 1 : 3))
        await database.pool.close()
    }

    @Test func `a table that somebody holds is asked for again and again, and nobody queues behind`() async throws {
        let database = try await EmptyDatabase()
        let table = Migration(number: 1, name: "table", sql: "CREATE TABLE t (i int);")
        try await migrator(database, [table]).run()
        let reader = try await database.connection()
        try await reader.script("BEGIN; SELECT * FROM t")
        let log = CollectingLog()
        async let migrated: Void = migrator(
            database,
            [table, Migration(number: 2, name: "column", sql: "ALTER TABLE t ADD COLUMN j int;")],
            logger: Logger(service: "test", sink: log)
        ).run()
        try await eventually("the migration has found the table locked") {
            log.records.contains { $0.event == "migration.locked" }
        }
        // It has given up its place in the queue, and will again: another one gets in.
        try await database.pool.execute("INSERT INTO t VALUES (1)")
        try await reader.script("COMMIT")
        try await migrated
        #expect(try await database.value("SELECT count(j) FROM t", as: Int64.self) == 0)
        await reader.close()
        await database.pool.close()
    }

    /// A node that waited for its turn inside a statement would hold a snapshot, and the two would wait for each other.
    @Test func `nodes that wait for their turn do not hold up an index`() async throws {
        let database = try await EmptyDatabase()
        let table = Migration(number: 1, name: "table", sql: "CREATE TABLE t (i int);")
        try await migrator(database, [table]).run()
        let index = Migration(
            number: 2, name: "index", steps: [.index(MigrationIndex(name: "by_i", table: "t", definition: "(i)"))])
        // The index waits for this one, so that the others come to wait for their turn.
        let old = try await database.connection()
        try await old.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        let log = CollectingLog()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    try await migrator(database, [table, index], logger: Logger(service: "test", sink: log)).run()
                }
            }
            try await eventually("two nodes wait") {
                log.records.count { $0.event == "migration.waiting" } == 2
            }
            try await old.script("COMMIT")
            try await group.waitForAll()
        }
        #expect(log.records.count { $0.event == "migration.applied" } == 1)
        await old.close()
        await database.pool.close()
    }
}
