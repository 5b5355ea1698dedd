import EventLoop
import Redis
import Telemetry
import TestSupport
import Testing

/// What happens when the other side does not behave.
@Suite(.timeLimit(.minutes(1)))
struct RedisFaultTests {
    let group = EventLoopGroup(count: 1)

    private func client(
        _ address: SocketAddress, _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) -> RedisClient {
        var configuration = RedisConfiguration(address: address)
        change(&configuration)
        return RedisClient(configuration, loop: group.next(), logger: .silent, name: "fault test")
    }

    private func code(_ body: () async throws -> Void) async -> RedisError.Code? {
        await #expect(throws: RedisError.self) { try await body() }?.code
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "*2147483647\r\n", "$-7\r\n", "+one\r\n+too many\r\n"])
    func `a server that does not keep to the protocol is left, and the next connection is used`(_ nonsense: String)
        async throws
    {
        let server = try FakeServer(on: group) { connection, _ in [.say(connection == 1 ? nonsense : "+fine\r\n")] }
        defer { server.close() }
        let client = client(server.address)
        let first = try? await client.send("PING")
        #expect(first == nil || nonsense.hasPrefix("+one"))
        try await eventually("there is a new connection") { server.connectionCount == 2 }
        #expect(try await client.send("PING") == .simple("fine"))
        await client.close()
    }

    @Test func `a reply that is too long ends the connection`() async throws {
        let server = try FakeServer(on: group) { _, _ in [.say("$100000000\r\n" + String(repeating: "x", count: 5000))]
        }
        defer { server.close() }
        let client = client(server.address) { $0.maximumReplySize = 4000 }
        #expect(await code { _ = try await client.send("GET", "x") } == .malformed)
        await client.close()
    }

    @Test func `a command that was written when the connection broke is not sent again`() async throws {
        let server = try FakeServer(on: group) { connection, _ in
            connection == 1 ? [.say("$10\r\ntrunc"), .close] : [.say(":2\r\n")]
        }
        defer { server.close() }
        let client = client(server.address)
        #expect(await code { _ = try await client.send("INCR", "x") } == .connectionLost)
        #expect(try await client.send("INCR", "x") == .integer(2))
        #expect(server.connectionCount == 2)
        await client.close()
    }

    @Test func `without a server a command fails in time and says why`() async throws {
        let client = client(.unix(path: try temporaryDirectory() + "/none.sock"))
        let error = await #expect(throws: RedisError.self) {
            try await client.send(RedisCommand("PING"), timeout: .milliseconds(100))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("none.sock") == true)
        #expect(error?.message.contains("cannot connect") == true)
        await client.close()
    }

    @Test func `a server that is still loading is asked again`() async throws {
        let server = try FakeServer(on: group, greeting: "+OK\r\n-LOADING Redis is loading\r\n") { _, _ in [] }
        defer { server.close() }
        let client = client(server.address)
        let error = await #expect(throws: RedisError.self) {
            try await client.send(RedisCommand("PING"), timeout: .milliseconds(300))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("LOADING") == true)
        #expect(server.connectionCount > 1)
        await client.close()
    }

    @Test func `the answer that comes too late goes to nobody else`() async throws {
        // Says nothing to the first command, and both answers after the second.
        let server = try FakeServer(on: group) { _, command in command == 0 ? [] : [.say(":1\r\n:2\r\n")] }
        defer { server.close() }
        let client = client(server.address)
        #expect(await code { _ = try await client.send(RedisCommand("A"), timeout: .milliseconds(50)) } == .timeout)
        #expect(try await client.send("B") == .integer(2))
        await client.close()
    }

    @Test func `a server that has gone silent is given up`() async throws {
        let server = try FakeServer(on: group) { connection, _ in connection == 1 ? [] : [.say("+back\r\n")] }
        defer { server.close() }
        let client = client(server.address) { $0.stallLimit = .milliseconds(50) }
        #expect(await code { _ = try await client.send(RedisCommand("A"), timeout: .milliseconds(50)) } == .timeout)
        try await eventually("there is a new connection") { server.connectionCount == 2 }
        #expect(try await client.send("B") == .simple("back"))
        await client.close()
    }

    @Test func `too many commands are refused, and those that wait end with the client`() async throws {
        let server = try FakeServer(on: group) { _, _ in [] }
        defer { server.close() }
        let client = client(server.address) { $0.maximumCommands = 3 }
        await withTaskGroup(of: RedisError.Code?.self) { tasks in
            for _ in 0..<5 {
                tasks.addTask {
                    do {
                        _ = try await client.send(RedisCommand("A"), timeout: nil)
                        return nil
                    } catch {
                        return (error as? RedisError)?.code
                    }
                }
            }
            #expect(await tasks.next() == .overloaded)
            #expect(await tasks.next() == .overloaded)
            await client.close()
            for await code in tasks { #expect(code == .closed) }
        }
        #expect(await code { _ = try await client.send("A") } == .closed)
    }

    @Test func `a cancelled command ends at once, before and after it was written`() async throws {
        let silent = try FakeServer(on: group) { _, _ in [] }
        defer { silent.close() }
        for address in [silent.address, .unix(path: try temporaryDirectory() + "/none.sock")] {
            let client = client(address)
            let task = Task { try await client.send(RedisCommand("A"), timeout: nil) }
            if address == silent.address {
                try await eventually("it has connected") { silent.connectionCount == 1 }
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            await client.close()
        }
    }
}
