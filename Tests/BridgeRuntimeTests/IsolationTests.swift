import BridgeKit
import BridgeRuntime
import BridgeTestSupport
import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import Postgres
import Redis
import Synchronization
import TestSupport
import Testing

/// A target that hangs, one that fails and one that is well, side by side.
@Suite(.timeLimit(.minutes(1)))
struct IsolationTests {
    private static let channels = 5
    private static let count = 600

    /// The texts of one channel's messages.
    private func expected(_ channel: Int) -> [String] {
        (0..<Self.count).filter { $0 % Self.channels == channel }.map(String.init)
    }

    private func isInOrder(_ done: [String]) -> Bool {
        (0..<Self.channels).allSatisfy { channel in
            done.filter { Int($0).map { $0 % Self.channels == channel } ?? false } == expected(channel)
        }
    }

    private func hasGroup(_ redis: RedisClient) async -> Bool {
        // Without a stream there is an error.
        (try? await redis.send("XINFO", "GROUPS", EventStream.key))?.array?.isEmpty == false
    }

    @Test func `one target that hangs and one that fails hold up nothing else and get everything when they are back`()
        async throws
    {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        var channels: [Channel] = []
        for number in 0..<Self.channels { channels.append(try await tenant.chat.channel("c\(number)")) }
        let names = ["hangs", "fails", "well"].map { "\(tenant.name)-\($0)" }
        let (hanging, failing, well) = (RecordingBox.named(names[0]), RecordingBox.named(names[1]), names[2])
        let patience = Gate()
        let isMended = Mutex(false)
        hanging.behave { _, _ in
            guard !isMended.withLock({ $0 }) else { return }
            // The first ones hang until the test lets their time be over.
            await patience.wait()
            throw BridgeError.targetSilent(reason: "no answer in time")
        }
        let isCured = Mutex(false)
        failing.behave { _, text in
            if text == "never", !isCured.withLock({ $0 }) { throw BridgeError.giveUp(reason: "400") }
            if !isMended.withLock({ $0 }) { throw BridgeError.targetFailing(reason: "500") }
        }
        for name in names {
            try tenant.write(
                """
                bridge: recording
                name: \(name)
                app: \(tenant.chat.app.name)
                retry: { attempts: 1000, first: 1ms, max: 20ms }
                settings: { box: \(name) }
                """, to: "\(name).yaml")
        }
        let node = tenant.node()
        for name in names { try await node.wait(for: .running, of: name) }
        try await fixture.settle()
        _ = try await tenant.say("never", in: channels[0])
        for number in 0..<Self.count { _ = try await tenant.say("\(number)", in: channels[number % Self.channels]) }

        try await eventually("the one that is well has everything") {
            RecordingBox.named(well).done.count == Self.count + 1
        }
        #expect(isInOrder(RecordingBox.named(well).done))
        try await eventually("nothing waits for it") { try await node.status(of: well)?.lag == 0 }
        try await node.wait(for: .down, of: names[1])
        #expect(hanging.inProgress.count == Self.channels)
        for name in names.prefix(2) {
            try await eventually("what \(name) has not got is counted") {
                // And what the log says of the three bridges themselves, which may come later than they run.
                (Self.count...Self.count + 10).contains(try await node.status(of: name)?.lag ?? 0)
            }
        }
        // What was read stays bounded; the rest waits in the stream.
        let redis = fixture.redisClient()
        for name in names.prefix(2) {
            let pending = try await redis.send("XPENDING", EventStream.key, EventStream.group(name)).array?.first
            #expect((pending?.integer ?? 0) <= 512, "\(name)")
        }
        patience.open()
        try await node.wait(for: .down, of: names[0])
        #expect(hanging.done.isEmpty)

        isMended.withLock { $0 = true }
        for (index, box) in [hanging, failing].enumerated() {
            try await eventually("\(names[index]) has the backlog") {
                box.done.filter { $0 != "never" }.count == Self.count
            }
            #expect(isInOrder(box.done))
            try await node.wait(for: .running, of: names[index])
        }
        #expect(try await node.runtime.deadLetters(of: names[0]).isEmpty)
        let letters = try await node.runtime.deadLetters(of: names[1])
        #expect(letters.map(\.error) == ["400"])
        isCured.withLock { $0 = true }
        try await node.runtime.retryDeadLetter(try #require(letters.first).id, of: names[1], by: tenant.chat.admin)
        #expect(failing.done.filter { $0 == "never" } == ["never"])
        await redis.close()
        await node.stop()
        await fixture.stop()
    }

    @Test func `a node that was stopped while it worked does nothing more when it wakes up`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        let box = tenant.box
        let stop = Gate()
        let isFirst = Mutex(true)
        box.behave { _, text in
            let stops = isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            // A process that is stopped does not see that it was cancelled either.
            if text == "one", stops { await Task { await stop.wait() }.value }
        }
        try tenant.write(tenant.recording())
        let stopped = tenant.node("node-1", lease: .seconds(3600))
        try await stopped.wait(for: .running, of: tenant.name)
        let redis = fixture.redisClient()
        try await eventually("the group is there") {
            await hasGroup(redis)
        }
        for text in ["one", "two", "three"] { _ = try await tenant.say(text, in: channel) }
        try await eventually("it is in the middle of the first") { box.inProgress == ["one"] }
        // While it was stopped its right ran out, and another node took its place.
        #expect(
            try await fixture.store.pool.execute(
                "UPDATE leases SET expires_at = now() WHERE name = $1", ChatStore.bridgeLease(tenant.name)) == 1)
        let heir = tenant.node("node-2", lease: .milliseconds(400))
        try await eventually("the heir has done all") { box.done == ["one", "two", "three"] }
        stop.open()
        try await stopped.wait(for: .standby, of: tenant.name)
        _ = try await tenant.say("four", in: channel)
        try await eventually("the heir goes on") { box.done.last == "four" }
        // Once by the stopped one, which had begun it, and once by its heir; nothing else came twice.
        #expect(box.tries.sorted() == ["four", "one", "one", "three", "two"])
        try await eventually("all is acknowledged") {
            try await redis.send("XPENDING", EventStream.key, EventStream.group(tenant.name)).array?.first?.integer == 0
        }
        await heir.stop()
        await stopped.stop()
        await redis.close()
        await fixture.stop()
    }

    @Test func `entries that a node was given as it was stopped are not forgotten`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let channel = try await tenant.chat.channel()
        try tenant.write(tenant.recording())
        let node = tenant.node(lease: .milliseconds(600))
        try await node.wait(for: .running, of: tenant.name)
        let redis = fixture.redisClient()
        try await eventually("the group is there") {
            await hasGroup(redis)
        }
        let group = EventStream.group(tenant.name)
        // Somebody else of the group reads faster than the node, and sleeps.
        let stray = Task {
            try await redis.blocking(
                RedisCommand(
                    "XREADGROUP", "GROUP", group, "stopped", "COUNT", "1", "BLOCK", "20000", "STREAMS", EventStream.key,
                    ">"), timeout: .seconds(30))
        }
        let others = fixture.redisClient()
        try await eventually("it waits") {
            try await others.send("CLIENT", "LIST").string?.contains("cmd=xreadgroup") == true
        }
        _ = try await tenant.say("one", in: channel)
        let answer = try await stray.value
        #expect(try RedisStreamEntry.byStream(answer).first?.entries.count == 1)
        _ = try await tenant.say("two", in: channel)
        try await eventually("both have come") { Set(tenant.box.done) == ["one", "two"] }
        await node.stop()
        await redis.close()
        await others.close()
        await fixture.stop()
    }

    @Test func `a group that was given up costs no event and repeats none`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await BridgeTenant(fixture)
        let stuck = try await tenant.chat.channel("stuck")
        let free = try await tenant.chat.channel("free")
        let gate = Gate()
        tenant.box.behave { _, text in if text == "stuck" { await gate.wait() } }
        try tenant.write(tenant.recording())
        let node = tenant.node()
        try await node.wait(for: .running, of: tenant.name)
        let redis = fixture.redisClient()
        try await eventually("the group is there") {
            await hasGroup(redis)
        }
        _ = try await tenant.say("stuck", in: stuck)
        for number in 1...20 { _ = try await tenant.say("\(number)", in: free) }
        try await eventually("the free ones are done") { tenant.box.done.count == 20 }
        _ = try await redis.send("XGROUP", "DESTROY", EventStream.key, EventStream.group(tenant.name))
        _ = try await redis.send("XTRIM", EventStream.key, "MAXLEN", "1")
        for number in 21...40 { _ = try await tenant.say("\(number)", in: free) }
        try await eventually("it goes on from PostgreSQL") { tenant.box.done.count == 40 }
        #expect(try await node.status(of: tenant.name)?.lastError?.contains("PostgreSQL") == true)
        gate.open()
        try await eventually("the stuck one is done") { tenant.box.done.count == 41 }
        #expect(tenant.box.tries.count == 41)
        try await eventually("it follows the stream again") {
            await hasGroup(redis)
        }
        await node.stop()
        await redis.close()
        await fixture.stop()
    }

    @Test func `how much waits is told whatever the state of a bridge`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        try tenant.write(tenant.recording())
        let first = tenant.node("node-1", lease: .seconds(5))
        try await first.wait(for: .running, of: tenant.name)
        _ = try await tenant.say("before", in: channel)
        try await eventually("nothing waits") { try await first.status(of: tenant.name)?.lag == 0 }
        try await first.runtime.pause(tenant.name, by: tenant.chat.admin)
        for number in 1...5 { _ = try await tenant.say("\(number)", in: channel) }
        func lag(_ node: BridgeNode, _ state: BridgeStatus.State) async throws {
            try await node.wait(for: state, of: tenant.name)
            // Other tests write events too.
            try await eventually("what waits is told") { try await node.status(of: tenant.name)?.lag ?? 0 >= 5 }
        }
        try await lag(first, .paused)
        let second = tenant.node("node-2", lease: .seconds(5))
        try await lag(second, .paused)
        await first.stop()
        await second.stop()
        let again = tenant.node()
        try await lag(again, .paused)
        try tenant.write(tenant.recording("enabled: false"))
        try await lag(again, .disabled)
        await again.stop()
    }
}
