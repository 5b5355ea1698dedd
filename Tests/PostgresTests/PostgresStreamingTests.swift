import Postgres
import Testing

/// COPY and LISTEN.
@Suite(.timeLimit(.minutes(1)))
struct PostgresStreamingTests {
    @Test func `ten thousand rows go in by COPY`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let table = database.name("copied")
        try await connection.script("CREATE TABLE \(table) (id int8, name text, at timestamptz, tags text[])")
        let rows = (0..<10_000).lazy.map { number -> [(any PostgresEncodable)?] in
            [
                Int64(number), number % 3 == 0 ? nil : "name \(number) \\ \t\n",
                PostgresTimestamp(milliseconds: Int64(number)), ["a", "b"] as [String],
            ]
        }
        let count = try await connection.copyIn(
            "COPY \(table) (id, name, at, tags) FROM STDIN (FORMAT binary)", rows: rows)
        #expect(count == 10_000)
        let row = try await connection.query(
            "SELECT count(*), count(name), sum(id)::int8, max(at), min(tags[2]) FROM \(table)")[0]
        #expect(try row(0) == 10_000)
        #expect(try row(1) == 6666)
        #expect(try row(2) == 49_995_000)
        #expect(try row(3) == PostgresTimestamp(milliseconds: 9999))
        #expect(try row(4) == "b")
        await connection.close()
    }

    @Test func `a COPY that fails on either side writes nothing and leaves the connection usable`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let table = database.name("refused")
        try await connection.script("CREATE TABLE \(table) (id int8 PRIMARY KEY, name text)")
        let sql = "COPY \(table) FROM STDIN (FORMAT binary)"
        let row: [(any PostgresEncodable)?] = [1, String(repeating: "x", count: 1000)]
        func failure(_ sql: String, _ rows: [[(any PostgresEncodable)?]]) async -> PostgresError? {
            await #expect(throws: PostgresError.self) { try await connection.copyIn(sql, rows: rows) }
        }
        // Long enough that the server refuses while we still write.
        let wrongType = [[true, "x"] as [(any PostgresEncodable)?]] + Array(repeating: row, count: 20_000)
        let refused = await failure(sql, wrongType)
        // A boolean is too short for an int8, which the server calls a violation of the protocol.
        #expect(refused?.sqlState == "08P01" && refused?.code == .server)
        #expect(await failure(sql, [row, row])?.isUniqueViolation == true)
        #expect(await failure(sql, Array(repeating: row, count: 100) + [[1]])?.code == .usage)
        #expect(await failure("COPY \(table) FROM STDIN", [row])?.code == .usage)
        #expect(await failure("COPY nothing FROM STDIN (FORMAT binary)", [row])?.sqlState == "42P01")
        #expect(await failure("SELECT 1", [row])?.code == .usage)
        #expect(try await connection.query("SELECT count(*) FROM \(table)")[0](0) == 0)
        let count = try await connection.withTransaction { try await $0.copyIn(sql, rows: [row]) }
        #expect(count == 1)
        #expect(try await connection.query("SELECT count(*) FROM \(table)")[0](0) == 1)
        await connection.close()
    }

    @Test func `notifications arrive in order, until the connection ends`() async throws {
        let database = try await TestDatabase()
        let listening = try await database.connect()
        let speaking = try await database.connect()
        let channel = database.name("Odd \"channel\"")
        let stream = try await listening.listen(channel)
        for number in 0..<10 {
            try await speaking.execute("SELECT pg_notify($1, $2)", channel, "n\(number)")
        }
        var seen: [String] = []
        for await payload in stream {
            seen.append(payload)
            if payload == "n9" { await listening.close() }
        }
        #expect(seen == (0..<10).map { "n\($0)" })
        await speaking.close()
    }

    @Test func `who stops reading stops listening`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let channel = database.name("briefly")
        let reader = Task {
            for await _ in try await connection.listen(channel) { break }
        }
        let count = "SELECT count(*) FROM pg_listening_channels()"
        while try await connection.query(count)[0](0, as: Int.self) == 0 {}
        try await connection.execute("SELECT pg_notify($1, 'stop')", channel)
        try await reader.value
        while try await connection.query(count)[0](0, as: Int.self) != 0 {}
        await connection.close()
    }
}
