import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLoop
import TestSupport
import Testing

@testable import EventLog

/// However many receivers a user has, the user's channels are remembered once on a loop.
@Suite(.timeLimit(.minutes(1)))
struct SharedMembershipTests {
    private let fixture: ChatFixture
    private let tenant: ChatTenant
    private let loop: EventLoop

    init() async throws {
        fixture = try await ChatFixture()
        tenant = try await fixture.tenant()
        loop = fixture.group.next()
    }

    private func subscribe(_ principal: Principal, _ collector: Collector) async throws -> EventSubscription {
        let (subscription, position) = try await fixture.log.subscription(
            user: principal.userID, app: tenant.app.id, receiver: collector, loop: loop)
        try await Task(executorPreference: loop) { try await subscription.run(after: position) }.value
        return subscription
    }

    private func count() async -> Int {
        await withCheckedContinuation { done in
            loop.execute { done.resume(returning: fixture.hub.index(of: loop).membershipCount) }
        }
    }

    private func close(_ subscription: EventSubscription) async {
        await withCheckedContinuation { done in
            loop.execute {
                subscription.close()
                done.resume()
            }
        }
    }

    private func texts(_ collector: Collector) -> Int {
        collector.records.count(where: { $0.type == .messageCreated })
    }

    @Test func `a membership is remembered once, followed for all, and forgotten with the last receiver`() async throws
    {
        let eve = try await tenant.person("eve")
        var channels: [Channel] = []
        for number in 0..<20 { channels.append(try await tenant.channel("c\(number)", members: [eve])) }
        try await fixture.settle()
        let collectors = (0..<5).map { _ in Collector() }
        var subscriptions: [EventSubscription] = []
        for collector in collectors {
            subscriptions.append(try await subscribe(eve, collector))
            #expect(await count() == 20)
        }
        func say(in channel: Channel) async throws {
            _ = try await tenant.service.send(MessageDraft(channelID: channel.id, text: "x"), as: tenant.admin)
        }
        try await say(in: channels[0])
        try await eventually("all hear it") { collectors.allSatisfy { texts($0) == 1 } }
        let added = try await tenant.channel("added", kind: .private, members: [eve])
        try await say(in: added)
        try await eventually("all hear of a new channel") { collectors.allSatisfy { texts($0) == 2 } }
        #expect(await count() == 21)
        try await tenant.service.removeMember(eve.userID, from: added.id, by: tenant.admin)
        try await eventually("all hear of its end") {
            collectors.allSatisfy { $0.records.count(where: { $0.type == .memberRemoved }) == 1 }
        }
        #expect(await count() == 20)
        try await say(in: added)
        try await say(in: channels[1])
        try await eventually("nobody hears what comes after it") { collectors.allSatisfy { texts($0) == 3 } }
        // Who goes takes nothing from who stays.
        for subscription in subscriptions.dropLast() { await close(subscription) }
        #expect(await count() == 20)
        try await say(in: channels[2])
        try await eventually("the last one hears") { texts(collectors[4]) == 4 }
        #expect(texts(collectors[0]) == 3)
        await close(subscriptions[4])
        #expect(await count() == 0)
        await fixture.stop()
    }
}

@Suite struct BatchSizeTests {
    @Test func `a batch shrinks at once when events are large, and grows slowly`() {
        var size = BatchSize()
        #expect(size.count == 64)
        size.record(count: 64, bytes: 64 * 200)
        #expect(size.count == 128)
        size.record(count: 128, bytes: 128 * 200)
        size.record(count: 256, bytes: 256 * 200)
        #expect(size.count == BatchSize.largest)
        size.record(count: 256, bytes: 256 * 128 << 10)
        #expect(size.count == 32)
        size.record(count: 1, bytes: 64 << 20)
        #expect(size.count == BatchSize.smallest)
        size.record(count: 0, bytes: 0)
        #expect(size.count == BatchSize.smallest)
        size.record(count: 3, bytes: 0)
        #expect(size.count == 16)
    }
}
