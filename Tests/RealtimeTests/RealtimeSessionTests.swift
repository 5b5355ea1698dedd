import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import EventLoop
import Postgres
import TestSupport
import Testing
import WebSocket

@Suite(.timeLimit(.minutes(1)))
struct RealtimeSessionTests {
    private let realtime: RealtimeServer
    private let tenant: ChatTenant
    private let channel: Channel

    init() async throws {
        realtime = try await RealtimeServer.shared()
        tenant = try await realtime.fixture.tenant()
        channel = try await tenant.channel()
    }

    /// A token without a password's hash behind it, of a member of the channel.
    private func token(_ handle: String) async throws -> String {
        let made = try await tenant.service.createBot(handle: handle, name: nil, by: tenant.admin)
        _ = try await tenant.service.addMembers([made.bot.id], role: .member, to: channel.id, by: tenant.admin)
        try await realtime.fixture.settle()
        return made.token
    }

    private func send(_ range: ClosedRange<Int>) async throws {
        for number in range {
            _ = try await tenant.service.send(MessageDraft(channelID: channel.id, text: "\(number)"), as: tenant.admin)
        }
    }

    // MARK: The beginning

    @Test func `hello, start, ready, by a token in the frame or in the header`() async throws {
        let token = try await token("bot")
        let client = try await realtime.connect()
        let hello = try await client.next("hello")
        #expect(hello["epoch"]?.string == realtime.fixture.store.epoch && hello["heartbeat_ms"]?.integer == 25_000)
        client.send(#"{"op":"start","token":"\#(token)"}"#)
        let ready = try await client.next("ready")
        #expect(ready["user"]?["handle"]?.string == "bot")
        #expect(ready["cursor"]?.string.flatMap { Cursor($0) } != nil)
        #expect(ready["epoch"]?.string == realtime.fixture.store.epoch)
        client.send(#"{"op":"start","token":"\#(token)"}"#)
        #expect(try await client.next("error")["problem"]?["code"]?.string == "already_started")
        client.send(#"{"op":"ping","n":7}"#)
        #expect(try await client.next("pong")["n"]?.integer == 7)
        client.close()
        let second = try await realtime.connect(token: token)
        second.send(#"{"op":"start"}"#)
        #expect(try await second.next("ready")["user"]?["handle"]?.string == "bot")
        second.close()
    }

    @Test func `who asks for no events gets answers alone, and is not online by it`() async throws {
        let writer = try await realtime.connect(token: try await token("writer"))
        writer.send(#"{"op":"start","events":false}"#)
        let id = try #require(try await writer.next("ready")["user"]?["id"]?.integer)
        let reader = try await realtime.connect(token: try await token("reader"))
        reader.send(#"{"op":"start"}"#)
        _ = try await reader.next("ready")
        writer.send(#"{"op":"send","id":"1","channel_id":\#(channel.id),"text":"heard by others"}"#)
        #expect(try await writer.next("sent", "event")["op"]?.string == "sent")
        #expect(try await reader.next("event")["data"]?["text"]?.string == "heard by others")
        // The event went to all connections of the loops before the reader had it: nothing may lie before the pong.
        writer.send(#"{"op":"ping","n":1}"#)
        #expect(try await writer.next("pong", "event")["op"]?.string == "pong")
        reader.send(#"{"op":"presence","id":"2","users":[\#(id)]}"#)
        #expect(try await reader.next("presences")["users"]?[0]?["status"]?.string == "offline")
        writer.send(#"{"op":"start"}"#)
        #expect(try await writer.next("error")["problem"]?["code"]?.string == "already_started")
        writer.close()
        reader.close()
    }

    @Test func `a bad token is refused, and the client may try again`() async throws {
        let client = try await realtime.connect()
        for (frame, code) in [
            (#"{"op":"start","id":"1","token":"mbt_wrong"}"#, "bad_token"),
            (#"{"op":"start","id":"1"}"#, "missing_field"),
            (#"{"op":"start","id":"1","token":"x"}"#, "bad_token"),
            (#"{"op":"send","id":"1","channel_id":\#(channel.id),"text":"x"}"#, "not_started"),
            (#"{"op":"typing","id":"1","channel_id":\#(channel.id)}"#, "not_started"),
        ] {
            client.send(frame)
            let error = try await client.next("error")
            #expect(error["problem"]?["code"]?.string == code, "\(frame)")
            #expect(error["id"]?.string == "1")
        }
        client.send(#"{"op":"start","token":"\#(try await token("bot"))","cursor":"x"}"#)
        #expect(try await client.next("error")["problem"]?["pointer"]?.string == "/cursor")
        client.send(#"{"op":"start","token":"\#(try await token("bot2"))"}"#)
        _ = try await client.next("ready")
        client.close()
        await #expect(throws: WebSocketError.self) { _ = try await realtime.connect(token: "mbt_wrong") }
    }

    @Test func `who does not say who it is in time is closed with 4000`() async throws {
        let realtime = try await RealtimeServer(
            ChatFixture(encode: { WebSocketFrame.text($0) }), startTimeout: .milliseconds(1))
        let client = try await realtime.connect()
        let close = await client.closed()
        #expect(close.code == 4000 && close.isRemote)
        await realtime.stop()
    }

    // MARK: What is wrong

    @Test func `a frame that cannot be understood is answered with the place where it is wrong`() async throws {
        let client = try await realtime.started(try await token("bot"))
        for (frame, pointer, id) in [
            ("", "", nil), ("{", "", nil), ("[]", "", nil), ("null", "", nil), ("7", "", nil), ("{}", "/op", nil),
            (#"{"op":7,"id":"1"}"#, "/op", "1"), (#"{"op":"fly","id":"1"}"#, "/op", "1"),
            (#"{"op":"send","id":"1","channel_id":"7","text":"x"}"#, "/channel_id", "1"),
            (#"{"op":"send","id":"1","channel_id":7,"text":["x"]}"#, "/text", "1"),
            (#"{"op":"send","id":"1","channel_id":7,"kind":"shout","text":""}"#, "/kind", "1"),
            (#"{"op":"send","id":"1","text":"x"}"#, "/channel_id", "1"),
            (#"{"op":"send","id":"1","channel_id":\#(channel.id),"text":"x","at":"late"}"#, "/at", "1"),
            (#"{"op":"send","id":"1","channel_id":\#(channel.id),"text":""}"#, "/text", "1"),
            (#"{"op":"presence","id":"1","users":[1,"2"]}"#, "/users/1", "1"),
            (#"{"op":"read","id":"1","channel_id":\#(channel.id)}"#, "/channel_id", "1"),
            (#"{"op":"send","id":7}"#, "/id", nil),
            (String(repeating: "[", count: 100_000), "", nil),
            (#"{"op":"send","id":"1","channel_id":1e400}"#, "/channel_id", "1"),
        ] as [(String, String, String?)] {
            client.send(frame)
            let error = try await client.next("error")
            #expect((error["problem"]?["pointer"]?.string ?? "") == pointer, "\(frame.prefix(80)): \(error)")
            if let id { #expect(error["id"]?.string == id, "\(frame)") }
            #expect(error["problem"]?["detail"]?.string?.isEmpty == false)
        }
        // Nothing of it has hurt the connection.
        client.send(#"{"op":"ping","n":1}"#)
        _ = try await client.next("pong")
        client.send(binary: [1, 2, 3])
        #expect(await client.closed().code == 1003)
    }

    @Test func `a frame beyond the limit closes with 1009`() async throws {
        let client = try await realtime.started(try await token("bot"))
        client.send(#"{"op":"ping","text":"\#(String(repeating: "x", count: 300_000))"}"#)
        #expect(await client.closed().code == 1009)
    }

    // MARK: Sending

    @Test func `messages sent in one go are acknowledged with their ids, in their order, and arrive`() async throws {
        let client = try await realtime.started(try await token("bot"))
        for number in 1...200 {
            client.send(
                #"{"op":"send","id":"s\#(number)","channel_id":\#(channel.id),"text":"\#(number)","nonce":"n\#(number)"}"#
            )
        }
        client.send(#"{"op":"send","id":"again","channel_id":\#(channel.id),"text":"x","nonce":"n200"}"#)
        for number in 1...200 {
            let sent = try await client.next("sent", "error")
            #expect(sent["id"]?.string == "s\(number)" && sent["seq"]?.integer == Int64(number), "\(sent)")
            #expect(sent["duplicate"]?.bool == false)
        }
        let again = try await client.next("sent", "error")
        #expect(again["id"]?.string == "again" && again["seq"]?.integer == 200 && again["duplicate"]?.bool == true)
        try await eventually("all events arrive") {
            client.frames.count(where: { $0["type"]?.string == "message.created" }) == 200
        }
        let texts = client.frames.filter { $0["type"]?.string == "message.created" }
            .compactMap { $0["data"]?["text"]?.string }
        #expect(texts == (1...200).map(String.init))
        client.close()
    }

    @Test func `read positions and refusals come back under their ids`() async throws {
        let client = try await realtime.started(try await token("bot"))
        try await send(1...3)
        client.send(#"{"op":"read","id":"r","channel_id":\#(channel.id),"seq":2}"#)
        let read = try await client.next("read", "error")
        #expect(read["read_seq"]?.integer == 2 && read["unread_count"]?.integer == 1 && read["id"]?.string == "r")
        #expect(try await client.event(.readUpdated)["data"]?["read_seq"]?.integer == 2)
        let foreign = try await realtime.fixture.tenant().channel()
        for op in ["send", "read", "delivered", "typing"] {
            client.send(#"{"op":"\#(op)","id":"f","channel_id":\#(foreign.id),"text":"x","seq":1}"#)
            let error = try await client.next("error")
            #expect(error["problem"]?["code"]?.string == "channel_not_found", "\(op)")
        }
        client.send(#"{"op":"send","id":"a","channel_id":\#(channel.id),"text":"x","as":\#(tenant.admin.userID)}"#)
        #expect(try await client.next("error")["problem"]?["code"]?.string == "admin_only")
        client.close()
    }

    @Test func `a flood is answered with rate_limited, and the connection lives on`() async throws {
        let realtime = try await RealtimeServer(
            ChatFixture(
                configuration: ChatConfiguration(sendsPerSecond: 1), encode: { WebSocketFrame.text($0) }))
        let tenant = try await realtime.fixture.tenant()
        let made = try await tenant.service.createBot(handle: "bot", name: nil, by: tenant.admin)
        let channel = try await tenant.channel()
        _ = try await tenant.service.addMembers([made.bot.id], role: .member, to: channel.id, by: tenant.admin)
        let client = try await realtime.started(made.token)
        for number in 1...600 {
            client.send(#"{"op":"send","id":"\#(number)","channel_id":\#(channel.id),"text":"x"}"#)
        }
        client.send(#"{"op":"ping","n":1}"#)
        _ = try await client.next("pong")
        try await eventually("all are answered") {
            client.frames.count(where: { ["sent", "error"].contains($0["op"]?.string) }) == 600
        }
        // Ten at once, and one more for each second that it took.
        #expect((10..<100).contains(client.frames.count(where: { $0["op"]?.string == "sent" })))
        let codes = Set(client.frames.compactMap { $0["problem"]?["code"]?.string })
        #expect(codes == ["rate_limited"])
        // The server stops: everybody is told to come back.
        async let closing = client.closed()
        await realtime.stop()
        #expect(await closing.code == 1012)
    }

    @Test func `an account has a bounded number of connections, and those that are open stay`() async throws {
        let realtime = try await RealtimeServer(
            ChatFixture(encode: { WebSocketFrame.text($0) }), socketsPerUser: 2)
        let tenant = try await realtime.fixture.tenant()
        let token = try await tenant.service.createBot(handle: "bot", name: nil, by: tenant.admin).token
        let other = try await tenant.service.createBot(handle: "other", name: nil, by: tenant.admin).token
        let first = try await realtime.started(token)
        let second = try await realtime.connect(token: token)
        second.send(#"{"op":"start","events":false}"#)
        _ = try await second.next("ready")
        let third = try await realtime.connect()
        third.send(#"{"op":"start","token":"\#(token)"}"#)
        let close = await third.closed()
        #expect(close.code == 4008 && close.reason.contains("2 connections"))
        let stranger = try await realtime.started(other)
        for client in [first, second, stranger] {
            client.send(#"{"op":"ping","n":1}"#)
            _ = try await client.next("pong")
        }
        // A place that became free is taken again.
        first.close()
        try await eventually("there is room again") {
            let next = try await realtime.connect()
            next.send(#"{"op":"start","token":"\#(token)"}"#)
            return (try? await next.next("ready")) != nil
        }
        await realtime.stop()
    }

    // MARK: Going on

    @Test func `a connection that was cut goes on by its cursor and misses nothing`() async throws {
        let token = try await token("bot")
        var client = try await realtime.started(token)
        var cursor: String?
        var seqs: [Int64] = []
        async let talking: Void = send(1...300)
        while seqs.count < 300 {
            let event = try await client.event(.messageCreated)
            seqs.append(try #require(event["data"]?["seq"]?.integer))
            cursor = event["cursor"]?.string
            if seqs.count % 60 == 0, seqs.count < 300 {
                client.close()
                client = try await realtime.started(token, after: cursor)
            }
        }
        try await talking
        #expect(seqs == Array(1...300))
        client.close()
    }

    @Test func `another epoch, or a cursor from too long ago, is told to reload`() async throws {
        let realtime = try await RealtimeServer(ChatFixture(encode: { WebSocketFrame.text($0) }))
        let tenant = try await realtime.fixture.tenant()
        let made = try await tenant.service.createBot(handle: "bot", name: nil, by: tenant.admin)
        try await realtime.fixture.settle()
        for frame in [#""cursor":"5-5","epoch":"other""#, #""cursor":"5-5""#] {
            try await realtime.fixture.store.pool.execute(
                "INSERT INTO settings VALUES ('trimmed_up_to', '9-9') ON CONFLICT DO NOTHING")
            let client = try await realtime.connect()
            client.send(#"{"op":"start","token":"\#(made.token)",\#(frame)}"#)
            #expect(try await client.next("reload")["reason"]?.string?.isEmpty == false)
            #expect(try await client.next("ready")["cursor"]?.string != "5-5")
            _ = try await tenant.person("live\(frame.count)")
            _ = try await client.event(.userCreated)
            client.close()
        }
        await realtime.stop()
    }

    @Test func `who does not read is cut with 1013 and gets the rest afterwards`() async throws {
        let token = try await token("bot")
        let client = try await realtime.started(token)
        client.pauseReading()
        let text = String(repeating: "x", count: 15_000)
        let (answers, continuation) = AsyncStream<Bool>.makeStream()
        let count = 800
        for _ in 0..<count {
            await tenant.service.submit(MessageDraft(channelID: channel.id, text: text), as: tenant.admin) {
                continuation.yield((try? $0.get()) != nil)
            }
        }
        var stored = 0
        for await isStored in answers {
            #expect(isStored)
            stored += 1
            if stored == count { break }
        }
        try await realtime.fixture.settle()
        client.resumeReading()
        // 1006 when it does not read for so long that the server gives up waiting for the close frame to be taken.
        #expect([1013, 1006].contains(await client.closed().code))
        var seqs = client.frames.compactMap { $0["data"]?["seq"]?.integer }
        #expect(seqs == Array(1...Int64(seqs.count)))
        #expect(seqs.count < count)
        // More than may wait for a receiver lies behind the cursor: it is sent as fast as it is read.
        let cursor = client.frames.last { $0["op"]?.string == "event" }?["cursor"]?.string
        let ready = client.frames.first { $0["op"]?.string == "ready" }?["cursor"]?.string
        let place = try #require(cursor == nil ? ready : cursor)
        let second = try await realtime.started(token, after: place)
        while seqs.count < count {
            seqs.append(try #require(try await second.event(.messageCreated)["data"]?["seq"]?.integer))
        }
        #expect(seqs == Array(1...Int64(count)))
        second.close()
    }

    // MARK: Others

    @Test func `logging out closes the connections of that log-in, and of no other`() async throws {
        let session = try await tenant.session("twice")
        let other = try await tenant.service.logIn(
            app: tenant.app.id, handle: "twice", password: ChatTenant.password, origin: tenant.app.name)
        let first = try await realtime.started(session.accessToken)
        let second = try await realtime.started(other.accessToken)
        try await tenant.service.logOut(try await tenant.service.authenticate(session.accessToken))
        #expect(await first.closed().code == 4003)
        _ = try await second.event(.sessionEnded)
        second.send(#"{"op":"ping","n":1}"#)
        _ = try await second.next("pong")
        second.close()
    }

    @Test func `who tells without an end that it types is not heard for a while`() async throws {
        let channel = try await tenant.channel("quiet")
        let reader = try await realtime.started(try await token("reader"))
        let writer = try await realtime.started(try await token("writer"))
        for handle in ["reader", "writer"] {
            let user = try await tenant.service.user(handle: handle, for: tenant.admin)
            _ = try await tenant.service.addMembers([user.id], role: .member, to: channel.id, by: tenant.admin)
        }
        _ = try await reader.event(.memberAdded)
        _ = try await reader.event(.memberAdded)
        for _ in 0..<200 { writer.send(#"{"op":"typing","channel_id":\#(channel.id)}"#) }
        writer.send(#"{"op":"send","channel_id":\#(channel.id),"text":"done"}"#)
        _ = try await reader.event(.messageCreated)
        func count() -> Int { reader.frames.count { $0["op"]?.string == "typing" } }
        try await eventually("some of it is heard") { count() >= 1 }
        // Two windows' worth, should one end in between.
        #expect(count() <= 40)
        reader.close()
        writer.close()
    }

    @Test func `how far somebody has got reaches the other members, the newest only`() async throws {
        let made = try await tenant.service.createBot(handle: "teller", name: nil, by: tenant.admin)
        let channel = try await tenant.channel("receipts", kind: .private)
        _ = try await tenant.service.addMembers([made.bot.id], role: .member, to: channel.id, by: tenant.admin)
        let listener = try await realtime.started(made.token)
        for text in ["1", "2", "3"] {
            _ = try await tenant.service.send(MessageDraft(channelID: channel.id, text: text), as: tenant.admin)
        }
        let reader = try await tenant.service.createBot(handle: "reader", name: nil, by: tenant.admin)
        _ = try await tenant.service.addMembers([reader.bot.id], role: .member, to: channel.id, by: tenant.admin)
        for text in ["4", "5", "6"] {
            _ = try await tenant.service.send(MessageDraft(channelID: channel.id, text: text), as: tenant.admin)
        }
        let client = try await realtime.started(reader.token)
        for seq in [4, 5, 4] {
            client.send(#"{"op":"delivered","channel_id":\#(channel.id),"seq":\#(seq)}"#)
        }
        client.send(#"{"op":"delivered","channel_id":\#(channel.id),"seq":99}"#)
        client.send(#"{"op":"read","id":"r","channel_id":\#(channel.id),"seq":5}"#)
        _ = try await client.next("read")
        var told: JSONValue?
        repeat {
            let frame = try await listener.next("receipts")
            #expect(frame["channel_id"]?.integer == channel.id.rawValue)
            #expect(frame["receipts"]?.array?.count == 1)
            told = frame["receipts"]?[0]
            #expect(told?["user_id"]?.integer == reader.bot.id.rawValue)
        } while told?["delivered_seq"]?.integer != 6 || told?["read_seq"]?.integer != 5
        #expect(told?["delivered_at"]?.string != nil && told?["read_at"]?.string != nil)
        let members = try await tenant.service.members(
            of: channel.id, after: UserID(0), limit: 10, for: tenant.admin)
        let member = try #require(members.first { $0.user.id == reader.bot.id })
        #expect(member.deliveredSeq == 6 && member.readSeq == 5)
        #expect(member.deliveredAt == told?["delivered_at"]?.string && member.readAt == told?["read_at"]?.string)
        listener.close()
        client.close()
    }

    @Test func `typing and presence reach the others, and only those of the app`() async throws {
        let first = try await realtime.started(try await token("first"))
        let foreignTenant = try await realtime.fixture.tenant()
        let foreign = try await realtime.started(
            try await foreignTenant.service.createBot(handle: "foreign", name: nil, by: foreignTenant.admin).token)
        let token = try await token("second")
        let id = try await tenant.service.user(handle: "second", for: tenant.admin).id
        for watcher in [first, foreign] {
            watcher.send(#"{"op":"presence","users":[\#(id)]}"#)
            #expect(try await watcher.next("presences")["users"]?[0]?["status"]?.string == "offline")
        }
        let second = try await realtime.started(token)
        func word() async throws -> String? {
            while true {
                let frame = try await first.next("presence")
                if frame["user_id"]?.integer == id.rawValue { return frame["status"]?.string }
            }
        }
        #expect(try await word() == "online")
        second.send(#"{"op":"typing","channel_id":\#(channel.id)}"#)
        let typing = try await first.next("typing")
        #expect(typing["user_id"]?.integer == id.rawValue && typing["channel_id"]?.integer == channel.id.rawValue)
        first.send(#"{"op":"presence","id":"p","users":[\#(id),\#(tenant.admin.userID),\#(Int64.max)]}"#)
        let presences = try await first.next("presences")["users"]?.array
        #expect(presences?.map { $0["status"]?.string } == ["online", "offline", "offline"])
        // A second connection of the same user is no news, and neither is its end.
        let third = try await realtime.started(token)
        third.close()
        _ = await third.closed()
        second.close()
        _ = await second.closed()
        #expect(try await word() == "offline")
        // A quick return ends with the true word.
        for _ in 0..<5 {
            let again = try await realtime.started(token)
            again.close()
            _ = await again.closed()
        }
        let last = try await realtime.started(token)
        try await eventually("the last word is online") {
            first.send(#"{"op":"presence","users":[\#(id)]}"#)
            let isOnline = try await first.next("presences")["users"]?[0]?["status"]?.string == "online"
            let words = first.frames.filter { $0["op"]?.string == "presence" }
            return isOnline && words.last?["status"]?.string == "online"
        }
        foreign.send(#"{"op":"ping","n":1}"#)
        _ = try await foreign.next("pong")
        let others = foreign.frames.filter { ["presence", "typing"].contains($0["op"]?.string) }
        #expect(others.isEmpty)
        first.send(#"{"op":"presence","id":"none","users":[]}"#)
        _ = try await first.next("presences")
        let told = first.frames.count { $0["op"]?.string == "presence" }
        let other = try await realtime.started(try await self.token("other"))
        last.close()
        _ = await last.closed()
        other.send(#"{"op":"presence","users":[\#(id)]}"#)
        if try await other.next("presences")["users"]?[0]?["status"]?.string == "online" {
            #expect(try await other.next("presence")["status"]?.string == "offline")
        }
        first.send(#"{"op":"ping","n":2}"#)
        _ = try await first.next("pong")
        #expect(first.frames.count { $0["op"]?.string == "presence" } == told, "nobody is told of whom they left")
        for client in [first, foreign, other] { client.close() }
    }

    @Test func `a member that is added gets what follows, and one that is removed is told and gets no more`()
        async throws
    {
        let secret = try await tenant.channel("secret", kind: .private)
        let client = try await realtime.started(try await token("bot"))
        let user = try await tenant.service.user(handle: "bot", for: tenant.admin).id
        func say(_ text: String) async throws {
            _ = try await tenant.service.send(MessageDraft(channelID: secret.id, text: text), as: tenant.admin)
        }
        try await say("before")
        _ = try await tenant.service.addMembers([user], role: .member, to: secret.id, by: tenant.admin)
        try await say("between")
        try await tenant.service.removeMember(user, from: secret.id, by: tenant.admin)
        try await say("after")
        try await send(1...1)
        _ = try await client.event(.memberRemoved)
        let last = try await client.event(.messageCreated)
        #expect(last["data"]?["text"]?.string == "1")
        let secrets = client.frames.filter { $0["channel_id"]?.integer == secret.id.rawValue }
        #expect(secrets.compactMap { $0["data"]?["text"]?.string } == ["between"])
        client.close()
    }

    /// What ends the right to be connected.
    enum Ending: CaseIterable { case closed, tokenReplaced, loggedOut, passwordChanged }

    @Test(arguments: Ending.allCases)
    func `nothing that happens behind the end of a log-in is sent to its connection`(ending: Ending) async throws {
        let service = tenant.service
        var clients: [Client] = []
        var ends: [() async throws -> Void] = []
        for number in 0..<(ending == .loggedOut || ending == .passwordChanged ? 3 : 10) {
            switch ending {
            case .closed, .tokenReplaced:
                clients.append(try await realtime.started(try await token("bot\(number)")))
                let id = try await service.user(handle: "bot\(number)", for: tenant.admin).id
                ends.append {
                    if ending == .closed {
                        try await service.closeBot(id, by: tenant.admin)
                    } else {
                        _ = try await service.replaceBotToken(id, by: tenant.admin)
                    }
                }
            case .loggedOut, .passwordChanged:
                let session = try await tenant.session("p\(number)")
                _ = try await service.addMembers([session.user.id], role: .member, to: channel.id, by: tenant.admin)
                clients.append(try await realtime.started(session.accessToken))
                let principal = try await service.authenticate(session.accessToken)
                ends.append {
                    if ending == .loggedOut {
                        try await service.logOut(principal)
                    } else {
                        _ = try await service.updateUser(
                            session.user.id, name: nil, email: nil, role: nil, isActive: nil,
                            password: "another horse", by: tenant.admin)
                    }
                }
            }
        }
        for (number, end) in ends.enumerated() {
            _ = try await service.send(
                MessageDraft(channelID: channel.id, text: "before \(number)"), as: tenant.admin)
            try await end()
            for _ in 0..<3 {
                _ = try await service.send(
                    MessageDraft(channelID: channel.id, text: "after \(number)"), as: tenant.admin)
            }
        }
        for (number, client) in clients.enumerated() {
            #expect(await client.closed().code == 4003)
            let texts = client.frames.compactMap { $0["data"]?["text"]?.string }
            #expect(texts.contains("before \(number)"))
            #expect(!texts.contains("after \(number)"))
        }
    }

    @Test func `a change of the account that ends nothing loses nothing`() async throws {
        let client = try await realtime.started(try await token("bot"))
        let id = try await tenant.service.user(handle: "bot", for: tenant.admin).id
        for number in 1...20 {
            _ = try await tenant.service.updateUser(
                id, name: "Bot \(number)", email: nil, role: nil, isActive: nil, password: nil, by: tenant.admin)
            try await send(number...number)
        }
        var types: [String] = []
        for number in 1...20 {
            _ = try await client.event(.userUpdated)
            let message = try await client.event(.messageCreated)
            types.append(message["data"]?["text"]?.string ?? "")
            #expect(types.last == "\(number)")
        }
        client.close()
    }

    @Test func `a bot that gets another role acts by it at once, on the connection that it has`() async throws {
        let client = try await realtime.started(try await token("bot"))
        let id = try await tenant.service.user(handle: "bot", for: tenant.admin).id
        func speakAsAdmin() async throws -> String? {
            client.send(
                #"{"op":"send","id":"s","channel_id":\#(channel.id),"text":"x","at":"2026-01-31T09:05:07Z"}"#)
            let answer = try await client.next("sent", "error")
            return answer["problem"]?["code"]?.string
        }
        #expect(try await speakAsAdmin() == "admin_only")
        for role in [User.Role.admin, .member] {
            _ = try await tenant.service.updateUser(
                id, name: nil, email: nil, role: role, isActive: nil, password: nil, by: tenant.admin)
            _ = try await client.event(.userUpdated)
            // What is said behind the event is said by the new role.
            _ = try await tenant.service.send(MessageDraft(channelID: channel.id, text: "go"), as: tenant.admin)
            while try await client.event(.messageCreated)["data"]?["text"]?.string != "go" {}
            #expect(try await speakAsAdmin() == (role == .admin ? nil : "admin_only"))
        }
        client.close()
    }

    @Test func `a connection that only writes is closed at the first word behind its log-out`() async throws {
        let session = try await tenant.session("writer")
        _ = try await tenant.service.addMembers([session.user.id], role: .member, to: channel.id, by: tenant.admin)
        let client = try await realtime.connect()
        client.send(#"{"op":"start","events":false,"token":"\#(session.accessToken)"}"#)
        _ = try await client.next("ready")
        try await tenant.service.logOut(try await tenant.service.authenticate(session.accessToken))
        client.send(#"{"op":"send","channel_id":\#(channel.id),"text":"too late"}"#)
        #expect(await client.closed().code == 4003)
        #expect(try await tenant.messages(in: channel).isEmpty)
    }

    @Test func `who is closed by an administrator is cut with 4003`() async throws {
        let client = try await realtime.started(try await token("bot"))
        let user = try await tenant.service.user(handle: "bot", for: tenant.admin).id
        try await tenant.service.closeBot(user, by: tenant.admin)
        #expect(await client.closed().code == 4003)
    }
}
