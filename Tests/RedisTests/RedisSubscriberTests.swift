import EventLoop
import Redis
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RedisSubscriberTests {
    let loop = EventLoop(name: "test")

    private func subscriber(_ servers: TestServers, name: String = "subscriber") -> RedisSubscriber {
        RedisSubscriber(
            RedisConfiguration(unixSocket: servers.redisSocketPath), loop: loop, logger: .silent, name: name)
    }

    private func client(_ servers: TestServers) -> RedisClient {
        RedisClient(
            RedisConfiguration(unixSocket: servers.redisSocketPath), loop: loop, logger: .silent, name: "publisher")
    }

    @Test func `every reader gets what is published on its channels after the first mark`() async throws {
        let servers = try await TestServers.shared()
        let (a, b) = (servers.uniqueName("a"), servers.uniqueName("b"))
        let (subscriber, client) = (subscriber(servers), client(servers))
        var both = subscriber.subscribe([a, b]).makeAsyncIterator()
        var one = subscriber.subscribe([b]).makeAsyncIterator()
        #expect(await both.next() == .gap)
        #expect(await one.next() == .gap)
        _ = try await client.pipeline([
            RedisCommand("PUBLISH", a, [0, 255] as [UInt8]), RedisCommand("PUBLISH", b, "two"),
        ])
        #expect(await both.next() == .message(channel: a, bytes: [0, 255]))
        #expect(await both.next() == .message(channel: b, bytes: Array("two".utf8)))
        #expect(await one.next() == .message(channel: b, bytes: Array("two".utf8)))
        await subscriber.close()
        #expect(await one.next() == nil)
        await client.close()
    }

    @Test func `a channel that nobody reads any more is left, and can be joined again`() async throws {
        let servers = try await TestServers.shared()
        let channel = servers.uniqueName("left")
        let (subscriber, client) = (subscriber(servers), client(servers))
        for _ in 0..<3 {
            let task = Task {
                for await event in subscriber.subscribe([channel]) where event != .gap { return event }
                return .gap
            }
            try await eventually("it is subscribed") {
                try await client.send("PUBLISH", channel, "x").integer == 1
            }
            #expect(await task.value == .message(channel: channel, bytes: [120]))
            try await eventually("it is left") {
                try await client.send("PUBSUB", "NUMSUB", channel).array?.last?.integer == 0
            }
        }
        await subscriber.close()
        await client.close()
    }

    @Test func `after an interruption the reader is told and gets what follows`() async throws {
        let servers = try await TestServers.shared()
        let channel = servers.uniqueName("cut")
        let name = channel.replacing("_", with: "-")
        let (subscriber, client) = (subscriber(servers, name: name), client(servers))
        var events = subscriber.subscribe([channel]).makeAsyncIterator()
        for round in 0..<3 {
            #expect(await events.next() == .gap)
            _ = try await client.send("PUBLISH", channel, "\(round)")
            #expect(await events.next() == .message(channel: channel, bytes: Array("\(round)".utf8)))
            let list = try await client.send("CLIENT", "LIST").string ?? ""
            let line = try #require(list.split(separator: "\n").first { $0.contains("name=martlet-\(name) ") })
            let identifier = try #require(line.split(separator: " ")[0].split(separator: "=").last.map(String.init))
            _ = try await client.send("CLIENT", "KILL", "ID", identifier)
        }
        await subscriber.close()
        await client.close()
    }

    @Test func `a reader that is too slow loses the oldest and is told`() async throws {
        let servers = try await TestServers.shared()
        let channel = servers.uniqueName("slow")
        let (subscriber, client) = (subscriber(servers), client(servers))
        var slow = subscriber.subscribe([channel], limit: 16).makeAsyncIterator()
        var fast = subscriber.subscribe([channel], limit: 1000).makeAsyncIterator()
        #expect(await slow.next() == .gap)
        #expect(await fast.next() == .gap)
        _ = try await client.pipeline((0..<100).map { RedisCommand("PUBLISH", channel, $0) })
        var last: RedisSubscriber.Event?
        for _ in 0..<100 { last = await fast.next() }
        #expect(last == .message(channel: channel, bytes: Array("99".utf8)))
        var events: [RedisSubscriber.Event] = []
        for _ in 0..<16 { if let event = await slow.next() { events.append(event) } }
        #expect(events.contains(.gap))
        #expect(events.contains(.message(channel: channel, bytes: Array("99".utf8))))
        await subscriber.close()
        await client.close()
    }
}
