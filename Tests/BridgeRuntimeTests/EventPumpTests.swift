import BridgeKit
import BridgeRuntime
import BridgeTestSupport
import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import EventLoop
import Lifecycle
import Redis
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EventPumpTests {
    @Test func `events of a channel come in order and channels side by side`() async throws {
        let tenant = try await BridgeTenant()
        let left = try await tenant.chat.channel("left")
        let right = try await tenant.chat.channel("right")
        let gate = Gate()
        tenant.box.behave { _, text in if text == "l1" { await gate.wait() } }
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        for number in 1...5 {
            _ = try await tenant.say("l\(number)", in: left)
            _ = try await tenant.say("r\(number)", in: right)
        }
        try await eventually("the free channel is done") { tenant.box.done.count == 5 }
        #expect(tenant.box.done == ["r1", "r2", "r3", "r4", "r5"])
        #expect(tenant.box.tries.filter { $0.hasPrefix("l") } == ["l1"])
        gate.open()
        try await eventually("the other channel is done") { tenant.box.done.count == 10 }
        #expect(tenant.box.done.filter { $0.hasPrefix("l") } == ["l1", "l2", "l3", "l4", "l5"])
        await node.stop()
    }

    @Test func `a failed event is tried again while its channel waits`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let other = try await tenant.chat.channel("other")
        let box = tenant.box
        // The first event fails at least twice, and until the other channel's event is through.
        tenant.box.behave { _, text in
            guard text == "one" else { return }
            if !box.done.contains("three") || box.tries.filter({ $0 == "one" }).count < 3 {
                throw BridgeError.retry(after: .milliseconds(50), reason: "not yet")
            }
        }
        try tenant.write(tenant.recording("retry: { attempts: 1000, first: 1ms, max: 2ms }"))
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        for text in ["one", "two"] { _ = try await tenant.say(text, in: channel) }
        _ = try await tenant.say("three", in: other)
        try await eventually("all are done") { tenant.box.done.count == 3 }
        #expect(tenant.box.done == ["three", "one", "two"])
        let tries = tenant.box.tries.filter { $0 == "one" }.count
        #expect(tries >= 3)
        let status = try #require(try await node.status(of: tenant.name))
        #expect(status.retried == tries - 1)
        #expect(status.lastError == "not yet")
        #expect(
            node.metrics.exposition().contains(
                #"martlet_bridge_events_total{bridge="\#(tenant.name)",outcome="retried"} \#(tries - 1)"#))
        await node.stop()
    }

    @Test func `a channel that does not get on leaves room for the others`() async throws {
        let tenant = try await BridgeTenant()
        let stuck = try await tenant.chat.channel("stuck")
        let free = try await tenant.chat.channel("free")
        let isMended = Mutex(false)
        tenant.box.behave { event, _ in
            if event.event.channelID == stuck.id, !isMended.withLock({ $0 }) {
                throw BridgeError.retry(after: .milliseconds(50), reason: "stuck")
            }
        }
        for number in 1...300 { _ = try await tenant.say("\(number)", in: stuck) }
        try tenant.write(tenant.recording("start: beginning\nretry: { attempts: 1000, first: 1ms, max: 2ms }"))
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        for number in 301...400 { _ = try await tenant.say("\(number)", in: stuck) }
        _ = try await tenant.say("free", in: free)
        try await eventually("the other channel is served") { tenant.box.done == ["free"] }
        isMended.withLock { $0 = true }
        try await eventually("nothing was forgotten") { tenant.box.done.count == 401 }
        #expect(tenant.box.done.dropFirst().map { Int($0) } == (1...400).map { $0 })
        await node.stop()
    }

    @Test(arguments: [true, false])
    func `a retry hands out what holds now of a message that was deleted or edited meanwhile`(isDeleted: Bool)
        async throws
    {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let isChanged = Mutex(false)
        let got = Mutex<[BridgeEvent]>([])
        tenant.box.behave { event, _ in
            got.withLock { $0.append(event) }
            guard isChanged.withLock({ $0 }) else { throw BridgeError.retry(reason: "not yet") }
        }
        try tenant.write(tenant.recording("on: [message.created]\nretry: { attempts: 1000, first: 20ms, max: 40ms }"))
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        let message = try await tenant.say("my card 4111", in: channel)
        try await eventually("it was tried") { !tenant.box.tries.isEmpty }
        if isDeleted {
            _ = try await tenant.chat.service.delete(message.id, by: tenant.chat.admin)
        } else {
            _ = try await tenant.chat.service.edit(message.id, text: "my card", by: tenant.chat.admin)
        }
        try await tenant.fixture.settle()
        // Told once more as it was, maybe, by the try that was under way.
        let before = tenant.box.tries.count
        try await eventually("it is tried again") { tenant.box.tries.count > before + 1 }
        isChanged.withLock { $0 = true }
        try await eventually("it got there") { tenant.box.done.count == 1 }
        let last = try #require(got.withLock { $0.last })
        #expect(tenant.box.done == [isDeleted ? "" : "my card"])
        #expect(last.event.redacted == (isDeleted ? .deleted : .edited))
        #expect(got.withLock { Set($0.map(\.cursor)).count } == 1)
        #expect(!String(decoding: last.json, as: UTF8.self).contains("4111"))
        await node.stop()
    }

    @Test func `what cannot succeed becomes a dead letter that can be sent again`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let isMended = Mutex(false)
        tenant.box.behave { _, text in
            guard !isMended.withLock({ $0 }) else { return }
            if text == "bad" { throw BridgeError.giveUp(reason: "no such mailbox") }
            if text == "stubborn" { throw BridgeError.retry(reason: "again and again") }
        }
        try tenant.write(tenant.recording("retry: { attempts: 3, first: 1ms, max: 2ms }"))
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        for text in ["bad", "stubborn", "good"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("the good one is through") { tenant.box.done == ["good"] }
        let letters = try await node.runtime.deadLetters(of: tenant.name)
        #expect(letters.map(\.error) == ["no such mailbox", "again and again"])
        #expect(letters.map(\.attempts) == [1, 3])
        #expect(try await node.status(of: tenant.name)?.deadLetters == 2)
        await #expect(throws: BridgeRuntimeError.self) {
            try await node.runtime.retryDeadLetter(letters[0].id, of: tenant.name, by: tenant.chat.admin)
        }
        isMended.withLock { $0 = true }
        try await node.runtime.retryDeadLetter(letters[0].id, of: tenant.name, by: tenant.chat.admin)
        try await node.runtime.dropDeadLetter(letters[1].id, of: tenant.name, by: tenant.chat.admin)
        #expect(tenant.box.done == ["good", "bad"])
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        await node.stop()
    }

    @Test func `a target that is down stops the reading until it is back`() async throws {
        let tenant = try await BridgeTenant()
        let channels = [try await tenant.chat.channel("a"), try await tenant.chat.channel("b")]
        let isUp = Mutex(false)
        tenant.box.behave { _, _ in
            if !isUp.withLock({ $0 }) { throw BridgeError.targetDown(reason: "connection refused") }
        }
        try tenant.write(tenant.recording("retry: { attempts: 2, first: 1ms, max: 1ms }"))
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        for number in 1...10 { _ = try await tenant.say("\(number)", in: channels[number % 2]) }
        try await node.wait(for: .down, of: tenant.name)
        try await eventually("it is tried now and then") { tenant.box.tries.count > 6 }
        #expect(tenant.box.done.isEmpty)
        isUp.withLock { $0 = true }
        try await eventually("all are through") { tenant.box.done.count == 10 }
        #expect(tenant.box.done.compactMap { Int($0) }.filter { $0 % 2 == 0 } == [2, 4, 6, 8, 10])
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        try await node.wait(for: .running, of: tenant.name)
        await node.stop()
    }

    @Test func `a target that answers some and not others is never taken for down`() async throws {
        let tenant = try await BridgeTenant()
        let channels = [try await tenant.chat.channel("a"), try await tenant.chat.channel("b")]
        let count = Mutex(0)
        tenant.box.behave { _, _ in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            if number % 4 != 0 { throw BridgeError.targetSilent(reason: "no answer in time") }
        }
        try tenant.write(tenant.recording("retry: { attempts: 1000, first: 1ms, max: 2ms }"))
        let node = tenant.node(probe: .seconds(3600))
        try await node.wait(for: .running, of: tenant.name)
        for number in 1...20 { _ = try await tenant.say("\(number)", in: channels[number % 2]) }
        try await eventually("all are through") { tenant.box.done.count == 20 }
        #expect(try await node.status(of: tenant.name)?.state == .running)
        await node.stop()
    }

    @Test func `a target that hangs is asked with one event after another and none is given up`() async throws {
        let tenant = try await BridgeTenant()
        let channels = [try await tenant.chat.channel("a"), try await tenant.chat.channel("b")]
        let isUp = Mutex(false)
        tenant.box.behave { _, _ in
            if !isUp.withLock({ $0 }) { throw BridgeError.targetSilent(reason: "no answer in time") }
        }
        try tenant.write(tenant.recording("retry: { attempts: 6, first: 1ms, max: 1ms }"))
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        for number in 1...10 { _ = try await tenant.say("\(number)", in: channels[number % 2]) }
        try await node.wait(for: .down, of: tenant.name)
        try await eventually("the heads of both channels are tried more often than an event may fail") {
            ["1", "2"].allSatisfy { head in tenant.box.tries.count { $0 == head } > 6 }
        }
        isUp.withLock { $0 = true }
        try await eventually("all are through") { tenant.box.done.count == 10 }
        for parity in 0...1 {
            let expected = (1...10).filter { $0 % 2 == parity }
            #expect(tenant.box.done.compactMap { Int($0) }.filter { $0 % 2 == parity } == expected)
        }
        #expect(try await node.runtime.deadLetters(of: tenant.name).isEmpty)
        await node.stop()
    }

    @Test func `an event that a target cannot stomach does not stay at the head for ever`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        tenant.box.behave { _, text in
            if text == "poison" { throw BridgeError.targetFailing(reason: "500") }
        }
        try tenant.write(tenant.recording("retry: { attempts: 12, first: 1ms, max: 1ms }"))
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        for text in ["poison", "food"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("the next is through") { tenant.box.done == ["food"] }
        #expect(try await node.runtime.deadLetters(of: tenant.name).map(\.attempts) == [12])
        try await node.wait(for: .running, of: tenant.name)
        await node.stop()
    }

    @Test func `what a dead node had in hand is done by another`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let gate = Gate()
        let isFirst = Mutex(true)
        tenant.box.behave { _, text in
            if text == "one",
                isFirst.withLock({
                    let was = $0; $0 = false; return was
                })
            {
                await gate.wait()
                throw BridgeError.retry(reason: "the dead do not finish")
            }
        }
        try tenant.write(tenant.recording())
        let dead = tenant.node("node-1", lease: .milliseconds(400))
        try await dead.wait(for: .running, of: tenant.name)
        for text in ["one", "two", "three"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("the first is in hand") { tenant.box.inProgress.contains("one") }
        let heir = tenant.node("node-2", lease: .milliseconds(400))
        try await heir.wait(for: .standby, of: tenant.name)
        await dead.kill()
        try await eventually("the heir has done all") { tenant.box.done == ["one", "two", "three"] }
        gate.open()
        await dead.stop()
        await heir.stop()
    }

    @Test func `a node that comes back goes on with its own`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let isMended = Mutex(false)
        tenant.box.behave { _, _ in
            if !isMended.withLock({ $0 }) { throw BridgeError.retry(after: .seconds(60), reason: "wait") }
        }
        try tenant.write(tenant.recording())
        let first = tenant.node()
        try await first.wait(for: .running, of: tenant.name)
        for text in ["one", "two"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("it was tried") { tenant.box.tries == ["one"] }
        await first.stop()
        isMended.withLock { $0 = true }
        let second = tenant.node()
        try await eventually("both are done") { tenant.box.done == ["one", "two"] }
        await second.stop()
    }

    @Test func `a node that has lost its right without knowing it takes nothing from its successor`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("before", in: channel)
        try await eventually("it is done") { tenant.box.done == ["before"] }
        let redis = RedisClient(tenant.fixture.redis, loop: tenant.fixture.group.next(), logger: .silent, name: "test")
        try await eventually("it follows the stream") {
            try await redis.pipeline([RedisCommand("XPENDING", EventStream.key, EventStream.group(tenant.name))])
                .first?.array?.first?.integer == 0
        }
        // Another has the right by now, and has read.
        let lease = ChatStore.bridgeLease(tenant.name)
        let number = try await tenant.fixture.store.claimLease(lease, holder: "another")
        let key = "martlet:bridge:\(tenant.name):lease"
        _ = try await redis.send("SET", key, String(number))
        let newest = try await redis.send("XREVRANGE", EventStream.key, "+", "-", "COUNT", "1")
        let end = try #require(try RedisStreamEntry.list(newest).first.flatMap { Cursor($0.id) })
        _ = try await tenant.say("after", in: channel)
        try await node.wait(for: .standby, of: tenant.name)
        #expect(tenant.box.tries == ["before"])
        // What others do was perhaps read before the right was lost; nothing was after that.
        let pending = try await redis.send("XPENDING", EventStream.key, EventStream.group(tenant.name)).array
        let last = pending.flatMap { $0.count > 2 ? $0[2].string : nil }.flatMap { Cursor($0) }
        #expect(last ?? .beginning <= end)
        try await tenant.fixture.store.releaseLease(lease, number: number)
        try await eventually("it is done once the right is back") { tenant.box.done == ["before", "after"] }
        await node.stop()
        await redis.close()
    }

    @Test func `a lost group is made again where the bridge was`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("before", in: channel)
        try await eventually("it is done") { tenant.box.done == ["before"] }
        let redis = RedisClient(tenant.fixture.redis, loop: tenant.fixture.group.next(), logger: .silent, name: "test")
        try await eventually("the group is there") {
            try await redis.send("XGROUP", "DESTROY", EventStream.key, EventStream.group(tenant.name)).integer == 1
        }
        for text in ["after", "later"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("nothing is missing and nothing came twice") {
            tenant.box.done == ["before", "after", "later"]
        }
        await node.stop()
        await redis.close()
    }

    @Test func `an emptied Redis costs no event`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        try tenant.write(tenant.recording())
        let node = tenant.node(lease: .milliseconds(500))
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("before", in: channel)
        try await eventually("it is done") { tenant.box.done == ["before"] }
        let redis = RedisClient(fixture.redis, loop: fixture.group.next(), logger: .silent, name: "test")
        _ = try await redis.send("FLUSHDB")
        for number in 1...20 { _ = try await tenant.say("\(number)", in: channel) }
        try await eventually("all have come") { Set(tenant.box.done).count == 21 }
        #expect(tenant.box.done == ["before"] + (1...20).map(String.init))
        await node.stop()
        await redis.close()
        await fixture.stop()
    }

    @Test func `a bridge can begin with what was said before it was made`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        for text in ["old", "older"] { _ = try await tenant.say(text, in: channel) }
        try tenant.write(tenant.recording("start: beginning"))
        let node = tenant.node()
        _ = try await tenant.say("new", in: channel)
        try await eventually("all have come") { tenant.box.done == ["old", "older", "new"] }
        await node.stop()
    }

    @Test func `conditions choose by channel sender and text`() async throws {
        let tenant = try await BridgeTenant()
        let support = try await tenant.chat.channel("support")
        let customer = try await tenant.chat.channel("customer-7")
        let other = try await tenant.chat.channel("other")
        let hook = try await tenant.chat.hook(to: support)
        let writer = try #require(try await tenant.chat.service.hook(secret: hook.secret))
        try tenant.write(
            tenant.recording(
                """
                where:
                  channel: [support, "customer-*"]
                  sender.bot: false
                  text: { matches: "refunds?\\\\b" }
                """))
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("a REFUND please", in: support)
        _ = try await tenant.say("hello", in: support)
        _ = try await tenant.chat.service.send(
            MessageDraft(channelID: support.id, text: "refund by hook"), as: writer.principal)
        _ = try await tenant.say("refund elsewhere", in: other)
        _ = try await tenant.say("refunds for us", in: customer)
        try await eventually("two have come") { tenant.box.done.count == 2 }
        #expect(Set(tenant.box.done) == ["a REFUND please", "refunds for us"])
        await node.stop()
    }

    @Test func `a bridge that answers does not answer itself and two do not answer each other for ever`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        for number in 1...2 {
            try tenant.write(
                "bridge: answering\nname: \(tenant.name)-\(number)\napp: \(tenant.chat.app.name)\n",
                to: "\(number).yaml")
        }
        let node = tenant.node()
        for number in 1...2 { try await node.wait(for: .running, of: "\(tenant.name)-\(number)") }
        _ = try await tenant.say("hello", in: channel)
        try await eventually("the channel is told that it has ended") {
            try await tenant.chat.messages(in: channel).contains { $0.kind == .system }
        }
        let messages = try await tenant.chat.messages(in: channel)
        #expect(messages.contains { $0.text == "re: hello" && $0.author.name == "Echo" && $0.author.kind == .bot })
        // Eight rounds of two, or fewer where the turns were counted first.
        #expect((3...17).contains(messages.filter { $0.kind == .text }.count) && messages.allSatisfy { $0.hops <= 8 })
        await node.stop()
    }

    @Test func `a bridge that rests reads nothing until it is resumed`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let first = Mutex(true)
        tenant.box.behave { _, _ in
            if first.withLock({
                let was = $0; $0 = false; return was
            }) {
                throw BridgeError.giveUpAndPause(reason: "gone")
            }
        }
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("one", in: channel)
        try await node.wait(for: .paused, of: tenant.name)
        _ = try await tenant.say("two", in: channel)
        await node.stop()
        let again = tenant.node()
        try await again.wait(for: .paused, of: tenant.name)
        #expect(tenant.box.tries == ["one"])
        try await again.runtime.resume(tenant.name, by: tenant.chat.admin)
        try await eventually("the second has come") { tenant.box.done == ["two"] }
        await again.stop()
    }

    @Test func `an entry that is no event is put aside`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("before", in: channel)
        let redis = RedisClient(fixture.redis, loop: fixture.group.next(), logger: .silent, name: "test")
        try await eventually("it is done and the group is there") {
            let groups = try? await redis.send("XINFO", "GROUPS", EventStream.key).array
            return groups?.isEmpty == false && tenant.box.done == ["before"]
        }
        let head = try await fixture.store.head()
        _ = try await redis.send("XADD", EventStream.key, "\(head.transaction)-\(head.row + 1)", "nonsense", "1")
        _ = try await tenant.say("after", in: channel)
        try await eventually("the next has come") { tenant.box.done == ["before", "after"] }
        let letters = try await node.runtime.deadLetters(of: tenant.name)
        #expect(letters.map(\.error) == ["the entry in the stream is no event"])
        await node.stop()
        await redis.close()
        await fixture.stop()
    }
}

/// Lets tasks wait until a test lets them go on.
final class Gate: Sendable {
    private let latch = Latch()
    func open() { latch.open() }
    func wait() async { await latch.wait() }
}
