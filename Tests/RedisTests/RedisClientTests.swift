import EmbeddedServers
import EventLoop
import Redis
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RedisClientTests {
    let loop = EventLoop(name: "test")

    private func client(_ servers: TestServers, name: String = "test") -> RedisClient {
        RedisClient(
            RedisConfiguration(unixSocket: servers.redisSocketPath), loop: loop, logger: .silent, name: name)
    }

    @Test func `values of any bytes come back as they were`() async throws {
        let servers = try await TestServers.shared()
        let client = client(servers)
        let key = servers.uniqueName("bytes")
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try await client.send("SET", key, bytes) == .simple("OK"))
        #expect(try await client.send("GET", key) == .bulk(bytes))
        #expect(try await client.send("GET", key + "-none") == .null)
        await client.close()
    }

    @Test func `commands of many tasks each get their own answer, in the order of sending`() async throws {
        let servers = try await TestServers.shared()
        let client = client(servers)
        let key = servers.uniqueName("order")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                group.addTask {
                    for number in 0..<100 {
                        let text = "\(task)-\(number)"
                        #expect(try await client.send("ECHO", text).string == text)
                        _ = try await client.send("RPUSH", "\(key)-\(task)", number)
                    }
                }
            }
            try await group.waitForAll()
        }
        for task in 0..<20 {
            let list = try await client.send("LRANGE", "\(key)-\(task)", 0, -1).array
            #expect(list?.compactMap(\.integer) == Array(0..<100))
        }
        await client.close()
    }

    @Test func `a refusal is thrown by send and stays in its place in a pipeline`() async throws {
        let servers = try await TestServers.shared()
        let client = client(servers)
        let key = servers.uniqueName("refused")
        let replies = try await client.pipeline([
            RedisCommand("SET", key, "text"), RedisCommand("INCR", key), RedisCommand("GET", key),
        ])
        #expect(replies.count == 3)
        #expect(replies[0] == .simple("OK") && replies[2].string == "text")
        guard case .error(let text) = replies[1] else {
            Issue.record("INCR of a text should fail")
            return
        }
        #expect(text.contains("not an integer"))
        let error = await #expect(throws: RedisError.self) { try await client.send("LPUSH", key, "x") }
        #expect(error?.code == .reply && error?.kind == "WRONGTYPE")
        #expect(try await client.pipeline([]).isEmpty)
        await client.close()
    }

    @Test func `the database of the configuration is used again after the connection was killed`() async throws {
        let servers = try await TestServers.shared()
        var configuration = RedisConfiguration(unixSocket: servers.redisSocketPath)
        configuration.database = 7
        let name = servers.uniqueName("killed")
        let client = RedisClient(configuration, loop: loop, logger: .silent, name: name)
        let other = self.client(servers)
        _ = try await client.send("SET", name, "seven")
        let identifier = try #require(try await client.send("CLIENT", "ID").integer)
        #expect(try await other.send("CLIENT", "KILL", "ID", identifier).integer == 1)
        try await eventually("it has another connection") {
            let now = try? await client.send("CLIENT", "ID").integer
            return now != nil && now != identifier
        }
        #expect(try await client.send("GET", name).string == "seven")
        #expect(try await other.send("EXISTS", name) == .integer(0))
        await client.close()
        await other.close()
    }

    @Test func `commands wait for a server that is started again`() async throws {
        let configuration = EmbeddedServersConfiguration(folder: try DirectoryLock(temporaryDirectory()))
        let first = EmbeddedRedis(configuration, loop: loop, logger: .silent)
        try await first.start()
        let client = RedisClient(
            RedisConfiguration(unixSocket: first.socketPath), loop: loop, logger: .silent, name: "restart")
        _ = try await client.send("SET", "kept", "yes")
        await first.stop()
        try await eventually("the client has seen the end") {
            do {
                _ = try await client.send(RedisCommand("PING"), timeout: .milliseconds(20))
                return false
            } catch {
                return (error as? RedisError)?.code == .unavailable
            }
        }
        async let answer = client.send(RedisCommand("GET", "kept"), timeout: .seconds(30))
        let second = EmbeddedRedis(configuration, loop: loop, logger: .silent)
        try await second.start()
        #expect(try await answer.string == "yes")
        await client.close()
        await second.stop()
    }

    @Test func `a password opens the server, a wrong one is reported`() async throws {
        let servers = try await TestServers.shared()
        let admin = client(servers)
        let user = servers.uniqueName("user")
        _ = try await admin.send("ACL", "SETUSER", user, "on", ">right@pass", "~*", "+@all")
        let address = "unix:\(servers.redisSocketPath)"
        for (password, isRight) in [("right@pass", true), ("wrong", false)] {
            var configuration = try RedisConfiguration(url: address)
            configuration.username = user
            configuration.password = password
            let client = RedisClient(configuration, loop: loop, logger: .silent, name: "acl")
            if isRight {
                #expect(try await client.send("ACL", "WHOAMI").string == user)
            } else {
                let error = await #expect(throws: RedisError.self) {
                    try await client.send(RedisCommand("PING"), timeout: .milliseconds(200))
                }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("WRONGPASS") == true)
            }
            await client.close()
        }
        _ = try await admin.send("ACL", "DELUSER", user)
        await admin.close()
    }

    @Test func `a script is sent once and survives that the server forgets it`() async throws {
        let servers = try await TestServers.shared()
        let client = client(servers)
        let key = servers.uniqueName("script")
        let script = RedisScript("redis.call('SET', KEYS[1], ARGV[1]) return {KEYS[1], ARGV[2], 3}")
        for _ in 0..<2 {
            let reply = try await client.eval(script, keys: [key], arguments: [[0, 255] as [UInt8], "two"])
            #expect(reply.array?.map(\.string) == [key, "two", nil])
            #expect(try await client.send("GET", key) == .bulk([0, 255]))
            _ = try await client.send("SCRIPT", "FLUSH")
        }
        let error = await #expect(throws: RedisError.self) {
            try await client.eval(RedisScript("return redis.error_reply('MINE no')"))
        }
        #expect(error?.kind == "MINE")
        await client.close()
    }
}
