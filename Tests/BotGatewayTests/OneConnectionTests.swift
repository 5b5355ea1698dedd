import ChatModel
import ChatService
import Foundation
import Redis
import TestSupport
import Testing

@testable import BotGateway

/// A bot has one connection over all nodes, the newest.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct OneConnectionTests {
    private static let second = Task { try await BotServer(beside: try await BotServer.shared()) }

    /// A place whose bot has a place in the log, which each connection goes on from, whenever it begins.
    private func botChannel(of node: BotServer) async throws -> BotChannel {
        let place = try await node.botChannel()
        let client = try await place.connect()
        #expect(try await client.start(place.token)?["op"] == "ready")
        client.close()
        try await eventually("its place is stored") { try await place.storedCursor() != nil }
        return place
    }

    /// Starts as many connections as there are nodes at once, and sees which of them hear what is said then.
    private func race(_ place: BotChannel, on nodes: [BotServer]) async throws -> Int {
        var clients: [BotClient] = []
        for node in nodes { clients.append(try await place.connect(to: node)) }
        for client in clients { _ = try await client.next() }
        for client in clients {
            try client.send(["op": "start", "token": .string(place.token), "events": ["message.created"]])
        }
        // Each but the newest is told to go, whether it had begun or not. Nobody acknowledges: what was said in rounds
        // before comes again.
        let words = UUID().uuidString
        let results = try await withThrowingTaskGroup(of: (heard: Bool, code: String?).self) { tasks in
            for client in clients {
                tasks.addTask {
                    var code: String?
                    while let frame = try await client.next() {
                        if frame["data"]?["text"]?.string == words { return (true, nil) }
                        if frame["op"] == "bye" { code = frame["code"]?.string }
                    }
                    return (false, code)
                }
            }
            var results: [(heard: Bool, code: String?)] = []
            while let result = try await tasks.next() {
                results.append(result)
                // The others have gone: whoever is left hears what is said now.
                if results.count == clients.count - 1 { try await place.say(words) }
            }
            return results
        }
        #expect(results.filter { !$0.heard }.allSatisfy { $0.code == "superseded" })
        for client in clients { client.close() }
        return results.filter(\.heard).count
    }

    @Test func `of several that start at once exactly one stays`() async throws {
        let place = try await botChannel(of: BotServer.shared())
        for round in 1...8 {
            let count = try await race(place, on: Array(repeating: place.node, count: 4))
            #expect(count == 1, "round \(round)")
        }
    }

    @Test(arguments: [false, true])
    func `of several on two nodes exactly one stays, also when Redis has forgotten everything`(isEmptied: Bool)
        async throws
    {
        let (first, second) = (try await BotServer.shared(), try await Self.second.value)
        let place = try await botChannel(of: first)
        let redis = first.redis()
        for round in 1...4 {
            if isEmptied { _ = try await redis.send("FLUSHDB") }
            let count = try await race(place, on: [first, second, first, second])
            #expect(count == 1, "round \(round)")
        }
        await redis.close()
    }

    @Test func `after Redis was emptied a newer connection on another node takes the place`() async throws {
        let (first, second) = (try await BotServer.shared(), try await Self.second.value)
        let place = try await first.botChannel()
        // The older node has counted further than the newer one will, if counting begins anew.
        for _ in 1...5 {
            let client = try await place.connect()
            #expect(try await client.start(place.token)?["op"] == "ready")
            client.close()
        }
        let older = try await place.connect()
        #expect(try await older.start(place.token)?["op"] == "ready")
        let redis = first.redis()
        _ = try await redis.send("FLUSHDB")
        let newer = try await place.connect(to: second)
        #expect(try await newer.start(place.token)?["op"] == "ready")
        let bye = try await older.next()
        #expect(bye?["op"] == "bye" && bye?["code"] == "superseded")
        try await place.say("for the newer one")
        #expect(try await newer.next()?["data"]?["text"] == "for the newer one")
        newer.close()
        await redis.close()
    }

    @Test func `a connection whose place was taken stores nothing any more`() async throws {
        let place = try await BotServer.shared().botChannel()
        let service = place.node.service
        let client = try await place.connect()
        let ready = try await client.start(place.token)
        try await place.say("one")
        let event = try await client.next()
        try client.ack(event)
        let cursor = try #require(event?["cursor"]?.string.flatMap { Cursor($0) })
        try await eventually("it is stored") { try await place.storedCursor() == cursor }
        let start = try #require(ready?["cursor"]?.string.flatMap { Cursor($0) })
        let bot = try await service.authenticate(place.token)
        let claim = try #require(try await service.newestConnection(bot))
        _ = try await service.claimConnection(bot)
        try await service.setBotCursor(start, claim: claim, bot)
        #expect(try await place.storedCursor() == cursor)
        client.close()
    }
}
