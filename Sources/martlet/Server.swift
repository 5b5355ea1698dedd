import BotGateway
import BridgeRuntime
import Bridges
import ChatService
import ChatStore
import Crypto
import EmbeddedServers
import EventLog
import EventLoop
import Foundation
import HTTPRouting
import HTTPServer
import HTTPTypes
import Lifecycle
import Postgres
import Realtime
import Redis
import RestAPI
import Settings
import Synchronization
import Telemetry
import WebSocket

/// Builds the services that the roles ask for, starts them in order and runs them.
final class Server: Sendable {
    private let settings: Settings
    private let group: EventLoopGroup
    private let isDemo: Bool
    private let logger: Logger
    private let metrics = Metrics()
    private let startedAt = ContinuousClock.now
    private let stop = Latch()

    init(settings: Settings, group: EventLoopGroup, isDemo: Bool, logger: Logger) throws {
        self.settings = settings
        self.group = group
        self.isDemo = isDemo
        self.logger = logger
    }

    /// Asks for a graceful stop; also before the start is over.
    func shutdown() { stop.open() }

    func run() async throws {
        let folder = try DirectoryLock(settings.string("data"))
        let engines = try await Engines.start(settings, folder: folder, group: group, logger: logger)
        do {
            try await run(on: engines, folder: folder)
        } catch {
            await engines.stop()
            throw error
        }
    }

