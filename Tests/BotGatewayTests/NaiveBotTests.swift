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
    private func run(_ bots: [Naive], in place: BotChannel, acknowledgesFirst: Bool, hasNonce: Bool) async throws
        -> [Message]
    {
        let service = place.node.service
        let tasks = bots.map { bot in
            Task {
                while let event = try await bot.client.next() {
                    guard event["op"] == "event", let cursor = event["cursor"]?.string else { continue }
                    if acknowledgesFirst { try bot.client.ack(event) }
                    _ = try? await service.send(
                        MessageDraft(channelID: place.channel.id, text: "re", nonce: hasNonce ? cursor : nil),
                        as: bot.principal)
                    if !acknowledgesFirst { try bot.client.ack(event) }
                }
            }
        }
        try await place.say("start")
        try await eventually("the channel says why it ends", within: .seconds(30)) {
            try await place.messages().contains { $0.kind == .system }
        }
        // Were it to go on, it would do so within this: each end of a chain is followed by a message that both answer.
        try await eventually("nothing is in hand any more") {
            let count = try await place.messages().count
            try await Task.sleep(for: .milliseconds(150))
            return try await place.messages().count == count
        }
        for bot in bots { bot.client.close() }
        for task in tasks { _ = try? await task.value }
        return try await place.messages()
    }

    @Test(arguments: [(false, true), (false, false), (true, true), (true, false)])
    func `two bots that answer everything come to an end by themselves`(
        acknowledgesFirst: Bool, hasNonce: Bool
    ) async throws {
        let place = try await BotServer.shared().botChannel()
        var bots: [Naive] = []
        for number in 0..<2 {
            let (bot, token) =
                number == 0
                ? (place.bot, place.token)
                : try await place.node.service.createBot(
                    handle: "second-\(place.channel.name)", name: nil, by: place.node.admin)
            if number > 0 {
                _ = try await place.node.service.addMembers(
                    [bot.id], role: nil, to: place.channel.id, by: place.node.admin)
            }
            let client = try await place.connect()
            _ = try await client.start(token, extra: ["own": false])
            bots.append(Naive(client: client, principal: Principal(appID: place.node.admin.appID, user: bot)))
        }
        let said = try await run(bots, in: place, acknowledgesFirst: acknowledgesFirst, hasNonce: hasNonce)
        #expect(said.filter { $0.author.kind == .bot && $0.kind == .text }.count <= 20)
    }

    @Test func `a bot that answers itself comes to an end by itself`() async throws {
        let place = try await BotServer.shared().botChannel()
        let client = try await place.connect()
        _ = try await client.start(place.token)
        let bot = Naive(client: client, principal: Principal(appID: place.node.admin.appID, user: place.bot))
        let said = try await run([bot], in: place, acknowledgesFirst: false, hasNonce: false)
        #expect(said.filter { $0.author.kind == .bot && $0.kind == .text }.count <= 20)
    }

    @Test func `what a bot says with an event in hand came through one automation more, whatever it declares`()
        async throws
    {
        let place = try await BotServer.shared().botChannel()
        let service = place.node.service
        let bot = Principal(appID: place.node.admin.appID, user: place.bot)
        let client = try await place.connect()
        _ = try await client.start(place.token, extra: ["own": false])
        func say() async throws -> Int {
            try await service.send(MessageDraft(channelID: place.channel.id, text: "re"), as: bot).message.hops
        }
        #expect(try await say() == 0)
        _ = try await service.send(
            MessageDraft(channelID: place.channel.id, text: "through five", hops: 5), as: place.person)
        let event = try await client.next()
        #expect(event?["hops"] == 5)
        #expect(try await say() == 6)
        let edited = try await service.edit(
            try #require(try await place.messages().last?.id), text: "changed", by: bot)
        #expect(edited.text == "changed")
        try client.ack(event)
        try await eventually("it is settled") {
            try await place.storedCursor()?.description == event?["cursor"]?.string
        }
        #expect(try await say() == 0)
        client.close()
    }
}
