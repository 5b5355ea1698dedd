import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EmbeddedServers
import EventLog
import EventLoop
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Everything is in PostgreSQL: who is connected goes on hearing while Redis is away.
@Suite(.timeLimit(.minutes(2)))
struct WithoutRedisTests {
    @Test(arguments: [SIGKILL, SIGSTOP])
    func `readers and subscribers of every node go on hearing, each event once and in order`(signal: Int32) async throws
    {
        let servers = try await TestServers()
        let fixture = try await ChatFixture(servers: servers)
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        let node = try await fixture.node()
        try await fixture.settle()
        let loop = fixture.group.next()
        let collectors = [Collector(), Collector()]
        var subscriptions: [EventSubscription] = []
        var readers: [EventReader] = []
        for (log, collector) in zip([fixture.log, node.log], collectors) {
            let (subscription, position) = try await log.subscription(
                user: tenant.admin.userID, app: tenant.app.id, receiver: collector, loop: loop)
            try await withTaskExecutorPreference(loop) { try await subscription.run(after: position) }
            subscriptions.append(subscription)
            readers.append(
                try await log.reader(
                    user: tenant.admin.userID, app: tenant.app.id, after: nil, types: [.messageCreated]))
        }
        let redis = try #require(servers.redis.processIdentifier)
        kill(redis, signal)
        for number in 1...5 {
            // From either node, of which one or none leads.
            for service in [fixture.service, node.service] {
                _ = try await service.send(MessageDraft(channelID: channel.id, text: "\(number)"), as: tenant.admin)
            }
            for (index, reader) in readers.enumerated() {
                var seqs: [Int64] = []
                while seqs.count < 2 { seqs += try await reader.next(limit: 10).compactMap(seq) }
                #expect(seqs == [Int64(number) * 2 - 1, Int64(number) * 2], "reader \(index)")
            }
        }
        // And behind the outage, by whatever way they come then.
        if signal == SIGSTOP { kill(redis, SIGCONT) }
        _ = try await fixture.service.send(MessageDraft(channelID: channel.id, text: "last"), as: tenant.admin)
        for reader in readers { #expect(try await reader.next(limit: 10).compactMap(seq) == [11]) }
        for collector in collectors {
            try await eventually("the subscriber has heard all") {
                collector.records.filter { $0.type == .messageCreated }.compactMap(seq) == Array(1...11)
            }
        }
        loop.execute { [subscriptions] in for subscription in subscriptions { subscription.close() } }
        await node.stop()
        await fixture.stop()
        await servers.redis.stop()
        await servers.postgres.stop()
    }
}
