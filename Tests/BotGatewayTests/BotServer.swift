import BotGateway
import ChatModel
import ChatService
import ChatStore
import Crypto
import EmbeddedServers
import EventLog
import EventLoop
import GatewayKit
import HTTPRouting
import HTTPServer
import HTTPTypes
import Lifecycle
import Postgres
import Redis
import RestAPI
import Telemetry
import TestSupport
import WebSocket

/// A server with its engines, for the tests of this target; each test has bots and channels of its own.
final class BotServer: Sendable {
    let service: ChatService
    let log: EventLog
    let group: EventLoopGroup
    let admin: Principal
    let address: String
    private let servers: TestServers
    /// Ends with the process.
    private let running: Task<Void, any Error>

    private static let starting = Task { try await BotServer() }

    /// Starts it at the first call.
    static func shared() async throws -> BotServer { try await starting.value }

    /// - Parameter first: Another node on the same engines; nil to start them.
    init(beside first: BotServer? = nil) async throws {
        let logger = Logger.silent
        let metrics = Metrics()
        let group = EventLoopGroup(count: 2)
        let servers = if let first { first.servers } else { try await TestServers() }
        var configuration = PostgresConfiguration(
            host: servers.postgresSocketDirectory, port: Int(EmbeddedPostgres.port), user: EmbeddedPostgres.user,
            password: nil, database: EmbeddedPostgres.database)
        configuration.poolSize = 4
        let redisConfiguration = RedisConfiguration(unixSocket: servers.redisSocketPath)
        func redis(_ name: String) -> RedisClient {
            RedisClient(redisConfiguration, loop: group.next(), logger: logger, name: name)
        }
        let shared = redis("shared")
        let pool = PostgresPool(configuration, loops: group, logger: logger)
        let store = ChatStore(pool: pool, logger: logger)
        try await store.migrate()
        let hub = EventHub(group: group, metrics: metrics) { WebSocketFrame.text($0) }
        let relay = EventRelay(
            store: store, redis: redis("relay"), configuration: configuration, hub: hub, loop: group.next(),
            logger: logger, metrics: metrics)
        let tail = EventTail(store: store, redis: redis("tail"), hub: hub, logger: logger)
        let log = EventLog(store: store, hub: hub, redis: shared, relay: relay)
        let keys = try TokenKeys(keys: [try SigningKey.hs256(id: "1", secret: SecureRandom.bytes(32))])
        let service = ChatService(
            store: store, log: log, keys: keys,
            configuration: ChatConfiguration(sendsPerSecond: 100_000, passwordCost: 4),
            filters: FilterChain(logger: logger), logger: logger, metrics: metrics)
        let (app, _) = try await store.ensureApp(named: ChatService.defaultApp)
        let user =
            if let first { first.admin.user } else {
                try await store.insertUser(NewUser(handle: "admin", name: "Admin", role: .admin), in: app.id)
            }
        let leases = BotLeases(
            service: service, redis: shared,
            subscriber: RedisSubscriber(redisConfiguration, loop: group.next(), logger: logger, name: "bots"),
            logger: logger)
        let gateway = BotGateway(service: service, log: log, leases: leases, logger: logger, metrics: metrics)
        let router = Router<Principal>(
            routes: RestAPI(service: service, log: log).routes + gateway.routes,
            authenticate: { try await Authentication.principal(of: $0, service) },
            cors: CORSPolicy(allowedOrigins: []), metrics: metrics, logger: logger)
        let server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), group: group, logger: logger,
            metrics: metrics
        ) { await router.handle($0) }
        try server.start()
        running = Task {
            try await ServiceGroup([relay, tail, gateway, server], logger: logger).run()
        }
        try await tail.waitUntilReady()
        guard case .tcp(_, let port) = server.address else { preconditionFailure("it listens on TCP") }
        self.service = service
        self.log = log
        self.group = group
        self.servers = servers
        admin = Principal(appID: app.id, user: user)
        address = "http://127.0.0.1:\(port)"
    }

    /// A connection of its own to Redis.
    func redis() -> RedisClient {
        RedisClient(
            RedisConfiguration(unixSocket: servers.redisSocketPath), loop: group.next(), logger: .silent, name: "test")
    }

    /// A channel with a bot in it and a person who writes.
    func botChannel() async throws -> BotChannel {
        let name = servers.uniqueName("place")
        let person = try await service.createUser(
            handle: "p-\(name)", name: "Ann", email: nil, password: nil, role: .member, by: admin)
        let (bot, token) = try await service.createBot(handle: "b-\(name)", name: "Bot", by: admin)
        let channel = try await service.createChannel(
            kind: .public, name: name, topic: "", members: [person.id, bot.id], by: admin)
        return BotChannel(
            node: self, channel: channel, bot: bot, token: token,
            person: Principal(appID: admin.appID, user: person))
    }
}

/// Where one test takes place.
struct BotChannel: Sendable {
    let node: BotServer
    let channel: Channel
    let bot: User
    let token: String
    let person: Principal

    @discardableResult
    func say(_ text: String) async throws -> Message {
        try await node.service.send(MessageDraft(channelID: channel.id, text: text), as: person).message
    }

    func texts() async throws -> [String] { try await messages().map(\.text) }

    func messages() async throws -> [Message] {
        try await node.service.messages(in: channel.id, before: nil, after: nil, limit: 200, for: person)
    }

    func storedCursor() async throws -> Cursor? {
        try await node.service.botCursor(Principal(appID: node.admin.appID, user: bot))
    }

    func connect(to other: BotServer? = nil) async throws -> BotClient { try await BotClient(other ?? node) }
}
