import BridgeKit
import BridgeRuntime
import BridgeTestSupport
import ChatModel
import ChatStore
import ChatTestSupport
import EventLoop
import Synchronization
import TestSupport
import Testing

/// Events that were in hand when the process ended.
@Suite(.timeLimit(.minutes(2)))
struct CrashGuardTests {
    /// Holds what comes in until it is opened, whoever cancels: nobody hears of a killed process any more.
    private final class Hold: Sendable {
        private struct State {
            var isOpen = false
            var waiters: [CheckedContinuation<Void, Never>] = []
        }
        private let state = Mutex(State())

        func wait() async {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiters.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiters = state.withLock { state in
                state.isOpen = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    private func letters(_ tenant: BridgeTenant) async throws -> [DeadLetter] {
        try await tenant.fixture.store.deadLetters(of: tenant.name, limit: 10)
    }

    private func notes(_ tenant: BridgeTenant) async throws -> [String: String] {
        try await tenant.fixture.store.bridgeValues(under: "runtime.in_hand.", of: tenant.name, now: 0, limit: 100)
    }

    /// Runs nodes one after another, each until `isOver` holds, and kills them.
    private func kill(
        _ tenant: BridgeTenant, _ rounds: ClosedRange<Int>, dead: inout [BridgeNode],
        when isOver: @escaping @Sendable (Int) async throws -> Bool
    ) async throws {
        for round in rounds {
            let node = tenant.node("node-\(round)", lease: .seconds(1))
            dead.append(node)
            try await eventually("round \(round) is as far", within: .seconds(20)) { try await isOver(round) }
            await node.kill()
        }
    }

    @Test func `an event that was in hand at three ends becomes a dead letter before it is tried a fourth time`()
        async throws
    {
        let tenant = try await BridgeTenant()
        let (bad, good) = (try await tenant.chat.channel("bad"), try await tenant.chat.channel("good"))
        let hold = Hold()
        let round = Mutex(0)
        tenant.box.behave { _, text in
            // What is in hand beside it is slow in the first rounds only.
            if text == "poison" || round.withLock({ $0 }) < 3 { await hold.wait() }
        }
        try tenant.write(
            tenant.recording("start: beginning\nwhere: { text: { matches: \"^(innocent|poison|behind)\" } }"))
        _ = try await tenant.say("innocent", in: good)
        _ = try await tenant.say("poison", in: bad)
        _ = try await tenant.say("behind", in: bad)
        // Looked at beside the others each time, and never tried.
        for _ in 1...3 { _ = try await tenant.say("unwanted", in: good) }
        var nodes: [BridgeNode] = []
        try await kill(tenant, 1...3, dead: &nodes) { number in
            round.withLock { $0 = number }
            return tenant.box.tries.count { $0 == "poison" } == number
        }
        let heir = tenant.node("node-4", lease: .seconds(1))
        try await eventually("the rest is done", within: .seconds(20)) { tenant.box.done.contains("behind") }
        let letters = try await letters(tenant)
        #expect(letters.count == 1)
        #expect(letters.first?.error.contains("3 times in a row while this event was in hand") == true)
        #expect(letters.first?.event.contains("poison") == true)
        #expect(letters.first?.attempts == 3)
        #expect(tenant.box.tries.count { $0 == "poison" } == 3)
        #expect(tenant.box.done.contains("innocent"))
        try await eventually("nothing is noted any more") { try await notes(tenant).isEmpty }
        await heir.stop()
        hold.open()
        for node in nodes { await node.stop() }
    }

    @Test func `what was in hand at two ends is tried alone`() async throws {
        let tenant = try await BridgeTenant()
        var channels: [Channel] = []
        for index in 0..<4 { channels.append(try await tenant.chat.channel("c\(index)")) }
        let hold = Hold()
        let round = Mutex(0)
        let most = Mutex((now: 0, most: 0))
        tenant.box.behave { _, _ in
            guard round.withLock({ $0 }) == 3 else { return await hold.wait() }
            most.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            await Task.yield()
            most.withLock { $0.now -= 1 }
        }
        try tenant.write(tenant.recording("start: beginning"))
        for (index, channel) in channels.enumerated() { _ = try await tenant.say("\(index)", in: channel) }
        var nodes: [BridgeNode] = []
        try await kill(tenant, 1...2, dead: &nodes) { number in
            round.withLock { $0 = number }
            return tenant.box.tries.count == 4 * number
        }
        #expect(try await notes(tenant).count >= 4)
        round.withLock { $0 = 3 }
        let heir = tenant.node("node-3", lease: .seconds(1))
        try await eventually("all are done", within: .seconds(20)) { tenant.box.done.count == 4 }
        #expect(most.withLock { $0.most } == 1)
        #expect(try await letters(tenant).isEmpty)
        await heir.stop()
        hold.open()
        for node in nodes { await node.stop() }
    }

    @Test func `an end that was asked for does not count`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let isMended = Mutex(false)
        tenant.box.behave { _, _ in
            guard !isMended.withLock({ $0 }) else { return }
            try await Task.sleep(for: .seconds(3600))
        }
        try tenant.write(tenant.recording("start: beginning"))
        _ = try await tenant.say("slow", in: channel)
        for round in 1...3 {
            let node = tenant.node("node-1", lease: .seconds(1))
            try await eventually("it is in hand") { tenant.box.tries.count == round }
            await node.stop()
        }
        #expect(try await notes(tenant).isEmpty)
        isMended.withLock { $0 = true }
        let node = tenant.node("node-1", lease: .seconds(1))
        try await eventually("it is done") { tenant.box.done == ["slow"] }
        #expect(try await letters(tenant).isEmpty)
        await node.stop()
    }

    @Test func `an event whose tries end, however they do, is not suspected`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let hold = Hold()
        let round = Mutex(1)
        tenant.box.behave { _, _ in
            if round.withLock({ $0 }) % 2 == 1 { return await hold.wait() }
            throw BridgeError.retry(after: .seconds(3600), reason: "not now")
        }
        try tenant.write(tenant.recording("start: beginning\nretry: { attempts: 1000, first: 1ms, max: 10ms }"))
        _ = try await tenant.say("weak", in: channel)
        var nodes: [BridgeNode] = []
        // Ends with it in hand, and between them ends with it waiting for its next try.
        for number in 1...5 {
            round.withLock { $0 = number }
            let before = tenant.box.tries.count
            let node = tenant.node("node-\(number)", lease: .seconds(1))
            nodes.append(node)
            try await eventually("it was tried", within: .seconds(20)) { tenant.box.tries.count > before }
            if number % 2 == 0 {
                try await eventually("its try has ended") {
                    let isNoted = try await !notes(tenant).isEmpty
                    return !isNoted && tenant.box.inProgress.isEmpty
                }
            }
            await node.kill()
        }
        #expect(try await letters(tenant).isEmpty)
        hold.open()
        for node in nodes { await node.stop() }
    }

    @Test func `an event that was put off and ends the process each time is given up, too`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel()
        let hold = Hold()
        let isFirst = Mutex(true)
        tenant.box.behave { _, _ in
            let wasFirst = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if wasFirst { throw BridgeError.later(at: 0) }
            await hold.wait()
        }
        try tenant.write(tenant.recording("start: beginning"))
        _ = try await tenant.say("later", in: channel)
        var nodes: [BridgeNode] = []
        try await kill(tenant, 1...3, dead: &nodes) { tenant.box.tries.count == $0 + 1 }
        let heir = tenant.node("node-4", lease: .seconds(1))
        try await eventually("it is given up", within: .seconds(20)) { try await letters(tenant).count == 1 }
        #expect(tenant.box.tries.count == 4)
        await heir.stop()
        hold.open()
        for node in nodes { await node.stop() }
    }
}
