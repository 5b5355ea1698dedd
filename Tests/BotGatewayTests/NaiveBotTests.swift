import ChatModel
import ChatService
import Foundation
import TestSupport
import Testing

@testable import BotGateway

/// Programs written as the guide's "In another language" says, by somebody who thinks of no loops.
@Suite(.timeLimit(.minutes(1)))
struct NaiveBotTests {
    private struct Naive {
        let client: BotClient
        let principal: Principal
    }

    /// Answers everything that it is handed until nothing comes for a while.
    private func run(_ bots: [Naive], in room: Room, acknowledgesFirst: Bool, hasNonce: Bool) async throws -> [Message]
    {
        let service = room.house.service
        let tasks = bots.map { bot in
            Task {
                while let event = try await bot.client.next() {
                    guard event["op"] == "event", let cursor = event["cursor"]?.string else { continue }
                    if acknowledgesFirst { try bot.client.ack(event) }
                    _ = try? await service.send(
                        MessageDraft(channelID: room.channel.id, text: "re", nonce: hasNonce ? cursor : nil),
                        as: bot.principal)
                    if !acknowledgesFirst { try bot.client.ack(event) }
                }
            }
        }
        try await room.say("start")
        try await eventually("the channel says why it ends", within: .seconds(30)) {
            try await room.messages().contains { $0.kind == .system }
        }
        // Were it to go on, it would do so within this: each end of a chain is followed by a message that both answer.
        try await eventually("nothing is in hand any more") {
            let count = try await room.messages().count
            try await Task.sleep(for: .milliseconds(150))
            return try await room.messages().count == count
        }
        for bot in bots { bot.client.close() }
        for task in tasks { _ = try? await task.value }
        return try await room.messages()
    }

    @Test(arguments: [(false, true), (false, false), (true, true), (true, false)])
    func `two bots that answer everything come to an end by themselves`(
        acknowledgesFirst: Bool, hasNonce: Bool
    ) async throws {
        let room = try await BotHouse.shared().room()
        var bots: [Naive] = []
        for number in 0..<2 {
            let (bot, token) =
                number == 0
                ? (room.bot, room.token)
                : try await room.house.service.createBot(
                    handle: "second-\(room.channel.name)", name: nil, by: room.house.admin)
            if number > 0 {
                _ = try await room.house.service.addMembers(
                    [bot.id], role: nil, to: room.channel.id, by: room.house.admin)
            }
            let client = try await room.connect()
            _ = try await client.start(token, extra: ["own": false])
            bots.append(Naive(client: client, principal: Principal(appID: room.house.admin.appID, user: bot)))
        }
        let said = try await run(bots, in: room, acknowledgesFirst: acknowledgesFirst, hasNonce: hasNonce)
        #expect(said.filter { $0.author.kind == .bot && $0.kind == .text }.count <= 20)
    }

    @Test func `a bot that answers itself comes to an end by itself`() async throws {
        let room = try await BotHouse.shared().room()
        let client = try await room.connect()
        _ = try await client.start(room.token)
        let bot = Naive(client: client, principal: Principal(appID: room.house.admin.appID, user: room.bot))
        let said = try await run([bot], in: room, acknowledgesFirst: false, hasNonce: false)
        #expect(said.filter { $0.author.kind == .bot && $0.kind == .text }.count <= 10)
    }

    @Test func `what a bot says with an event in hand came through one automation more, whatever it declares`()
        async throws
    {
        let room = try await BotHouse.shared().room()
        let service = room.house.service
        let bot = Principal(appID: room.house.admin.appID, user: room.bot)
        let client = try await room.connect()
        _ = try await client.start(room.token, extra: ["own": false])
        func say() async throws -> Int {
            try await service.send(MessageDraft(channelID: room.channel.id, text: "re"), as: bot).message.hops
        }
        #expect(try await say() == 0)
        _ = try await service.send(
            MessageDraft(channelID: room.channel.id, text: "through five", hops: 5), as: room.person)
        let event = try await client.next()
        #expect(event?["hops"] == 5)
        #expect(try await say() == 6)
        let edited = try await service.edit(
            try #require(try await room.messages().last?.id), text: "changed", by: bot)
        #expect(edited.text == "changed")
        try client.ack(event)
        try await eventually("it is settled") { try await room.storedCursor()?.description == event?["cursor"]?.string }
        #expect(try await say() == 0)
        client.close()
    }
}
