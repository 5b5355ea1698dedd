import ChatService
import ChatStore
import Crypto
import EventLog
import EventLoop
import Lifecycle
import Postgres
import Redis
import Settings
import Telemetry
import WebSocket

/// What every role needs: the store, the event log and the use cases, with the services that keep them going.
struct Core: Sendable {
    let pool: PostgresPool
    let store: ChatStore
    let redis: RedisClient
    let hub: EventHub
    let log: EventLog
    let tail: EventTail
    let chat: ChatService
    /// In the order in which they start; they stop in the reverse order.
    let services: [any Service]

    /// Connects, brings the schema up to date and builds the parts; nothing runs yet.
    ///
    /// - Throws: ``ServiceNotReady`` when PostgreSQL or Redis is not there in time.
    static func make(
        _ settings: Settings, engines: Engines, keys: TokenKeys, group: EventLoopGroup, logger: Logger,
        metrics: Metrics, reaching: Reaching
    ) async throws -> Core {
        let pool = PostgresPool(engines.postgres, loops: group, logger: logger)
        let store = ChatStore(pool: pool, logger: logger, metrics: metrics)
        let shared = RedisClient(engines.redis, loop: group.next(), logger: logger, name: "shared")
        async let isRedisThere: Void = reaching.wait(for: "redis") { _ = try await shared.send("PING") }
        try await reaching.wait(for: "postgres") { _ = try await pool.query("SELECT 1") }
        try await isRedisThere
        try await store.migrate()
        let relayLoop = group.next()
        let relaying = RedisClient(engines.redis, loop: relayLoop, logger: logger, name: "relay")
        // A read that waits blocks its connection, so the tail has one of its own, which it closes itself.
        let following = RedisClient(engines.redis, loop: group.next(), logger: logger, name: "tail")
        var services: [any Service] = [
            Closing(name: "clients") {
                await pool.close()
                await shared.close()
                await relaying.close()
            }
        ]
        let hub = EventHub(group: group, metrics: metrics) { WebSocketFrame.text($0) }
        var relay: EventRelay?
        if settings.strings("roles").contains("relay") {
            let leading = EventRelay(
                store: store, redis: relaying, configuration: engines.postgres, hub: hub, loop: relayLoop,
                logger: logger, metrics: metrics, streamMaximum: settings.integer("events.stream_max"))
            let subscriber = RedisSubscriber(
                engines.redis, loop: group.next(), logger: logger, name: "relay-waker")
            services += [leading, RelayWaker(subscriber: subscriber, relay: leading)]
            relay = leading
        }
        let tail = EventTail(store: store, redis: following, hub: hub, logger: logger)
        let log = EventLog(store: store, hub: hub, redis: shared, relay: relay)
        let chat = ChatService(
            store: store, log: log, keys: keys,
            configuration: ChatConfiguration(settings),
            filters: FilterChain(logger: logger), logger: logger, metrics: metrics)
        try await chat.loadLoops()
        services += [
            tail, WriteWatch(store: store, disks: engines.disks, logger: logger, metrics: metrics),
            Maintenance(store: store, retentionDays: settings.integer("events.retention_days"), logger: logger),
            Closing(name: "send-queue") { await chat.drain() },
        ]
        return Core(
            pool: pool, store: store, redis: shared, hub: hub, log: log, tail: tail, chat: chat, services: services)
    }
}