    private func run(on engines: Engines, folder: DirectoryLock) async throws {
        let roles = Set(settings.strings("roles"))
        let node = settings.optionalString("node") ?? ProcessInfo.processInfo.hostName
        let pool = PostgresPool(engines.postgres, loops: group, logger: logger)
        let store = ChatStore(pool: pool, logger: logger)
        try await store.migrate()
        func redis(_ name: String) -> RedisClient {
            RedisClient(engines.redis, loop: group.next(), logger: logger, name: name)
        }
        let shared = redis("shared")
        let relaying = redis("relay")
        let bridging = roles.contains("bridges") ? redis("bridges") : nil
        let clients = [shared, relaying, bridging].compactMap { $0 }
        let relay =
            roles.contains("relay")
            ? EventRelay(
                store: store, redis: relaying, configuration: engines.postgres, loop: group.next(),
                logger: logger, metrics: metrics) : nil
        let hub = EventHub(group: group) { WebSocketFrame.text($0) }
        let tail = EventTail(store: store, redis: redis("tail"), hub: hub, logger: logger, metrics: metrics)
        let log = EventLog(store: store, hub: hub, redis: shared, relay: relay)
        let service = ChatService(
            store: store, log: log, keys: try tokenKeys(folder),
            configuration: ChatConfiguration(
                allowsRegistration: settings.boolean("auth.registration"),
                sendsPerSecond: settings.integer("limits.sends_per_second")),
            filters: FilterChain(logger: logger), logger: logger, metrics: metrics)
        let first = try await FirstStart(service: service, folder: folder.directory, logger: logger)
            .run(isDemo: isDemo)
        var services: [any Service] = engines.services
        services.append(
            Closing(name: "clients") {
                await pool.close()
                for client in clients { await client.close() }
            })
        if let relay {
            services.append(relay)
            services.append(
                RelayWaker(
                    subscriber: RedisSubscriber(
                        engines.redis, loop: group.next(), logger: logger, name: "relay-waker"), relay: relay))
        }
        services.append(tail)
        services.append(
            Maintenance(store: store, retentionDays: settings.integer("events.retention_days"), logger: logger))
        services.append(Closing(name: "send-queue") { await service.drain() })
        var routes = RestAPI(service: service, log: log).routes
        if let bridging {
            // The demonstration shows the example bridges of the checkout that it is run in.
            let folders = [folder.directory + "/bridges"] + settings.strings("bridges.folders")
            let bridges = BridgeRuntime(
                folders: folders + (isDemo ? ["bridges"] : []), registry: .standard, service: service, log: log,
                redis: bridging, loops: group,
                dataDirectory: folder.directory, nodeName: node, logger: logger, metrics: metrics)
            services.append(bridges)
            routes += BridgeRoutes(runtime: bridges).routes
        }
        let isReady = Atomic<Bool>.Box(false)
        let health = Health(pool: pool, redis: shared, metrics: metrics, isReady: isReady)
        let origins = settings.strings("http.allowed_origins")
        // Without the role, only health and metrics are served.
        routes = roles.contains("api") ? routes : []
        if roles.contains("api") {
            let ephemeral = EphemeralBus(
                redis: shared,
                subscriber: RedisSubscriber(
                    engines.redis, loop: group.next(), logger: logger, name: "ephemeral"),
                hub: hub, node: node, logger: logger)
            let realtime = RealtimeGateway(
                service: service, log: log, ephemeral: ephemeral,
                allowedOrigins: origins.contains("*") ? nil : origins, logger: logger, metrics: metrics)
            let bots = BotGateway(
                service: service, log: log,
                leases: BotLeases(
                    redis: shared,
                    subscriber: RedisSubscriber(engines.redis, loop: group.next(), logger: logger, name: "bots"),
                    logger: logger), logger: logger, metrics: metrics)
            services += [ephemeral, realtime, bots]
            routes += realtime.routes + bots.routes
        }
        let router = APIRouter.make(
            routes: routes + health.routes, service: service, origins: origins, metrics: metrics, logger: logger)
        let http = HTTPServer(
            try httpConfiguration(), group: group, logger: logger, metrics: metrics
        ) { await router.handle($0) }
        try http.start()
        services.append(http)
        let running = ServiceGroup(services, logger: logger)
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await running.run()
                return true
            }
            tasks.addTask { [stop] in
                await stop.wait()
                running.shutdown()
                return false
            }
            await tail.waitUntilStarted()
            isReady.value.store(true, ordering: .relaxed)
            logger.info(
                "server.ready",
                [
                    "listen": .string("\(http.address)"),
                    "roles": .string(roles.sorted().joined(separator: ",")),
                    "milliseconds": .int((ContinuousClock.now - startedAt).milliseconds),
                ])
            if roles.contains("api") { Banner.print(first, address: http.address, folder: folder.directory) }
            while let isOver = try await tasks.next() {
                if isOver { tasks.cancelAll() }
            }
        }
        logger.info("server.stopped")
    }

    private func tokenKeys(_ folder: DirectoryLock) throws -> TokenKeys {
        var secrets = settings.strings("auth.previous_secrets").map { Digest.sha256(Array($0.utf8)) }
        if let text = settings.optionalString("auth.secret") {
            secrets.insert(Digest.sha256(Array(text.utf8)), at: 0)
        } else {
            secrets.insert(try KeyFile.loadOrCreate(path: folder.directory + "/token.key"), at: 0)
        }
        // A key is named after its own hash, so that nodes agree on the names whatever the order of their lists.
        return try TokenKeys(
            keys: secrets.map { try SigningKey.hs256(id: Hex.encode(Array(Digest.sha256($0).prefix(6))), secret: $0) })
    }

    private func httpConfiguration() throws -> HTTPServerConfiguration {
        guard let address = SocketAddress(settings.string("listen")) else {
            preconditionFailure("the settings were checked")
        }
        var configuration = HTTPServerConfiguration(address: address)
        configuration.maximumBodyBytes = settings.integer("http.maximum_body")
        configuration.idleTimeout = settings.duration("http.idle_timeout")
        if let certificate = settings.optionalString("tls.certificate") {
            let context = try TLSServerContext(
                certificateFile: certificate, keyFile: settings.optionalString("tls.key") ?? certificate)
            configuration.makeTLSSession = { context.makeSession() }
        }
        return configuration
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension Atomic where Value == Bool {
    /// An atomic with a place of its own, so that closures can share it.
    final class Box: Sendable {
        let value: Atomic<Bool>
        init(_ value: Bool) { self.value = Atomic<Bool>(value) }
    }
}
