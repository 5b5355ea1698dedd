import ChatModel
package import ChatService
package import ChatStore
package import Crypto
package import EventLog
package import EventLoop
import Lifecycle
package import Postgres
package import Redis
package import Telemetry
package import TestSupport

/// All of chat on throw-away servers: store, relay, stream, tail and ``ChatService``, as the real server puts them
/// together.
///
/// Most tests take ``shared()`` and an app of their own from ``tenant(_:)``, which nothing of another test reaches. A test
/// that changes the filters, or kills servers, makes a fixture of its own and stops it.
package final class ChatFixture: Sendable {
    package let servers: TestServers
    package let group: EventLoopGroup
    package let database: PostgresConfiguration
    package let redis: RedisConfiguration
    package let store: ChatStore
    package let hub: EventHub
    package let log: EventLog
    package let service: ChatService
    /// What access tokens are signed with.
    package let keys: TokenKeys
    package let metrics = Metrics()
    private let services: ServiceGroup
    private let running: Task<Void, any Error>
    private let client: RedisClient

    private static let starting = Task { try await ChatFixture() }

    /// One for all tests of the process, started at the first call and ended with the process.
    package static func shared() async throws -> ChatFixture { try await starting.value }

    /// Makes one with a database without rows and an empty stream of its own.
    ///
    /// - Parameters:
    ///   - servers: Servers to use instead of the process's throw-away ones: for a test that stops them.
    ///   - encode: Makes the frame of an event that receivers share; the bare JSON unless told otherwise.
    ///   - streamMaximum: Entries of the stream.
    ///   - patience: How long another relay may lead without a sign of life.
    ///   - transactionLimit: How long a transaction of Martlet's own may hold up the relay.
    ///   - settings: Of the sessions with the database.
    ///   - logger: Where the services report; nowhere unless told otherwise.
    package init(
        configuration: ChatConfiguration = ChatConfiguration(passwordCost: 4), servers: TestServers? = nil,
        encode: @escaping @Sendable ([UInt8]) -> SharedBytes = { SharedBytes($0) },
        streamMaximum: Int = EventRelay.defaultStreamMaximum, patience: Duration = .seconds(6),
        transactionLimit: Duration = .seconds(60), settings: [(name: String, value: String)] = [],
        logger: Logger = .silent
    ) async throws {
        let isShared = servers == nil
        let servers = if let servers { servers } else { try await TestServers.shared() }
        self.servers = servers
        group = EventLoopGroup(count: 2, name: "chat")

        var database = PostgresConfiguration(
            host: servers.postgresSocketDirectory, user: "martlet", database: "martlet", poolSize: 4)
        database.database =
            if isShared {
                try await MigratedDatabase.copy(on: servers, loop: group.next())
            } else {
                try await MigratedDatabase.empty(on: servers, loop: group.next())
            }
        database.serverSettings = settings
        self.database = database

        var redis = RedisConfiguration(unixSocket: servers.redisSocketPath)
        if isShared {
            redis.database = servers.nextRedisDatabase()
        }
        self.redis = redis

        store = ChatStore(pool: PostgresPool(database, loops: group, logger: logger), logger: logger)
        // A copy has the schema; the rest of a start is its own.
        try await store.migrate()
        // Two copies are two histories.
        try await store.renewEpoch()
        client = RedisClient(redis, loop: group.next(), logger: logger, name: "test")
        hub = EventHub(group: group, metrics: metrics, encode: encode)
        let relay = EventRelay(
            store: store, redis: client, configuration: database, hub: hub, loop: group.next(), logger: logger,
            metrics: metrics, streamMaximum: streamMaximum, patience: patience, transactionLimit: transactionLimit)
        let tail = EventTail(
            store: store, redis: RedisClient(redis, loop: group.next(), logger: logger, name: "tail"), hub: hub,
            logger: logger)
        log = EventLog(store: store, hub: hub, redis: client, relay: relay)
        keys = try TokenKeys(keys: [.hs256(id: "test", secret: SecureRandom.bytes(32))])
        service = ChatService(
            store: store, log: log, keys: keys,
            configuration: configuration, filters: FilterChain(logger: logger), logger: logger, metrics: metrics)
        let services = ServiceGroup([relay, tail], logger: logger)
        self.services = services
        // Ended by `stop`, or with the process.
        running = Task { try await services.run() }
        try await tail.waitUntilReady()
    }

    /// Whether this fixture's relay leads.
    package var isLeading: Bool { metrics.exposition().contains("\nmartlet_relay_leader 1\n") }

    /// Ends the services and the connections; the database goes with the servers.
    package func stop() async {
        await service.drain()
        services.shutdown()
        _ = try? await running.value
        await client.close()
        await store.pool.close()
    }

    /// Another node on the same database and stream, with a relay that waits for its turn; the caller stops it.
    package func node(configuration: ChatConfiguration = ChatConfiguration(passwordCost: 4)) async throws -> ChatNode {
        try await ChatNode(self, configuration: configuration)
    }

    /// A connection of its own to the stream's Redis.
    package func redisClient() -> RedisClient {
        RedisClient(redis, loop: group.next(), logger: .silent, name: "test")
    }

    /// Waits until this node has delivered everything that is committed now, and the stream holds it.
    package func settle() async throws {
        let end = try await store.pool.query(
            "SELECT xid::text || '-' || id FROM events ORDER BY xid DESC, id DESC LIMIT 1"
        )
        .first?.decode(0, as: String.self)
        guard let end = end.flatMap({ Cursor($0) }) else { return }
        try await eventually("the node has delivered up to \(end)") {
            guard hub.position >= end else { return false }
            let newest = try await client.send("XREVRANGE", EventStream.key, "+", "-", "COUNT", "1")
            return try RedisStreamEntry.list(newest).last.flatMap { Cursor($0.id) }.map { $0 >= end } ?? false
        }
    }

    /// An app of its own, with an administrator.
    package func tenant(_ prefix: String = "tenant") async throws -> ChatTenant {
        try await tenant(named: servers.uniqueName(prefix))
    }

    /// The app of a name, which must be new; `main` is the one that log-ins mean when they name none.
    package func tenant(named name: String) async throws -> ChatTenant {
        let app = try await store.ensureApp(named: name).app
        let admin = try await store.insertUser(
            NewUser(handle: "admin", name: "Admin", role: .admin), in: app.id)
        return ChatTenant(fixture: self, app: app, admin: Principal(appID: app.id, user: admin))
    }
}
