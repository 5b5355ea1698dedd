import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import EventLoop
import Synchronization
import Telemetry
import TestSupport
import Testing

/// What one event costs a node with many readers, of which most have nothing to do with it.
@Suite(.timeLimit(.minutes(1)))
struct WakingTests {
    private final class Count: Sendable {
        let value = Atomic<Int>(0)
        func add() { value.add(1, ordering: .relaxed) }
    }

    @Test func `an event wakes those that it concerns, and is encoded once for all of them`() async throws {
        let encoded = Count()
        let fixture = try await ChatFixture(encode: { bytes in
            encoded.add()
            return SharedBytes(bytes)
        })
        let tenant = try await fixture.tenant()
        let foreign = try await fixture.tenant()
        let loud = try await tenant.channel("loud")
        let quiet = try await tenant.channel("quiet")
        var (listeners, others): ([Principal], [Principal]) = ([], [])
        for number in 0..<8 {
            listeners.append(try await tenant.person("l\(number)"))
            others.append(try await tenant.person("o\(number)"))
        }
        _ = try await tenant.service.addMembers(listeners.map(\.userID), role: nil, to: loud.id, by: tenant.admin)
        _ = try await tenant.service.addMembers(others.map(\.userID), role: nil, to: quiet.id, by: tenant.admin)
        try await fixture.settle()
        func wakeUps() throws -> Int {
            let lines = fixture.metrics.exposition().split(separator: "\n")
            let line = lines.first { $0.hasPrefix("martlet_hub_wakeups_total ") }
            return try #require(line.flatMap { Int($0.split(separator: " ")[1]) })
        }
        let begun = Count()
        let (log, start) = (fixture.log, fixture.hub.position)
        func reading(_ who: Principal, _ app: AppID, _ messages: Int) -> Task<Int, any Error> {
            Task {
                let reader = try await log.reader(user: who.userID, app: app, after: start, types: nil)
                begun.add()
                var count = 0
                while count < messages {
                    for event in try await reader.events(limit: 1, within: .seconds(3600)) {
                        _ = event.frame
                        count += 1
                    }
                }
                return count
            }
        }
        let messages = 5
        let reads = listeners.map { reading($0, tenant.app.id, messages) }
        let waits = (others + [foreign.admin]).map {
            reading($0, $0 == foreign.admin ? foreign.app.id : tenant.app.id, 1)
        }
        try await eventually("all read") { begun.value.load(ordering: .relaxed) == reads.count + waits.count }
        let before = try wakeUps()
        for number in 0..<messages {
            _ = try await tenant.service.send(MessageDraft(channelID: loud.id, text: "\(number)"), as: tenant.admin)
            try await fixture.settle()
        }
        for read in reads { #expect(try await read.value == messages) }
        #expect(encoded.value.load(ordering: .relaxed) == messages)
        // Each of those who listen at most once a message; of the others nobody.
        #expect(try wakeUps() - before <= reads.count * messages)

        // Who was not woken gets what concerns it all the same, and nothing of the rest.
        _ = try await tenant.service.send(MessageDraft(channelID: quiet.id, text: "psst"), as: tenant.admin)
        for (index, wait) in waits.enumerated() where index < others.count { #expect(try await wait.value == 1) }
        #expect(encoded.value.load(ordering: .relaxed) == messages + 1)
        waits[others.count].cancel()
        await fixture.stop()
    }

    @Test func `a reader that nothing concerns follows the log without reading it`() async throws {
        let fixture = try await ChatFixture.shared()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let stranger = try await tenant.person("stranger")
        try await fixture.settle()
        let reader = try await fixture.log.reader(
            user: stranger.userID, app: tenant.app.id, after: nil, types: [.messageCreated])
        let start = reader.cursor
        let waiting = Task { [log = fixture.log] in
            let reader = try await log.reader(
                user: stranger.userID, app: tenant.app.id, after: start, types: [.messageCreated])
            _ = try await reader.events(limit: 1, within: .milliseconds(300))
            return reader.cursor
        }
        _ = try await tenant.service.send(
            MessageDraft(channelID: channel.id, text: "not for strangers"), as: tenant.admin)
        try await fixture.settle()
        #expect(try await waiting.value > start)
    }
}
