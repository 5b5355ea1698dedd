import EventLoop
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PostgresPoolTests {
    @Test func `five hundred tasks share four connections`() async throws {
        let pool = try await TestDatabase().pool()
        let backends = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let row = try await pool.query("SELECT $1::int8, pg_backend_pid()", number)[0]
                    #expect(try row(0) == number)
                    return try row(1)
                }
            }
            return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
        }
        #expect((1...4).contains(backends.count))
        await pool.close()
    }

    @Test func `a caller on a loop gets a connection of that loop`() async throws {
        let pool = try await TestDatabase().pool()
        let loops = TestDatabase.loops.loops
        // Held at the same time, so that each loop has one.
        try await Task(executorPreference: loops[0]) {
            try await pool.withConnection { connection in
                #expect(connection.loop === loops[0])
                try await Task(executorPreference: loops[1]) {
                    try await pool.withConnection { #expect($0.loop === loops[1]) }
                }.value
            }
        }.value
        for loop in loops + loops {
            try await Task(executorPreference: loop) {
                try await pool.withConnection { #expect($0.loop === loop) }
                #expect(loop.isCurrent)
            }.value
        }
        await pool.close()
    }

    @Test func `a killed backend fails what is in flight and the next call has a new one`() async throws {
        let pool = try await TestDatabase().pool { $0.poolSize = 1 }
        let other = try await TestDatabase().connect()
        let victim = try await pool.query("SELECT pg_backend_pid()")[0](0, as: Int32.self)
        let running = Task { try await pool.query("SELECT pg_sleep(50)") }
        try await eventually("the statement runs") {
            try await other.query(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep%' AND state = 'active'",
                victim)[0](0, as: Int.self) == 1
        }
        try await other.execute("SELECT pg_terminate_backend($1)", victim)
        let lost = await #expect(throws: PostgresError.self) { _ = try await running.value }
        #expect(lost?.code == .connectionLost)
        #expect(lost?.sqlState == "57P01")
        let next = try await pool.query("SELECT pg_backend_pid()")[0](0, as: Int32.self)
        #expect(next != victim)
        // An idle one that is killed is replaced without anybody seeing an error.
        try await other.execute("SELECT pg_terminate_backend($1, 5000)", next)
        try await eventually("the pool has a new connection") {
            (try? await pool.query("SELECT pg_backend_pid()")[0](0, as: Int32.self)).map { $0 != next } ?? false
        }
        await pool.close()
        await other.close()
    }

    @Test func `a pool whose connections are all lent refuses after its limit, in time or in number`() async throws {
        let pool = try await TestDatabase().pool {
            $0.poolSize = 1
            $0.acquireTimeout = .milliseconds(30)
            $0.maximumWaiters = 1
        }
        try await pool.withConnection { _ in
            let late = await #expect(throws: PostgresError.self) { try await pool.execute("SELECT 1") }
            #expect(late?.code == .poolExhausted)
            for caller in [Task { try await pool.execute("SELECT 1") }, Task { try await pool.execute("SELECT 1") }] {
                let error = await #expect(throws: PostgresError.self) { try await caller.value }
                #expect(error?.code == .poolExhausted)
            }
        }
        #expect(try await pool.query("SELECT 1")[0](0) == 1)
        await pool.close()
    }

    @Test func `a cancelled task leaves the queue, and those behind it move up`() async throws {
        let pool = try await TestDatabase().pool { $0.poolSize = 1 }
        let behind = try await pool.withConnection { _ in
            let cancelled = Task { try await pool.execute("SELECT 1") }
            let behind = Task { try await pool.query("SELECT 2")[0](0, as: Int.self) }
            await Task.yield()
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            return behind
        }
        #expect(try await behind.value == 2)
        await pool.close()
    }

    @Test func `a connection that comes back inside a transaction is not lent again`() async throws {
        let pool = try await TestDatabase().pool { $0.poolSize = 1 }
        let first = try await pool.withConnection { connection in
            try await connection.execute("BEGIN")
            return try await connection.query("SELECT pg_backend_pid()")[0](0, as: Int32.self)
        }
        let row = try await pool.query("SELECT pg_backend_pid(), now() = statement_timestamp()")[0]
        #expect(try row(0, as: Int32.self) != first)
        await pool.close()
    }

    @Test func `transactions of many tasks keep apart, and a cancelled one leaves nothing`() async throws {
        let database = try await TestDatabase()
        let pool = database.pool()
        let table = database.name("account")
        try await pool.withConnection {
            try await $0.script("CREATE TABLE \(table) (n int8); INSERT INTO \(table) VALUES (0)")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await pool.withTransaction { connection in
                        let value: Int = try await connection.query("SELECT n FROM \(table) FOR UPDATE")[0](0)
                        try await connection.execute("UPDATE \(table) SET n = $1", value + 1)
                    }
                }
            }
            try await group.waitForAll()
        }
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let cancelled = Task {
            try await pool.withTransaction { connection in
                try await connection.execute("UPDATE \(table) SET n = 1000")
                begin.finish()
                try await Task.sleep(for: .seconds(50))
            }
        }
        for await _ in begun {}
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(try await pool.query("SELECT n FROM \(table)")[0](0) == 50)
        await pool.close()
    }

    @Test func `a closed pool waits for what it lent and refuses the rest`() async throws {
        let pool = try await TestDatabase().pool()
        let (lent, lend) = AsyncStream.makeStream(of: Void.self)
        let working = Task {
            try await pool.withConnection { connection in
                lend.finish()
                return try await connection.query("SELECT pg_sleep(0.05), 7")[0](1, as: Int.self)
            }
        }
        for await _ in lent {}
        await pool.close()
        #expect(try await working.value == 7)
        let refused = await #expect(throws: PostgresError.self) { try await pool.execute("SELECT 1") }
        #expect(refused?.code == .unavailable)
        await pool.close()
    }

    @Test func `a server that is down is unavailable to each who asks, and nobody hangs`() async throws {
        let pool = try await TestDatabase().pool { $0.host = "/nonexistent" }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let error = await #expect(throws: PostgresError.self) { try await pool.execute("SELECT 1") }
                    #expect(error?.code == .unavailable)
                }
            }
        }
        await pool.close()
    }
}
