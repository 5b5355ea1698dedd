package import ChatService
package import ChatStore
import Crypto
package import EventLog
import EventLoop
import Lifecycle
import Postgres
import Redis
package import Telemetry

/// A second server process, in all but the process: its own pool, relay, tail, hub and caches.
package final class ChatNode: Sendable {
    package let store: ChatStore
    package let hub: EventHub
    package let log: EventLog
    package let service: ChatService
    package let metrics = Metrics()
    private let services: ServiceGroup
    private let running: Task<Void, any Error>
    private let client: RedisClient

    init(_ fixture: ChatFixture, configuration: ChatConfiguration) async throws {
        let group = fixture.group
        store = ChatStore(
            pool: PostgresPool(fixture.database, loops: group, logger: .silent), logger: .silent)
        try await store.loadEpoch()
        client = RedisClient(fixture.redis, loop: group.next(), logger: .silent, name: "node")
        hub = EventHub(group: group, metrics: metrics) { SharedBytes($0) }
        let relay = EventRelay(
            store: store, redis: client, configuration: fixture.database, hub: hub, loop: group.next(), logger: .silent,
            metrics: metrics)
        let tail = EventTail(
            store: store, redis: RedisClient(fixture.redis, loop: group.next(), logger: .silent, name: "tail"),
            hub: hub, logger: .silent)
        log = EventLog(store: store, hub: hub, redis: client, relay: relay)
        service = ChatService(
            store: store, log: log,
            keys: try TokenKeys(keys: [.hs256(id: "node", secret: SecureRandom.bytes(32))]),
            configuration: configuration, filters: FilterChain(logger: .silent), logger: .silent, metrics: metrics)
        let services = ServiceGroup([relay, tail], logger: .silent)
        self.services = services
        // Ended by `stop`.
        running = Task { try await services.run() }
        try await tail.waitUntilReady()
    }

    /// Whether this node's relay leads.
    package var isLeading: Bool { metrics.exposition().contains("\nmartlet_relay_leader 1\n") }

    /// Waits until the node has ended by itself.
    package func ended() async throws { try await running.value }

    package func stop() async {
        await service.drain()
        services.shutdown()
        _ = try? await running.value
        await client.close()
        await store.pool.close()
    }
}
