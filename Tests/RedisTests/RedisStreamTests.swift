import EventLoop
import Redis
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RedisStreamTests {
    let loop = EventLoop(name: "test")

    private func client(_ servers: TestServers, name: String) -> RedisClient {
        RedisClient(
            RedisConfiguration(unixSocket: servers.redisSocketPath), loop: loop, logger: .silent, name: name)
    }

    /// Waits until the client of that name is blocked in the server.
    private func waitUntilBlocked(_ name: String, _ client: RedisClient) async throws {
        try await eventually("\(name) blocks") {
            let list = try await client.send("CLIENT", "LIST").string ?? ""
            return list.split(separator: "\n").contains {
                $0.contains("name=martlet-\(name) ") && $0.contains("flags=b")
            }
        }
    }

    @Test func `a blocking read is woken by an entry`() async throws {
        let servers = try await TestServers.shared()
        let stream = servers.uniqueName("stream")
        let name = stream.replacing("_", with: "-")
        let (reader, writer) = (client(servers, name: name), client(servers, name: "writer"))
        let read = RedisCommand("XREAD", "BLOCK", 30_000, "STREAMS", stream, "0")
        async let reply = reader.blocking(read, timeout: .seconds(40))
        try await waitUntilBlocked(name, writer)
        let id = try await writer.xadd(stream, id: "7-3", fields: [("type", Array("x".utf8)), ("body", [0, 1])])
        #expect(id == "7-3")
        let streams = try RedisStreamEntry.byStream(await reply)
        #expect(streams.map(\.stream) == [stream])
        #expect(streams[0].entries.map(\.id) == ["7-3"])
        #expect(streams[0].entries[0]["body"] == [0, 1])
        await reader.close()
        await writer.close()
    }

    @Test func `a cancelled blocking read leaves nothing behind in the server`() async throws {
        let servers = try await TestServers.shared()
        let stream = servers.uniqueName("cancelled")
        let name = stream.replacing("_", with: "-")
        let (reader, writer) = (client(servers, name: name), client(servers, name: "writer"))
        let task = Task {
            try await reader.blocking(RedisCommand("XREAD", "BLOCK", 0, "STREAMS", stream, "0"), timeout: nil)
        }
        try await waitUntilBlocked(name, writer)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await eventually("nothing blocks any more") {
            let list = try await writer.send("CLIENT", "LIST").string ?? ""
            return !list.split(separator: "\n").contains {
                $0.contains("name=martlet-\(name) ") && $0.contains("flags=b")
            }
        }
        // The client is good for the next read.
        _ = try await writer.xadd(stream, fields: [("a", [])])
        let reply = try await reader.blocking(
            RedisCommand("XREAD", "BLOCK", 0, "STREAMS", stream, "0"), timeout: .seconds(20))
        #expect(try RedisStreamEntry.byStream(reply)[0].entries.count == 1)
        await reader.close()
        await writer.close()
    }

    @Test func `an id that is not higher is refused, in a pipeline beside those that are`() async throws {
        let servers = try await TestServers.shared()
        let stream = servers.uniqueName("ids")
        let client = client(servers, name: "ids")
        let replies = try await client.pipeline(
            ["1-1", "1-2", "1-2", "1-3"].map { .xadd(stream, id: $0, fields: [("a", [])]) })
        #expect(replies.map(\.string) == ["1-1", "1-2", nil, "1-3"])
        let range = try RedisStreamEntry.list(await client.send("XRANGE", stream, "-", "+"))
        #expect(range.map(\.id) == ["1-1", "1-2", "1-3"])
        await client.close()
    }

    @Test func `entries of a dead consumer are claimed, deleted ones are named`() async throws {
        let servers = try await TestServers.shared()
        let stream = servers.uniqueName("claim")
        let client = client(servers, name: "claim")
        _ = try await client.send("XGROUP", "CREATE", stream, "g", "0", "MKSTREAM")
        for number in 1...3 { _ = try await client.xadd(stream, id: "\(number)-0", fields: [("n", [UInt8(number)])]) }
        let read = try await client.send("XREADGROUP", "GROUP", "g", "dead", "STREAMS", stream, ">")
        #expect(try RedisStreamEntry.byStream(read)[0].entries.count == 3)
        _ = try await client.send("XDEL", stream, "2-0")
        let pending = try await client.send("XREADGROUP", "GROUP", "g", "dead", "STREAMS", stream, "0")
        #expect(try RedisStreamEntry.byStream(pending)[0].entries.map(\.isDeleted) == [false, true, false])
        let claim = try RedisClaim(await client.send("XAUTOCLAIM", stream, "g", "alive", 0, "0-0"))
        #expect(claim.next == "0-0")
        #expect(claim.entries.map(\.id) == ["1-0", "3-0"])
        #expect(claim.deleted == ["2-0"])
        await client.close()
    }
}
