import ChatModel
import ChatService
import EventLog
import EventLoop
import Foundation
import HTTPClient
import HTTPTypes
import Telemetry
import TestSupport
import Testing
import WebSocket

@testable import BotGateway

@Suite(.timeLimit(.minutes(1)))
struct BotGatewayAccessTests {
    @Test func `a bot gets the events of its channels and goes on after its last acknowledgement`() async throws {
        let place = try await BotServer.shared().botChannel()
        let other = try await BotServer.shared().botChannel()
        let first = try await place.connect()
        let ready = try #require(try await first.start(place.token))
        #expect(ready["op"] == "ready" && ready["bot"]?["handle"]?.string == place.bot.handle)
        try await other.say("not for this bot")
        try await place.say("one")
        try await place.say("two")
        let one = try await first.next()
        #expect(one?["op"] == "event" && one?["type"] == "message.created" && one?["data"]?["text"] == "one")
        #expect(try await first.next()?["data"]?["text"] == "two")
        try first.ack(one)
        let cursor = try #require(one?["cursor"]?.string)
        try await eventually("the cursor is stored") { try await place.storedCursor()?.description == cursor }
        first.close()

        try await place.say("three")
        let second = try await place.connect()
        #expect(try await second.start(place.token)?["cursor"]?.string == cursor)
        #expect(try await second.next()?["data"]?["text"] == "two")
        let three = try await second.next()
        #expect(three?["data"]?["text"] == "three")
        try second.ack(three)
        // An older acknowledgement changes nothing.
        try second.ack(one)
        let last = try #require(three?["cursor"]?.string)
        try await eventually("the cursor is stored") { try await place.storedCursor()?.description == last }
        second.close()
    }

