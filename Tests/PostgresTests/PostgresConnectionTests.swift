import EventLoop
import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PostgresConnectionTests {
    private func error(of body: () async throws -> Void) async -> PostgresError? {
        do {
            try await body()
            Issue.record("nothing was thrown")
        } catch let error as PostgresError {
            return error
        } catch {
            Issue.record(error)
        }
        return nil
    }

    @Test func `an error tells SQLSTATE, constraint and table, and the connection goes on`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let table = database.name("users")
        try await connection.script(
            """
            CREATE TABLE \(table) (id int8 PRIMARY KEY, name text NOT NULL, age int8 CHECK (age > 0),
                boss int8 REFERENCES \(table) (id), CONSTRAINT \(table)_unique UNIQUE (name))
            """)
        #expect(try await connection.execute("INSERT INTO \(table) VALUES ($1, $2)", 1, "a") == 1)
        let unique = await error { try await connection.execute("INSERT INTO \(table) VALUES ($1, $2)", 2, "a") }
        #expect(unique?.isUniqueViolation == true)
        #expect(unique?.code == .server)
        #expect(unique?.constraint == "\(table)_unique")
        #expect(unique?.table == table)
        #expect(unique.map { "\($0)".contains("Key") } == false)
        let null = await error { try await connection.execute("INSERT INTO \(table) VALUES (3)") }
        #expect(null?.isNotNullViolation == true && null?.column == "name")
        let check = await error { try await connection.execute("INSERT INTO \(table) VALUES (4, 'd', -1)") }
        #expect(check?.isCheckViolation == true)
        let foreign = await error { try await connection.execute("INSERT INTO \(table) VALUES (5, 'e', 1, 99)") }
        #expect(foreign?.isForeignKeyViolation == true)
        let syntax = await error { try await connection.execute("SELEC") }
        #expect(syntax?.sqlState == "42601")
        let nul = await error { _ = try await connection.query("SELECT $1", "a\0b") }
        #expect(nul?.sqlState == "22021")
        #expect(try await connection.query("SELECT count(*) FROM \(table)")[0](0) == 1)
        #expect(try await connection.execute("UPDATE \(table) SET age = 5") == 1)
        await connection.close()
    }

    @Test func `a pipeline answers each statement, and an error in its middle takes the whole back`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let table = database.name("numbers")
        try await connection.script("CREATE TABLE \(table) (n int8 PRIMARY KEY)")
        let results = try await connection.pipeline([
            PostgresStatement("INSERT INTO \(table) SELECT generate_series(1, $1)", Int64(10)),
            PostgresStatement("SELECT n FROM \(table) WHERE n > $1 ORDER BY n", Int64(8)),
            PostgresStatement("SELECT n FROM \(table) WHERE n > $1 ORDER BY n", Int64(9)),
        ])
        #expect(results.map(\.affected) == [10, 2, 1])
        #expect(try results[1].rows.map { try $0(0, as: Int64.self) } == [9, 10])
        let failed = await error {
            _ = try await connection.pipeline([
                PostgresStatement("DELETE FROM \(table)"),
                PostgresStatement("INSERT INTO \(table) VALUES ($1), ($1)", Int64(1)),
                PostgresStatement("SELECT max(n) FROM \(table)"),
            ])
        }
        #expect(failed?.isUniqueViolation == true)
        // Skipped above, and so not prepared.
        #expect(try await connection.query("SELECT max(n) FROM \(table)")[0](0) == 10)
        #expect(try await connection.pipeline([]).isEmpty)
        await connection.close()
    }

    @Test func `many tasks share one connection and each gets its own answer`() async throws {
        let connection = try await TestDatabase().connect()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    if number % 7 == 0 {
                        let error = await #expect(throws: PostgresError.self) {
                            try await connection.execute("SELECT 1 / $1", Int64(0))
                        }
                        #expect(error?.sqlState == "22012")
                    } else if number % 50 == 1 {
                        try await connection.script("SELECT 1; SELECT 2")
                    } else {
                        #expect(try await connection.query("SELECT $1", number)[0](0) == number)
                    }
                }
            }
            try await group.waitForAll()
        }
        await connection.close()
    }

    @Test func `a task on the connection's loop stays there`() async throws {
        let connection = try await TestDatabase().connect()
        try await Task(executorPreference: connection.loop) {
            _ = try await connection.query("SELECT 1")
            #expect(connection.loop.isCurrent)
        }.value
        await connection.close()
    }

    @Test func `a transaction commits, and rolls back when its body throws`() async throws {
        struct Stop: Error {}
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let table = database.name("ledger")
        try await connection.script("CREATE TABLE \(table) (n int8)")
        let sum = try await connection.withTransaction { connection in
            try await connection.execute("INSERT INTO \(table) VALUES ($1)", 1)
            return try await connection.query("SELECT sum(n)::int8 FROM \(table)")[0](0, as: Int64.self)
        }
        #expect(sum == 1)
        await #expect(throws: Stop.self) {
            try await connection.withTransaction { connection in
                try await connection.execute("INSERT INTO \(table) VALUES ($1)", 2)
                throw Stop()
            }
        }
        let failed = await error {
            try await connection.withTransaction { connection in
                try await connection.execute("INSERT INTO \(table) VALUES ($1)", 3)
                try await connection.execute("SELECT nothing")
            }
        }
        #expect(failed?.sqlState == "42703")
        let swallowed = await error {
            try await connection.withTransaction { connection in
                try await connection.execute("INSERT INTO \(table) VALUES ($1)", 4)
                _ = try? await connection.execute("SELECT 1 / 0")
            }
        }
        #expect(swallowed?.sqlState == "25P02")
        try await connection.withTransaction { _ in }
        try await connection.withTransaction(.serializable) { connection in
            let row = try await connection.query("SHOW transaction_isolation")[0]
            #expect(try row(0) == "serializable")
        }
        try await connection.withTransaction { try await $0.script("INSERT INTO \(table) VALUES (5); SELECT 1") }
        #expect(try await connection.query("SELECT array_agg(n ORDER BY n) FROM \(table)")[0](0) == [1, Int64(5)])
        #expect(try await connection.query("SELECT pg_current_xact_id_if_assigned()")[0](0, as: Int64?.self) == nil)
        await connection.close()
    }

    @Test func `statements that were used longest ago are forgotten by the server too`() async throws {
        let connection = try await TestDatabase().connect { $0.statementCacheSize = 8 }
        for round in 0..<3 {
            for number in 0..<40 {
                #expect(try await connection.query("SELECT $1 + \(number)", round)[0](0) == round + number)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let sum: Int = try await connection.query("SELECT $1 - \(number % 20)", number)[0](0)
                    #expect(sum == number - number % 20)
                }
            }
            try await group.waitForAll()
        }
        let held = try await connection.query("SELECT count(*) FROM pg_prepared_statements")[0](0, as: Int.self)
        // What is cached, and the one that makes place just now.
        #expect(held <= 10)
        await connection.close()
    }

    @Test func `one text with other types, or with a NULL first, is prepared anew`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let table = database.name("mixed")
        try await connection.script("CREATE TABLE \(table) (a int4, b text)")
        let sql = "INSERT INTO \(table) VALUES ($1, $2)"
        try await connection.execute(sql, nil, nil)
        try await connection.execute(sql, 1, "x")
        try await connection.execute(sql, Int32(2), "y")
        try await connection.execute(sql, nil, "z")
        try await connection.execute(sql, 3 as Int64?, nil as String?)
        let row = try await connection.query("SELECT sum(a), string_agg(b, '' ORDER BY b) FROM \(table)")[0]
        #expect(try row(0, as: Int64.self) == 6)
        #expect(try row(1) == "xyz")
        await connection.close()
    }

    @Test func `a table that changed under a prepared statement costs one error`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let table = database.name("changing")
        try await connection.script("CREATE TABLE \(table) (a int8); INSERT INTO \(table) VALUES (1)")
        _ = try await connection.query("SELECT * FROM \(table)")
        try await connection.script("ALTER TABLE \(table) ADD COLUMN b text DEFAULT 'new'")
        let stale = await error { _ = try await connection.query("SELECT * FROM \(table)") }
        #expect(stale?.sqlState == "0A000")
        #expect(try await connection.query("SELECT * FROM \(table)")[0]("b") == "new")
        try await connection.script("DISCARD ALL")
        _ = try? await connection.query("SELECT * FROM \(table)")
        #expect(try await connection.query("SELECT * FROM \(table)")[0]("b") == "new")
        await connection.close()
    }

    @Test func `a script that fails leaves the connection usable and nothing behind`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let table = database.name("script")
        let failed = await error { try await connection.script("CREATE TABLE \(table) (a int8); SELECT 1 / 0") }
        #expect(failed?.sqlState == "22012")
        #expect(try await connection.query("SELECT to_regclass($1)::text", table)[0](0, as: String?.self) == nil)
        let copy = await error { try await connection.script("COPY pg_class FROM STDIN") }
        #expect(copy != nil)
        try await connection.script("")
        #expect(try await connection.query("SELECT 1")[0](0) == 1)
        await connection.close()
    }

    @Test func `the server's settings of a session are those of its configuration`() async throws {
        let connection = try await TestDatabase().connect {
            $0.serverSettings = [("jit", "off"), ("plan_cache_mode", "force_generic_plan")]
        }
        for (name, value) in [("jit", "off"), ("plan_cache_mode", "force_generic_plan")] {
            #expect(try await connection.query("SELECT current_setting($1)", name)[0](0) == value)
        }
        await connection.close()
    }

    @Test func `a statement that runs too long ends with a timeout`() async throws {
        let connection = try await TestDatabase().connect { $0.statementTimeout = .milliseconds(20) }
        let late = await error { _ = try await connection.query("SELECT pg_sleep(30)") }
        #expect(late?.code == .timeout)
        #expect(try await connection.query("SELECT 1")[0](0) == 1)
        await connection.close()
    }

    @Test func `a large result and a large parameter pass through full socket buffers`() async throws {
        let connection = try await TestDatabase().connect()
        let text = String(repeating: "martlet ", count: 1 << 20)
        async let first = connection.query("SELECT $1, $1", text)
        async let second = connection.query("SELECT repeat('x', 5000000)")
        #expect(try await first[0](1) == text)
        #expect(try await second[0](0, as: String.self).utf8.count == 5_000_000)
        await connection.close()
    }

    @Test func `a COPY through query is refused, whatever else goes on`() async throws {
        let connection = try await TestDatabase().connect()
        let copy = await error { _ = try await connection.query("COPY (SELECT 1) TO STDOUT") }
        #expect(copy?.code == .usage)
        let closed = await error { _ = try await connection.query("SELECT 1") }
        #expect(closed?.code == .connectionLost)
    }

    @Test func `too many parameters are refused before anything is sent`() async throws {
        let connection = try await TestDatabase().connect()
        let many = await error {
            _ = try await connection.query("SELECT 1", parameters: Array(repeating: Int64(1), count: 65_536))
        }
        #expect(many?.code == .usage)
        #expect(try await connection.query("SELECT 1")[0](0) == 1)
        await connection.close()
    }

    @Test func `what is no server gives unavailable, and a wrong database says so`() async throws {
        let database = try await TestDatabase()
        let nowhere = await error {
            _ = try await database.connect { $0.host = "/nonexistent" }
        }
        #expect(nowhere?.code == .unavailable)
        let unknown = await error {
            _ = try await database.connect { $0.database = "no_such_database" }
        }
        #expect(unknown?.code == .unavailable)
        #expect(unknown?.message.contains("no_such_database") == true)
    }

    @Test func `a server that never answers ends in a timeout, and a cancelled attempt at once`() async throws {
        let group = EventLoopGroup(count: 1, name: "mute")
        let listener = try StreamListener(.tcp(host: "127.0.0.1", port: 0), on: group) { connection in
            connection.start(onRead: { $0.count }, onWritable: {}, onClose: { _ in })
        }
        guard case .tcp(_, let port) = listener.address else { return }
        var configuration = PostgresConfiguration(
            host: "127.0.0.1", port: Int(port), user: "a", database: "b", connectTimeout: .milliseconds(20))
        configuration.options = ["sslmode": "disable"]
        let late = await error { [configuration] in
            _ = try await PostgresConnection.connect(configuration, loop: group.next())
        }
        #expect(late?.code == .timeout)
        configuration.connectTimeout = .seconds(50)
        let attempt = Task { [configuration] in
            _ = try await PostgresConnection.connect(configuration, loop: group.next())
        }
        attempt.cancel()
        await #expect(throws: CancellationError.self) { try await attempt.value }
        listener.close()
    }
}
