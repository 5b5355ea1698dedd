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
        let town = try await BridgeTown()
        let left = try await town.chat.channel("left")
        let right = try await town.chat.channel("right")
        let gate = Gate()
        town.box.behave { _, text in if text == "l1" { await gate.wait() } }
        try town.write(town.recording())
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        for number in 1...5 {
            _ = try await town.say("l\(number)", in: left)
            _ = try await town.say("r\(number)", in: right)
        }
        try await eventually("the free channel is done") { town.box.done.count == 5 }
        #expect(town.box.done == ["r1", "r2", "r3", "r4", "r5"])
        #expect(town.box.tries.filter { $0.hasPrefix("l") } == ["l1"])
        gate.open()
        try await eventually("the other channel is done") { town.box.done.count == 10 }
        #expect(town.box.done.filter { $0.hasPrefix("l") } == ["l1", "l2", "l3", "l4", "l5"])
        await node.stop()
    }

    @Test func `a failed event is tried again while its channel waits`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        let other = try await town.chat.channel("other")
        let box = town.box
        // The first event fails at least twice, and until the other channel's event is through.
        town.box.behave { _, text in
            guard text == "one" else { return }
            if !box.done.contains("three") || box.tries.filter({ $0 == "one" }).count < 3 {
                throw BridgeError.retry(after: .milliseconds(50), reason: "not yet")
            }
        }
        try town.write(town.recording("retry: { attempts: 1000, first: 1ms, max: 2ms }"))
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        for text in ["one", "two"] { _ = try await town.say(text, in: channel) }
        _ = try await town.say("three", in: other)
        try await eventually("all are done") { town.box.done.count == 3 }
        #expect(town.box.done == ["three", "one", "two"])
        let tries = town.box.tries.filter { $0 == "one" }.count
        #expect(tries >= 3)
        let status = try #require(try await node.status(of: town.name))
        #expect(status.retried == tries - 1)
        #expect(status.lastError == "not yet")
        #expect(
            node.metrics.exposition().contains(
                #"martlet_bridge_events_total{bridge="\#(town.name)",outcome="retried"} \#(tries - 1)"#))
        await node.stop()
    }

    @Test func `a channel that does not get on leaves room for the others`() async throws {
        let town = try await BridgeTown()
        let stuck = try await town.chat.channel("stuck")
        let free = try await town.chat.channel("free")
        let isMended = Mutex(false)
        town.box.behave { event, _ in
            if event.event.channelID == stuck.id, !isMended.withLock({ $0 }) {
                throw BridgeError.retry(after: .milliseconds(50), reason: "stuck")
            }
        }
        for number in 1...300 { _ = try await town.say("\(number)", in: stuck) }
        try town.write(town.recording("start: beginning\nretry: { attempts: 1000, first: 1ms, max: 2ms }"))
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        for number in 301...400 { _ = try await town.say("\(number)", in: stuck) }
        _ = try await town.say("free", in: free)
        try await eventually("the other channel is served") { town.box.done == ["free"] }
        isMended.withLock { $0 = true }
        try await eventually("nothing was forgotten") { town.box.done.count == 401 }
        #expect(town.box.done.dropFirst().map { Int($0) } == (1...400).map { $0 })
        await node.stop()
    }

    @Test(arguments: [true, false])
    func `a retry hands out what holds now of a message that was deleted or edited meanwhile`(isDeleted: Bool)
        async throws
    {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        let isChanged = Mutex(false)
        let got = Mutex<[BridgeEvent]>([])
        town.box.behave { event, _ in
            got.withLock { $0.append(event) }
            guard isChanged.withLock({ $0 }) else { throw BridgeError.retry(reason: "not yet") }
        }
        try town.write(town.recording("on: [message.created]\nretry: { attempts: 1000, first: 20ms, max: 40ms }"))
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        let message = try await town.say("my card 4111", in: channel)
        try await eventually("it was tried") { !town.box.tries.isEmpty }
        if isDeleted {
            _ = try await town.chat.service.delete(message.id, by: town.chat.admin)
        } else {
            _ = try await town.chat.service.edit(message.id, text: "my card", by: town.chat.admin)
        }
        try await town.fixture.settle()
        // Told once more as it was, maybe, by the try that was under way.
        let before = town.box.tries.count
        try await eventually("it is tried again") { town.box.tries.count > before + 1 }
        isChanged.withLock { $0 = true }
        try await eventually("it got there") { town.box.done.count == 1 }
        let last = try #require(got.withLock { $0.last })
        #expect(town.box.done == [isDeleted ? "" : "my card"])
        #expect(last.event.redacted == (isDeleted ? .deleted : .edited))
        #expect(got.withLock { Set($0.map(\.cursor)).count } == 1)
        #expect(!String(decoding: last.json, as: UTF8.self).contains("4111"))
        await node.stop()
    }

    @Test func `what cannot succeed becomes a dead letter that can be sent again`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        let isMended = Mutex(false)
        town.box.behave { _, text in
            guard !isMended.withLock({ $0 }) else { return }
            if text == "bad" { throw BridgeError.giveUp(reason: "no such mailbox") }
            if text == "stubborn" { throw BridgeError.retry(reason: "again and again") }
        }
        try town.write(town.recording("retry: { attempts: 3, first: 1ms, max: 2ms }"))
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        for text in ["bad", "stubborn", "good"] { _ = try await town.say(text, in: channel) }
        try await eventually("the good one is through") { town.box.done == ["good"] }
        let letters = try await node.runtime.deadLetters(of: town.name)
        #expect(letters.map(\.error) == ["no such mailbox", "again and again"])
        #expect(letters.map(\.attempts) == [1, 3])
        #expect(try await node.status(of: town.name)?.deadLetters == 2)
        await #expect(throws: BridgeRuntimeError.self) {
            try await node.runtime.retryDeadLetter(letters[0].id, of: town.name, by: town.chat.admin)
        }
        isMended.withLock { $0 = true }
        try await node.runtime.retryDeadLetter(letters[0].id, of: town.name, by: town.chat.admin)
        try await node.runtime.dropDeadLetter(letters[1].id, of: town.name, by: town.chat.admin)
        #expect(town.box.done == ["good", "bad"])
        #expect(try await node.runtime.deadLetters(of: town.name).isEmpty)
        await node.stop()
    }

    @Test func `a target that is down stops the reading until it is back`() async throws {
        let town = try await BridgeTown()
        let channels = [try await town.chat.channel("a"), try await town.chat.channel("b")]
        let isUp = Mutex(false)
        town.box.behave { _, _ in
            if !isUp.withLock({ $0 }) { throw BridgeError.targetDown(reason: "connection refused") }
        }
        try town.write(town.recording("retry: { attempts: 2, first: 1ms, max: 1ms }"))
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        for number in 1...10 { _ = try await town.say("\(number)", in: channels[number % 2]) }
        try await node.wait(for: .down, of: town.name)
        try await eventually("it is tried now and then") { town.box.tries.count > 6 }
        #expect(town.box.done.isEmpty)
        isUp.withLock { $0 = true }
        try await eventually("all are through") { town.box.done.count == 10 }
        #expect(town.box.done.compactMap { Int($0) }.filter { $0 % 2 == 0 } == [2, 4, 6, 8, 10])
        #expect(try await node.runtime.deadLetters(of: town.name).isEmpty)
        try await node.wait(for: .running, of: town.name)
        await node.stop()
    }

    @Test func `a target that answers some and not others is never taken for down`() async throws {
        let town = try await BridgeTown()
        let channels = [try await town.chat.channel("a"), try await town.chat.channel("b")]
        let count = Mutex(0)
        town.box.behave { _, _ in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            if number % 4 != 0 { throw BridgeError.targetSilent(reason: "no answer in time") }
        }
        try town.write(town.recording("retry: { attempts: 1000, first: 1ms, max: 2ms }"))
        let node = town.node(probe: .seconds(3600))
        try await node.wait(for: .running, of: town.name)
        for number in 1...20 { _ = try await town.say("\(number)", in: channels[number % 2]) }
        try await eventually("all are through") { town.box.done.count == 20 }
        #expect(try await node.status(of: town.name)?.state == .running)
        await node.stop()
    }

    @Test func `a target that hangs is asked with one event after another and none is given up`() async throws {
        let town = try await BridgeTown()
        let channels = [try await town.chat.channel("a"), try await town.chat.channel("b")]
        let isUp = Mutex(false)
        town.box.behave { _, _ in
            if !isUp.withLock({ $0 }) { throw BridgeError.targetSilent(reason: "no answer in time") }
        }
        try town.write(town.recording("retry: { attempts: 6, first: 1ms, max: 1ms }"))
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        for number in 1...10 { _ = try await town.say("\(number)", in: channels[number % 2]) }
        try await node.wait(for: .down, of: town.name)
        try await eventually("the heads of both channels are tried more often than an event may fail") {
            ["1", "2"].allSatisfy { head in town.box.tries.count { $0 == head } > 6 }
        }
        isUp.withLock { $0 = true }
        try await eventually("all are through") { town.box.done.count == 10 }
        for parity in 0...1 {
            let expected = (1...10).filter { $0 % 2 == parity }
            #expect(town.box.done.compactMap { Int($0) }.filter { $0 % 2 == parity } == expected)
        }
        #expect(try await node.runtime.deadLetters(of: town.name).isEmpty)
        await node.stop()
    }

    @Test func `an event that a target cannot stomach does not stay at the head for ever`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        town.box.behave { _, text in
            if text == "poison" { throw BridgeError.targetFailing(reason: "500") }
        }
        try town.write(town.recording("retry: { attempts: 12, first: 1ms, max: 1ms }"))
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        for text in ["poison", "food"] { _ = try await town.say(text, in: channel) }
        try await eventually("the next is through") { town.box.done == ["food"] }
        #expect(try await node.runtime.deadLetters(of: town.name).map(\.attempts) == [12])
        try await node.wait(for: .running, of: town.name)
        await node.stop()
    }

    @Test func `what a dead node had in hand is done by another`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        let gate = Gate()
        let isFirst = Mutex(true)
        town.box.behave { _, text in
            if text == "one",
                isFirst.withLock({
                    let was = $0; $0 = false; return was
                })
            {
                await gate.wait()
                throw BridgeError.retry(reason: "the dead do not finish")
            }
        }
        try town.write(town.recording())
        let dead = town.node("node-1", lease: .milliseconds(400))
        try await dead.wait(for: .running, of: town.name)
        for text in ["one", "two", "three"] { _ = try await town.say(text, in: channel) }
        try await eventually("the first is in hand") { town.box.inProgress.contains("one") }
        let heir = town.node("node-2", lease: .milliseconds(400))
        try await heir.wait(for: .standby, of: town.name)
        await dead.kill()
        try await eventually("the heir has done all") { town.box.done == ["one", "two", "three"] }
        gate.open()
        await dead.stop()
        await heir.stop()
    }

    @Test func `a node that comes back goes on with its own`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        let isMended = Mutex(false)
        town.box.behave { _, _ in
            if !isMended.withLock({ $0 }) { throw BridgeError.retry(after: .seconds(60), reason: "wait") }
        }
        try town.write(town.recording())
        let first = town.node()
        try await first.wait(for: .running, of: town.name)
        for text in ["one", "two"] { _ = try await town.say(text, in: channel) }
        try await eventually("it was tried") { town.box.tries == ["one"] }
        await first.stop()
        isMended.withLock { $0 = true }
        let second = town.node()
        try await eventually("both are done") { town.box.done == ["one", "two"] }
        await second.stop()
    }

    @Test func `a node that has lost its right without knowing it takes nothing from its successor`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        try town.write(town.recording())
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        _ = try await town.say("before", in: channel)
        try await eventually("it is done") { town.box.done == ["before"] }
        let redis = RedisClient(town.fixture.redis, loop: town.fixture.group.next(), logger: .silent, name: "test")
        try await eventually("it follows the stream") {
            try await redis.pipeline([RedisCommand("XPENDING", EventStream.key, EventStream.group(town.name))])
                .first?.array?.first?.integer == 0
        }
        // Another has the right by now, and has read.
        let lease = ChatStore.bridgeLease(town.name)
        let number = try await town.fixture.store.claimLease(lease, holder: "another")
        let key = "martlet:bridge:\(town.name):lease"
        _ = try await redis.send("SET", key, String(number))
        let newest = try await redis.send("XREVRANGE", EventStream.key, "+", "-", "COUNT", "1")
        let end = try #require(try RedisStreamEntry.list(newest).first.flatMap { Cursor($0.id) })
        _ = try await town.say("after", in: channel)
        try await node.wait(for: .standby, of: town.name)
        #expect(town.box.tries == ["before"])
        // What others do was perhaps read before the right was lost; nothing was after that.
        let pending = try await redis.send("XPENDING", EventStream.key, EventStream.group(town.name)).array
        let last = pending.flatMap { $0.count > 2 ? $0[2].string : nil }.flatMap { Cursor($0) }
        #expect(last ?? .beginning <= end)
        try await town.fixture.store.releaseLease(lease, number: number)
        try await eventually("it is done once the right is back") { town.box.done == ["before", "after"] }
        await node.stop()
        await redis.close()
    }

    @Test func `a lost group is made again where the bridge was`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        try town.write(town.recording())
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        _ = try await town.say("before", in: channel)
        try await eventually("it is done") { town.box.done == ["before"] }
        let redis = RedisClient(town.fixture.redis, loop: town.fixture.group.next(), logger: .silent, name: "test")
        try await eventually("the group is there") {
            try await redis.send("XGROUP", "DESTROY", EventStream.key, EventStream.group(town.name)).integer == 1
        }
        for text in ["after", "later"] { _ = try await town.say(text, in: channel) }
        try await eventually("nothing is missing and nothing came twice") {
            town.box.done == ["before", "after", "later"]
        }
        await node.stop()
        await redis.close()
    }

    @Test func `an emptied Redis costs no event`() async throws {
        let fixture = try await ChatFixture()
        let town = try await BridgeTown(fixture)
        let channel = try await town.chat.channel()
        try town.write(town.recording())
        let node = town.node(lease: .milliseconds(500))
        try await node.wait(for: .running, of: town.name)
        _ = try await town.say("before", in: channel)
        try await eventually("it is done") { town.box.done == ["before"] }
        let redis = RedisClient(fixture.redis, loop: fixture.group.next(), logger: .silent, name: "test")
        _ = try await redis.send("FLUSHDB")
        for number in 1...20 { _ = try await town.say("\(number)", in: channel) }
        try await eventually("all have come") { Set(town.box.done).count == 21 }
        #expect(town.box.done == ["before"] + (1...20).map(String.init))
        await node.stop()
        await redis.close()
        await fixture.stop()
    }

    @Test func `a bridge can begin with what was said before it was made`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        for text in ["old", "older"] { _ = try await town.say(text, in: channel) }
        try town.write(town.recording("start: beginning"))
        let node = town.node()
        _ = try await town.say("new", in: channel)
        try await eventually("all have come") { town.box.done == ["old", "older", "new"] }
        await node.stop()
    }

    @Test func `conditions choose by channel sender and text`() async throws {
        let town = try await BridgeTown()
        let support = try await town.chat.channel("support")
        let customer = try await town.chat.channel("customer-7")
        let other = try await town.chat.channel("other")
        let hook = try await town.chat.hook(to: support)
        let writer = try #require(try await town.chat.service.hook(secret: hook.secret))
        try town.write(
            town.recording(
                """
                where:
                  channel: [support, "customer-*"]
                  sender.bot: false
                  text: { matches: "refunds?\\\\b" }
                """))
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        _ = try await town.say("a REFUND please", in: support)
        _ = try await town.say("hello", in: support)
        _ = try await town.chat.service.send(
            MessageDraft(channelID: support.id, text: "refund by hook"), as: writer.principal)
        _ = try await town.say("refund elsewhere", in: other)
        _ = try await town.say("refunds for us", in: customer)
        try await eventually("two have come") { town.box.done.count == 2 }
        #expect(Set(town.box.done) == ["a REFUND please", "refunds for us"])
        await node.stop()
    }

    @Test func `a bridge that answers does not answer itself and two do not answer each other for ever`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        for number in 1...2 {
            try town.write(
                "bridge: answering\nname: \(town.name)-\(number)\napp: \(town.chat.app.name)\n", to: "\(number).yaml")
        }
        let node = town.node()
        for number in 1...2 { try await node.wait(for: .running, of: "\(town.name)-\(number)") }
        _ = try await town.say("hello", in: channel)
        try await eventually("the chain has ended") {
            let exposition = node.metrics.exposition()
            return (1...2).contains { number in
                !exposition.contains(
                    #"martlet_bridge_events_total{bridge="\#(town.name)-\#(number)",outcome="looped"} 0"#)
            }
        }
        try await eventually("every answer is there") {
            try await town.chat.messages(in: channel).count == 1 + 2 * 8
        }
        let messages = try await town.chat.messages(in: channel)
        #expect(messages.contains { $0.text == "re: hello" && $0.author.name == "Echo" && $0.author.kind == .bot })
        #expect(messages.map(\.hops).max() == 8)
        await node.stop()
    }

    @Test func `a bridge that rests reads nothing until it is resumed`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel()
        let first = Mutex(true)
        town.box.behave { _, _ in
            if first.withLock({
                let was = $0; $0 = false; return was
            }) {
                throw BridgeError.giveUpAndPause(reason: "gone")
            }
        }
        try town.write(town.recording())
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        _ = try await town.say("one", in: channel)
        try await node.wait(for: .paused, of: town.name)
        _ = try await town.say("two", in: channel)
        await node.stop()
        let again = town.node()
        try await again.wait(for: .paused, of: town.name)
        #expect(town.box.tries == ["one"])
        try await again.runtime.resume(town.name, by: town.chat.admin)
        try await eventually("the second has come") { town.box.done == ["two"] }
        await again.stop()
    }

    @Test func `an entry that is no event is put aside`() async throws {
        let fixture = try await ChatFixture()
        let town = try await BridgeTown(fixture)
        let channel = try await town.chat.channel()
        try town.write(town.recording())
        let node = town.node()
        try await node.wait(for: .running, of: town.name)
        _ = try await town.say("before", in: channel)
        let redis = RedisClient(fixture.redis, loop: fixture.group.next(), logger: .silent, name: "test")
        try await eventually("it is done and the group is there") {
            let groups = try? await redis.send("XINFO", "GROUPS", EventStream.key).array
            return groups?.isEmpty == false && town.box.done == ["before"]
        }
        let head = try await fixture.store.head()
        _ = try await redis.send("XADD", EventStream.key, "\(head.transaction)-\(head.row + 1)", "nonsense", "1")
        _ = try await town.say("after", in: channel)
        try await eventually("the next has come") { town.box.done == ["before", "after"] }
        let letters = try await node.runtime.deadLetters(of: town.name)
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