    @Test(arguments: [nil, true, false]) func `a bot hears of itself unless it asked not to`(own: Bool?) async throws {
        let place = try await BotServer.shared().botChannel()
        let client = try await place.connect()
        var extra: [String: JSONValue] = [:]
        if let own { extra["own"] = .bool(own) }
        _ = try await client.start(place.token, extra: extra)
        let bot = Principal(appID: place.node.admin.appID, user: place.bot)
        _ = try await place.node.service.send(MessageDraft(channelID: place.channel.id, text: "by the bot"), as: bot)
        try await place.say("by a person")
        if own != false { #expect(try await client.next()?["data"]?["text"] == "by the bot") }
        let last = try await client.next()
        #expect(last?["data"]?["text"] == "by a person")
        // What it did not get is behind it as well.
        try client.ack(last)
        let cursor = try #require(last?["cursor"]?.string)
        try await eventually("the cursor is stored") { try await place.storedCursor()?.description == cursor }
        client.close()
    }

    @Test func `what is not acknowledged is bounded`() async throws {
        let place = try await BotServer.shared().botChannel()
        let client = try await place.connect()
        _ = try await client.start(place.token)
        let count = BotGateway.maxInFlight + 10
        for number in 0..<count { try await place.say("\(number)") }
        var last: JSONValue?
        for number in 0..<BotGateway.maxInFlight {
            last = try await client.next()
            #expect(last?["data"]?["text"]?.string == "\(number)")
        }
        // Were the window open, an event would stand before the answer to this.
        try client.send(["op": "start", "token": "again"])
        #expect(try await client.next()?["op"] == "bye")

        let again = try await place.connect()
        _ = try await again.start(place.token)
        for _ in 0..<BotGateway.maxInFlight { last = try await again.next() }
        try again.ack(last)
        for number in BotGateway.maxInFlight..<count {
            #expect(try await again.next()?["data"]?["text"]?.string == "\(number)")
        }
        again.close()
    }

    @Test func `a newer connection takes the older one's place`() async throws {
        let place = try await BotServer.shared().botChannel()
        let older = try await place.connect()
        _ = try await older.start(place.token)
        let newer = try await place.connect()
        #expect(try await newer.start(place.token)?["op"] == "ready")
        let bye = try await older.next()
        #expect(bye?["op"] == "bye" && bye?["code"] == "superseded" && bye?["retry"] == false)
        #expect(try await older.next() == nil)
        try await place.say("for the newer one")
        #expect(try await newer.next()?["data"]?["text"] == "for the newer one")
        newer.close()
    }

    @Test func `only a good token of a bot opens the api`() async throws {
        let place = try await BotServer.shared().botChannel()
        let stranger = try await place.connect()
        let bye = try await stranger.start("mbt_nonsense")
        #expect(bye?["code"] == "bad_token" && bye?["retry"] == false)
        #expect(try await stranger.next() == nil)
        let empty = try await place.connect()
        #expect(try await empty.start("")?["code"] == "bad_token")
        let old = place.token
        _ = try await place.node.service.replaceBotToken(place.bot.id, by: place.node.admin)
        #expect(try await place.connect().start(old)?["code"] == "bad_token")
    }

    @Test(arguments: User.Role.allCases)
    func `bots of every role are let in, people of none, and nobody whose account is closed`(
        role: User.Role
    ) async throws {
        let place = try await BotServer.shared().botChannel()
        let (service, admin) = (place.node.service, place.node.admin)
        let handle = "h-\(place.channel.name)"
        _ = try await service.createUser(
            handle: handle, name: nil, email: nil, password: "a password", role: role, by: admin)
        let session = try await service.logIn(
            app: admin.appID, handle: handle, password: "a password", origin: handle)
        #expect(try await place.connect().start(session.accessToken)?["code"] == "bad_token")
        _ = try await service.updateUser(
            place.bot.id, name: nil, email: nil, role: role, isActive: nil, password: nil, by: admin)
        let client = try await place.connect()
        #expect(try await client.start(place.token)?["op"] == "ready")
        client.close()
        try await service.closeBot(place.bot.id, by: admin)
        #expect(try await place.connect().start(place.token)?["code"] == "bad_token")
    }

    @Test(arguments: [
        "", "[]", "null", "{}", #"{"op":1}"#, #"{"op":"start"}"#, #"{"op":"start","token":"x","cursor":"1"}"#,
        #"{"op":"start","token":"x","events":[]}"#, #"{"op":"ack"}"#, #"{"op":"ack","cursor":"-"}"#,
        #"{"op":"start","token":"x","own":"no"}"#, #"{"op":"start","token":"x","own":0}"#,
        String(repeating: "[", count: 20_000),
    ]) func `frames that make no sense end the connection with a reason`(text: String) async throws {
        let client = try await BotServer.shared().botChannel().connect()
        _ = try await client.next()
        client.send(raw: text)
        let bye = try await client.next()
        #expect(bye?["op"] == "bye" && bye?["code"] == "protocol" && bye?["detail"]?.string?.isEmpty == false)
        #expect(try await client.next() == nil)
    }

    @Test(arguments: [
        ("message.create", "message.created"), ("Messages.Created", "message.created"),
        ("reaction.add", "reaction.added"),
        ("message_created", "message.created"), ("message", "message.created"), ("members", "member.added"),
        ("dance", "/v1/events/schemas"),
    ]) func `a type of events that there is not ends the connection with the one that was meant`(
        type: String, words: String
    ) async throws {
        let place = try await BotServer.shared().botChannel()
        let client = try await place.connect()
        let bye = try await client.start(place.token, events: ["message.updated", type])
        #expect(bye?["op"] == "bye" && bye?["code"] == "protocol" && bye?["retry"] == false)
        #expect(bye?["detail"]?.string?.contains(type) == true && bye?["detail"]?.string?.contains(words) == true)
        let poll = await refused(place, "?types=message.created,\(type)")
        #expect(poll?.status == 422 && poll?.text.contains("unknown_event_type") == true)
        #expect(poll?.text.contains(words.replacing("/", with: "\\/")) == true || poll?.text.contains(words) == true)
    }

    private func refused(_ place: BotChannel, _ query: String) async -> (status: Int, text: String)? {
        let client = HTTPClient(
            loop: place.node.group.next(),
            configuration: {
                var configuration = HTTPClientConfiguration()
                configuration.addressPolicy = .any
                return configuration
            }(), logger: .silent)
        defer { client.close() }
        let response = try? await client.send(
            HTTPClientRequest(
                method: .get, url: place.node.address + "/v1/events" + query,
                headers: ["Authorization": "Bearer \(place.token)"]))
        return response.map { ($0.status, String(decoding: $0.body, as: UTF8.self)) }
    }

    @Test func `a cursor beyond the end is answered with a reload, whatever name of the log is shown`() async throws {
        let place = try await BotServer.shared().botChannel()
        for epoch in [place.node.log.epoch, nil] {
            let client = try await place.connect()
            let first = try await client.start(
                place.token, cursor: Cursor(transaction: .max >> 2, row: 1),
                extra: epoch.map { ["epoch": .string($0)] } ?? [:])
            #expect(first?["op"] == "reload")
            let ready = try await client.next()
            #expect(ready?["op"] == "ready" && ready?["epoch"]?.string == place.node.log.epoch)
            client.close()
        }
    }

    @Test func `frames of a newer client, and acknowledgements of what nobody knows, are let pass`() async throws {
        let place = try await BotServer.shared().botChannel()
        let client = try await place.connect()
        client.send(raw: #"{"op":"ack","cursor":"1-1"}"#)
        client.send(raw: #"{"op":"dance","steps":[1,2]}"#)
        _ = try await client.start(place.token)
        client.send(raw: #"{"op":"ack","cursor":"18446744073709551615-1"}"#)
        try await place.say("still here")
        #expect(try await client.next()?["data"]?["text"] == "still here")
        client.close()
    }

    @Test func `a bot that joins a channel hears it from then on`() async throws {
        let place = try await BotServer.shared().botChannel()
        let client = try await place.connect()
        _ = try await client.start(place.token, events: ["message.created", "member.added"])
        // The making of the place may still be on its way.
        try await place.say("mark")
        while try await client.next()?["data"]?["text"] != "mark" {}
        let fresh = try await place.node.service.createChannel(
            kind: .private, name: "side-\(place.channel.name)", topic: "", members: [place.person.userID],
            by: place.person
        )
        _ = try await place.node.service.send(
            MessageDraft(channelID: fresh.id, text: "before"), as: place.person)
        _ = try await place.node.service.addMembers([place.bot.id], role: .member, to: fresh.id, by: place.person)
        _ = try await place.node.service.send(MessageDraft(channelID: fresh.id, text: "after"), as: place.person)
        #expect(try await client.next()?["type"] == "member.added")
        #expect(try await client.next()?["data"]?["text"] == "after")
        client.close()
    }

    @Test func `the window counts what was sent and takes acknowledgements in any way`() {
        func cursor(_ number: UInt64) -> Cursor { Cursor(transaction: number, row: 0) }
        var window = DeliveryWindow(limit: 3, start: cursor(10))
        for number in 11...13 { window.sent(cursor(UInt64(number))) }
        #expect(window.room == 0)
        let isNews = window.acknowledge(cursor(12))
        let isOld = window.acknowledge(cursor(11))
        #expect(isNews && !isOld && window.room == 2 && !window.isEmpty)
        let isAhead = window.acknowledge(cursor(20))
        #expect(isAhead && window.isEmpty && !window.wants(cursor(15)) && window.wants(cursor(21)))
    }

    @Test(arguments: [true, false])
    func `a token that is replaced ends the connection, and nothing behind that is sent`(closes: Bool) async throws {
        let place = try await BotServer.shared().botChannel()
        let client = try await place.connect()
        _ = try await client.start(place.token)
        try await place.say("before")
        // What has not left when the token ends is not sent either.
        #expect(try await client.next()?["data"]?["text"] == "before")
        if closes {
            try await place.node.service.closeBot(place.bot.id, by: place.node.admin)
        } else {
            _ = try await place.node.service.replaceBotToken(place.bot.id, by: place.node.admin)
        }
        for _ in 0..<5 { try await place.say("after") }
        let bye = try await client.next()
        #expect(bye?["op"] == "bye" && bye?["code"] == "bad_token" && bye?["retry"] == false)
        #expect(try await client.next() == nil)
    }

    @Test func `clients that name the server as the origin come in, pages of others do not`() async throws {
        let node = try await BotServer.shared()
        let url = node.address.replacing("http://", with: "ws://") + "/v1/bot"
        for origin in [node.address, node.address.replacing("http", with: "https")] {
            let connection = try await WebSocketConnection.connect(
                url: url, headers: ["Origin": origin], on: node.group.next())
            connection.close()
        }
        for origin in ["http://127.0.0.1:1", "https://evil.example", "null"] {
            await #expect(throws: (any Error).self) {
                try await WebSocketConnection.connect(url: url, headers: ["Origin": origin], on: node.group.next())
            }
        }
    }
}
