import Postgres
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PostgresValueTests {
    /// Sends each value, has the server write it as text, and reads it back.
    private func roundTrip<Value: PostgresEncodable & PostgresDecodable & Equatable>(
        _ values: [Value], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let connection = try await TestDatabase().connect()
        for value in values {
            let rows = try await connection.query("SELECT $1", value)
            let returned: Value = try rows[0](0)
            #expect(returned == value, sourceLocation: sourceLocation)
        }
        await connection.close()
    }

    @Test func `booleans and numbers come back as they were, to their extremes`() async throws {
        try await roundTrip([true, false])
        try await roundTrip([0, 1, -1, Int.min, Int.max])
        try await roundTrip([0, -1, Int32.min, Int32.max])
        try await roundTrip([0, -1, Int64.min, Int64.max])
        try await roundTrip([0, -0.1, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude])
        let connection = try await TestDatabase().connect()
        let row = try await connection.query("SELECT $1", Double.nan)[0]
        #expect(try row(0, as: Double.self).isNaN)
        await connection.close()
    }

    @Test func `texts and bytes come back as they were`() async throws {
        try await roundTrip(["", "a", "it's", "\"q\"", #"C:\n\0"#, "NULL", "{a,b}", "é e\u{301} 🐦 中", "\r\n\t\u{1}"])
        try await roundTrip([String(repeating: "x", count: 1 << 20)])
        try await roundTrip([[UInt8](), [0], [0, 255, 92, 39], Array(repeating: 7, count: 100_000)])
        try await roundTrip([PostgresJSON(#"{"a": [1, "ü\\"]}"#), PostgresJSON("null")])
    }

    @Test func `times keep their milliseconds, and infinity is the extreme`() async throws {
        try await roundTrip(
            [0, 1, -1, 946_684_800_000, 946_684_799_999, 1_800_000_000_123, -62_135_596_800_000, .max, .min]
                .map { PostgresTimestamp(milliseconds: $0) })
        let connection = try await TestDatabase().connect()
        let row = try await connection.query(
            """
            SELECT $1::text = 'infinity', '1999-12-31T23:59:59.9996Z'::timestamptz,
                   extract(epoch FROM $2)::int8, '-infinity'::timestamptz
            """, PostgresTimestamp(milliseconds: .max), PostgresTimestamp(milliseconds: 1_700_000_000_000))[0]
        #expect(try row(0))
        #expect(try row(1) == PostgresTimestamp(milliseconds: 946_684_799_999))
        #expect(try row(2) == Int64(1_700_000_000))
        #expect(try row(3) == PostgresTimestamp(milliseconds: .min))
        await connection.close()
    }

    @Test func `optionals carry NULL both ways`() async throws {
        try await roundTrip([nil, 1 as Int64?])
        try await roundTrip([nil, "" as String?])
        try await roundTrip([nil, [UInt8]() as [UInt8]?])
        try await roundTrip([nil, PostgresTimestamp(milliseconds: 5) as PostgresTimestamp?])
        let connection = try await TestDatabase().connect()
        let untyped = try await connection.query("SELECT $1::int8 IS NULL, $2::text", nil, nil)[0]
        #expect(try untyped(0))
        #expect(try untyped(1, as: String?.self) == nil)
        #expect(untyped.isNull(1))
        await connection.close()
    }

    @Test func `arrays come back as they were, with NULLs, quotes and nothing in them`() async throws {
        try await roundTrip([[], [1], [Int64.min, 0, Int64.max]] as [[Int64]])
        try await roundTrip([[nil], [1, nil, 3], []] as [[Int64?]])
        try await roundTrip([[], ["", "NULL", "a,b", #"{"\}"#, "it's", "🐦"]] as [[String]])
        try await roundTrip([[nil, "", nil, "null"]] as [[String?]])
        try await roundTrip([[], [true, false]] as [[Bool]])
        try await roundTrip([[Int32.min, Int32.max]] as [[Int32]])
        try await roundTrip([[0.5, -.infinity]] as [[Double]])
        try await roundTrip([[1, 2]] as [[Int]])
        try await roundTrip([[PostgresTimestamp(milliseconds: 1), PostgresTimestamp(milliseconds: -1)]])
        try await roundTrip([[nil, PostgresTimestamp(milliseconds: 1)]] as [[PostgresTimestamp?]])
        try await roundTrip([[PostgresJSON(#"{"a":"\""}"#), PostgresJSON("[]")]])
        try await roundTrip([[[1, 2], [], [0]]] as [[[UInt8]]])
        try await roundTrip([Array(0..<100_000)] as [[Int64]])
    }

    @Test func `unnest sees the elements that were sent`() async throws {
        let connection = try await TestDatabase().connect()
        let ids: [Int64] = [1, 2, 3]
        let texts: [String?] = ["a", nil, ""]
        let rows = try await connection.query(
            "SELECT * FROM unnest($1, $2) AS t(id, text) ORDER BY id", ids, texts)
        #expect(try rows.map { try $0("id", as: Int64.self) } == ids)
        #expect(try rows.map { try $0("text", as: String?.self) } == texts)
        await connection.close()
    }

    @Test func `types of the server that have no Swift type of their own are readable`() async throws {
        let connection = try await TestDatabase().connect()
        let row = try await connection.query(
            """
            SELECT '18446744073709551'::xid8, 7::int2, 'n'::name, 'v'::varchar, 'x'::"char", '{"a":1}'::jsonb,
                   1.5::float4, 4000000000::oid, '{1,2}'::int4[], '{a,b}'::varchar[],
                   'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'b '::char(2), pg_notify('nobody', '')
            """)[0]
        #expect(try row(0) == Int64(18_446_744_073_709_551))
        #expect(try row(1) == 7)
        #expect(try row(1) == Int32(7))
        #expect(try (2...4).map { try row($0, as: String.self) } == ["n", "v", "x"])
        #expect(try row(5) == PostgresJSON(#"{"a": 1}"#))
        #expect(try row(6) == 1.5)
        #expect(try row(7) == Int64(4_000_000_000))
        #expect(try row(8) == [Int64(1), 2])
        #expect(try row(9) == ["a", "b"])
        #expect(try row(10) == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
        #expect(try row[11, String.self] == "b ")
        #expect(try row(12) == "")
        await connection.close()
    }

    @Test func `an enum of the database reads as text`() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let name = database.name("mood")
        try await connection.script("CREATE TYPE \(name) AS ENUM ('fine', 'so so')")
        #expect(try await connection.query("SELECT 'so so'::\(name)")[0](0) == "so so")
        await connection.close()
    }

    @Test func `a value of another type is refused with the column's name`() async throws {
        let connection = try await TestDatabase().connect()
        let row = try await connection.query(
            "SELECT 1.5::numeric AS price, NULL::text AS nick, 1::int8 AS big, '{1,NULL}'::int8[] AS list")[0]
        func message(_ body: () throws -> Void) -> String? {
            #expect(throws: PostgresError.self, performing: body).map { error in
                #expect(error.code == .decoding)
                return error.message
            }
        }
        #expect(message { _ = try row(0, as: Double.self) } == #"column "price": expected Double, got numeric"#)
        #expect(message { _ = try row("nick", as: String.self) } == #"column "nick": expected String, got NULL"#)
        #expect(message { _ = try row(2, as: Int32.self) } == #"column "big": expected Int32, got int8"#)
        #expect(message { _ = try row(2, as: String.self) } == #"column "big": expected String, got int8"#)
        #expect(message { _ = try row(2, as: Bool.self) } == #"column "big": expected Bool, got int8"#)
        #expect(message { _ = try row(3, as: [Int64].self) } == #"column "list": expected Array<Int64>, got NULL"#)
        #expect(message { _ = try row(3, as: [String?].self) }?.contains("list") == true)
        #expect(message { _ = try row("none", as: Int.self) } == #"the row has no column "none""#)
        #expect(message { _ = try row(9, as: Int.self) } == "the row has 4 columns, column 9 was asked for")
        await connection.close()
    }
}
