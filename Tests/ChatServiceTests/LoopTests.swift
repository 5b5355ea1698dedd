import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LoopTests {
    private let fixture: ChatFixture
    private let tenant: ChatTenant
    private let channel: Channel
    private let ann: Principal
    private let bots: [Principal]
    private var service: ChatService { fixture.service }

    init() async throws {
        fixture = try await ChatFixture.shared()
        tenant = try await fixture.tenant()
        ann = try await tenant.person("ann")
        var bots: [Principal] = []
        for name in ["ping", "pong"] {
            let bot = try await fixture.service.createBot(handle: name, name: name, by: tenant.admin).bot
            bots.append(Principal(appID: tenant.app.id, user: bot))
        }
        self.bots = bots
        channel = try await tenant.channel("talk", members: [ann] + bots)
    }

    private func say(_ text: String, _ who: Principal, hops: Int = 0, on service: ChatService? = nil) async throws {
        _ = try await (service ?? self.service).send(
            MessageDraft(channelID: channel.id, text: text, hops: hops), as: who)
        try await fixture.settle()
    }

    /// Both speak in turn, whatever they declare, until one is refused.
    ///
    /// - Returns: How often they spoke.
    private func talk(at most: Int = 40, on service: ChatService? = nil) async throws -> Int {
        for number in 0..<most {
            do {
                try await say("re \(number)", bots[number % 2], on: service)
            } catch let error as ChatError {
                #expect(error.code == "automation_stopped")
                return number
            }
        }
        return most
    }

    private func newest() async throws -> EventRecord {
        try #require(
            try await fixture.store.events(
                after: .beginning, for: tenant.admin.userID, channels: [channel.id], app: tenant.app.id,
                types: [.messageCreated], limit: 1000
            ).last)
    }

    private func notices() async throws -> [Message] {
        try await tenant.messages(in: channel).filter { $0.kind == .system }
    }

    @Test func `two bots that declare nothing are stopped, and the channel says why and how it goes on`() async throws {
        for bot in bots { service.noteReading(bot) }
        try await say("start", ann)
        #expect(try await talk() == 10)
        let notice = try #require(try await notices().first)
        #expect(notice.text.contains("@ping") && notice.text.contains("@pong") && notice.text.contains("#talk"))
        #expect(notice.text.contains("martlet loop resume") && notice.hops == ChatLimits.hops)
        for bot in bots { #expect(await refusal { try await say("again", bot) }?.code == "automation_stopped") }
        #expect(try await notices().count == 1)

        // A person's word lets them go on, for as long again.
        try await say("what is it?", ann)
        #expect(try await talk() == 10)
        #expect(try await notices().count == 2)
    }

    @Test func `an administrator lets them go on, and nobody else does`() async throws {
        for bot in bots { service.noteReading(bot) }
        _ = try await talk()
        #expect(await refusal { try await service.resumeLoop(in: channel.id, by: ann) }?.code == "admin_only")
        let stopped = try await service.stoppedLoops(for: tenant.admin)
        #expect(stopped.map(\.channel) == [channel.id] && Set(stopped[0].participants) == Set(bots.map(\.userID)))
        try await service.resumeLoop(in: channel.id, by: tenant.admin)
        try await fixture.settle()
        #expect(try await service.stoppedLoops(for: tenant.admin).isEmpty)
        try await say("on we go", bots[0])
        #expect(await refusal { try await service.resumeLoop(in: channel.id, by: tenant.admin) }?.code == "not_stopped")
        let audited = try await service.audit(
            before: nil, after: nil, action: "loop.resumed", actor: nil, since: nil, limit: 10, for: tenant.admin)
        #expect(audited.map(\.subject) == ["channel:\(channel.id)"])
    }

    @Test func `other nodes know of a stop, and a start does not forget it`() async throws {
        for bot in bots { service.noteReading(bot) }
        #expect(try await talk() == 10)
        let node = try await fixture.node()
        try await node.service.loadLoops()
        for bot in bots {
            #expect(await refusal { try await say("again", bot, on: node.service) }?.code == "automation_stopped")
        }
        try await say("what is it?", ann, on: node.service)
        try await eventually("both nodes have heard it") {
            node.hub.position >= fixture.hub.position
        }
        try await say("I am free", bots[0])
        try await eventually("it is stored") { try await service.stoppedLoops(for: tenant.admin).isEmpty }
        await node.stop()
    }

    @Test func `what was counted before a start is counted after it`() async throws {
        for bot in bots { service.noteReading(bot) }
        for number in 0..<9 { try await say("re \(number)", bots[number % 2]) }
        try await eventually("the database knows who reads") {
            try await Set(bots.map(\.userID)).isSubset(of: fixture.store.readingBots())
        }
        let node = try await fixture.node()
        try await node.service.loadLoops()
        // The next one by the node that was just started is the tenth.
        #expect(try await service.stoppedLoops(for: tenant.admin).isEmpty)
        try await say("re 9", bots[1], on: node.service)
        try await eventually("the node has heard it") { node.hub.position >= fixture.hub.position }
        #expect(await refusal { try await say("re 10", bots[0], on: node.service) }?.code == "automation_stopped")
        await node.stop()
    }

    @Test func `feeds are not counted: bots that only write, and webhooks`() async throws {
        let first = try await tenant.hook("one", to: channel)
        let second = try await tenant.hook("two", to: channel)
        var hooks: [Principal] = []
        for made in [first, second] {
            hooks.append(try #require(try await service.hook(secret: made.secret)).principal)
        }
        for number in 0..<40 {
            _ = try await service.send(
                MessageDraft(channelID: channel.id, text: "\(number)", hops: 1), as: hooks[number % 2])
            _ = try await service.send(MessageDraft(channelID: channel.id, text: "\(number)"), as: bots[number % 2])
        }
        #expect(try await notices().isEmpty)
    }

    @Test func `what came through too many automations is refused, and the channel says so once`() async throws {
        for _ in 0..<2 {
            #expect(
                await refusal { try await say("on", bots[0], hops: ChatLimits.hops + 1) }?.code == "automation_loop")
        }
        let notices = try await notices()
        #expect(notices.count == 1 && notices[0].text.contains("@ping"))
    }

    @Test func `a bot that names an event answers it, at whatever node it is connected`() async throws {
        try await say("hello", ann, hops: 0)
        try await say("through three", bots[1], hops: 3)
        let cursor = try #require(
            try await fixture.store.pool.query(
                "SELECT xid::text || '-' || id FROM events WHERE channel_id = $1 ORDER BY xid DESC, id DESC LIMIT 1",
                channel.id.rawValue
            ).first?.decode(0, as: String.self))
        for nonce in [cursor, "\(cursor):0", "relay_\(cursor)"] {
            let sent = try await service.send(
                MessageDraft(channelID: channel.id, text: "re", nonce: nonce), as: bots[0])
            #expect(sent.message.hops == 4)
        }
        for nonce in ["812-", "-", "x-y", "99999999-1"] {
            let sent = try await service.send(
                MessageDraft(channelID: channel.id, text: "re", nonce: nonce), as: bots[0])
            #expect(sent.message.hops == 0)
        }
    }

    @Test func `an incoming webhook whose message a bridge has in hand comes round`() async throws {
        let made = try await tenant.hook("echo", to: channel)
        let principal = try #require(try await service.hook(secret: made.secret)).principal
        func post(_ text: String) async throws -> Int {
            let sent = try await service.send(
                MessageDraft(channelID: channel.id, text: text, hops: 1), as: principal)
            try await fixture.settle()
            return sent.message.hops
        }
        // A program that posts what it likes before it answers.
        try await say("hello", ann)
        var record = try await newest()
        for round in 2...ChatLimits.hops {
            let hops = await service.hookDeliveries.during([record]) { try? await post("\(round)") }
            #expect(hops == round)
            record = try await newest()
        }
        let end = await service.hookDeliveries.during([record]) { await refusal { try await post("more") } }
        #expect(end?.code == "automation_loop")
        #expect(try await notices().count == 1)

        // One that answers first, and repeats what it got.
        try await say("hello", ann)
        var text = "hello"
        for round in 2...ChatLimits.hops {
            record = try await newest()
            await service.hookDeliveries.during([record]) {}
            text = "re: \(text)"
            #expect(try await post(text) == round)
        }
        record = try await newest()
        await service.hookDeliveries.during([record]) {}
        #expect(await refusal { try await post("re: \(text)") }?.code == "automation_loop")
        // That it has ended is said once, and what is made of that is no beginning.
        #expect(try await notices().count == 2)
        try await fixture.settle()
        record = try await newest()
        #expect(record.data.contains(#""kind":"system""#))
        await service.hookDeliveries.during([record]) {}
        let notice = try #require(try await notices().last?.text)
        #expect(await refusal { try await post("re: \(notice)") }?.code == "automation_loop")
        #expect(try await notices().count == 2)

        // One that an alert began, and that quotes it.
        try await say("hm", ann)
        #expect(try await post("alert") == 1)
        text = "alert"
        for round in 2...ChatLimits.hops {
            record = try await newest()
            await service.hookDeliveries.during([record]) {}
            text = "fwd: \(text)"
            #expect(try await post(text) == round)
        }
    }

    @Test func `alerts are let pass, whoever is told of them and however slowly`() async throws {
        let made = try await tenant.hook("alerts", to: channel)
        let principal = try #require(try await service.hook(secret: made.secret)).principal
        func post(_ text: String) async throws -> Int {
            let sent = try await service.send(
                MessageDraft(channelID: channel.id, text: text, hops: 1), as: principal)
            try await fixture.settle()
            return sent.message.hops
        }
        try await say("deploy", ann)
        #expect(try await post("alert 0") == 1)
        for number in 1...20 {
            // The last one is in hand when the next comes, or was a moment ago.
            let record = try await newest()
            var hops: Int?
            if number % 2 == 0 {
                hops = await service.hookDeliveries.during([record]) { try? await post("alert \(number)!") }
            } else {
                hops = try await post("alert \(number)!")
            }
            #expect(hops == 1)
        }
        // The same words over and over, which nobody began.
        for _ in 0..<20 {
            let record = try await newest()
            await service.hookDeliveries.during([record]) {}
            #expect(try await post("disk full") == 1)
        }
        #expect(try await notices().isEmpty)
    }
}
