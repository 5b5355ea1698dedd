import Testing

@testable import Redis

@Suite(.timeLimit(.minutes(1)))
struct RedisProtocolTests {
    private func encoded(_ command: RedisCommand) -> String {
        var bytes: [UInt8] = []
        command.encode(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func parse(_ text: String, maximumSize: Int = 1 << 20) throws -> [RedisValue] {
        let parser = RedisParser(maximumSize: maximumSize)
        try Array(text.utf8).withUnsafeBytes { try parser.feed($0) }
        var values: [RedisValue] = []
        while let value = try parser.next() { values.append(value) }
        return values
    }

    @Test func `a command is an array of its parts, whatever is in them`() {
        #expect(encoded(RedisCommand("GET", "a\r\nb")) == "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n")
        #expect(
            encoded(RedisCommand("X", [UInt8](), "é", Int64.min, 0))
                == "*5\r\n$1\r\nX\r\n$0\r\n\r\n$2\r\né\r\n$20\r\n-9223372036854775808\r\n$1\r\n0\r\n")
        #expect(encoded(RedisCommand(Array(repeating: "", count: 120))).hasPrefix("*120\r\n$0\r\n\r\n$0"))
    }

    private static let sample =
        "+OK\r\n-ERR no\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n$5\r\na\r\nb\0\r\n*2\r\n*1\r\n:1\r\n$-1\r\n*0\r\n"
    private static let values: [RedisValue] = [
        .simple("OK"), .error("ERR no"), .integer(-42), .null, .null, .bulk([]), .bulk([97, 13, 10, 98, 0]),
        .array([.array([.integer(1)]), .null]), .array([]),
    ]

    @Test func `every kind of reply is read`() throws {
        #expect(try parse(Self.sample) == Self.values)
    }

    @Test func `replies are the same however the bytes are cut`() throws {
        let bytes = Array(Self.sample.utf8)
        for size in 1...bytes.count {
            let parser = RedisParser(maximumSize: 1 << 20)
            var values: [RedisValue] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { try parser.feed($0) }
                while let value = try parser.next() { values.append(value) }
            }
            #expect(values == Self.values)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "\0\0\0\0", ":12x\r\n", "$abc\r\n", "$-7\r\n", "*-7\r\n", "*x\r\n",
        "*1048577\r\n", "*2147483647\r\n", "*9223372036854775807\r\n", "$99999999999999999999999\r\n",
        String(repeating: "*1\r\n", count: 12), "*1\r\n*1048577\r\n",
    ])
    func `what is not the protocol, or asks for too much, is refused`(_ text: String) {
        let error = #expect(throws: RedisError.self) { try parse(text) }
        #expect(error?.code == .malformed)
    }

    @Test(arguments: ["$9223372036854775000\r\n", "$100000\r\n", "+", "*1000\r\n"])
    func `a reply is never longer than allowed, whatever it announces`(_ head: String) {
        let error = #expect(throws: RedisError.self) {
            try parse(head + String(repeating: "+a\r\n", count: 249) + "x", maximumSize: 999)
        }
        #expect(error?.code == .malformed)
    }

    @Test func `many short replies are no long one`() throws {
        #expect(try parse(String(repeating: "+a\r\n", count: 1000), maximumSize: 999).count == 1000)
    }

    @Test func `stream entries are decoded, also those that were deleted`() throws {
        let reply = try parse(
            "*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*2\r\n$3\r\n1-1\r\n*4\r\n$1\r\na\r\n$1\r\nx\r\n$1\r\nb\r\n$0\r\n\r\n"
                + "*2\r\n$3\r\n2-1\r\n*-1\r\n")[0]
        let streams = try RedisStreamEntry.byStream(reply)
        #expect(streams.map(\.stream) == ["s"])
        let entries = try #require(streams.first).entries
        #expect(entries.map(\.id) == ["1-1", "2-1"])
        #expect(entries.map(\.isDeleted) == [false, true])
        #expect(entries[0]["a"] == [120] && entries[0]["b"] == [] && entries[0]["c"] == nil)
        #expect(try RedisStreamEntry.byStream(.null).isEmpty)
    }

    @Test(arguments: [
        RedisValue.integer(1), .array([.integer(1)]), .array([.array([.simple("1-1")])]),
        .array([.array([.simple("1-1"), .array([.simple("odd")])])]),
        .array([.array([.simple("1-1"), .array([.simple("a"), .null])])]),
    ])
    func `what is no list of entries is refused`(_ reply: RedisValue) {
        #expect(throws: RedisError.self) { try RedisStreamEntry.list(reply) }
        #expect(throws: RedisError.self) { try RedisStreamEntry.byStream(reply) }
        #expect(throws: RedisError.self) { try RedisClaim(reply) }
    }
}
