import AdminAPI
import BridgeRuntime
import Bridges
import ChatService
import Crypto
import EmbeddedServers
import EventLog
import EventLoop
import Foundation
import HTTPRouting
import HTTPServer
import HTTPTypes
import Lifecycle
import Redis
import Settings
import Telemetry

/// Builds the services that the roles ask for, starts them in order and runs them.
final class Server: Sendable {
    private let settings: Settings
    private let group: EventLoopGroup
    private let isDemo: Bool
    private let logger: Logger
    private let metrics = Metrics()
    private let startedAt = ContinuousClock.now
    private let stop = Latch()
    private let reloading: ServerReload

    /// - Throws: ``SettingsFailure`` when a folder that the settings name is not there.
    init(settings: Settings, group: EventLoopGroup, isDemo: Bool, logger: Logger) throws {
        let missing = settings.strings("bridges.folders").enumerated().filter { !Self.isFolder($1) }
        guard missing.isEmpty else {
            throw SettingsFailure(
                problems: missing.map {
                    settings.problem(at: "bridges.folders[\($0.offset)]", "there is no folder \($0.element)")
                })
        }
        self.settings = settings
        reloading = ServerReload(settings, logger: logger)
        self.group = group
        self.isDemo = isDemo
        self.logger = logger
    }

    /// Asks for a graceful stop; also before the start is over.
    func shutdown() { stop.open() }

    /// Takes over what can change while it runs, TLS certificates among it.
    ///
    /// - Parameter load: Reads the configuration anew.
    func reload(_ load: () throws -> Settings) { reloading.reload(load) }

    func run() async throws {
        let budget = ConnectionBudget(
            descriptors: FileLimit.raise(), wanted: settings.integer("http.maximum_connections"))
        logger.info(
            "server.limits", ["descriptors": .int(budget.descriptors), "connections": .int(budget.connections)])
        var configuration = try HTTPServerConfiguration(settings, budget)
        if let trouble = ServerTLS(settings, now: Int64(Date().timeIntervalSince1970)).trouble {
            // Served all the same: clients that look are refused by themselves, and a server that is down helps nobody.
            logger.error("tls.certificate_not_valid", ["error": .string(trouble), "remedy": "renew it, and reload"])
        }
        if let files = TLSServerContext.files(settings) {
            let context = try TLSServerContext(certificateFile: files.certificate, keyFile: files.key)
            configuration.makeTLSSession = { context.makeSession() }
            reloading.attach(context)
        }
        // Before PostgreSQL is started, and not only when everything else is there.
        do {
            try ListeningSocket.check(configuration.address)
        } catch {
            throw ListenFault(cause: error)
        }
        let folder = try DirectoryLock(settings.string("data"))
        let engines = try await Engines.start(settings, folder: folder, group: group, logger: logger)
        do {
            try await run(on: engines, configuration, folder: folder)
        } catch {
            await engines.stop()
            // Asked to stop while it was starting: that is no failure.
            guard error is CancellationError, stop.isOpen else { throw error }
            logger.info("server.stopped")
        }
    }

    private func run(
        on engines: Engines, _ configuration: HTTPServerConfiguration, folder: DirectoryLock
    ) async throws {
        let roles = Set(settings.strings("roles"))
        let node = settings.optionalString("node") ?? ProcessInfo.processInfo.hostName
        let core = try await Core.make(
            settings, engines: engines, keys: try tokenKeys(folder), group: group, logger: logger, metrics: metrics,
            reaching: Reaching(limit: settings.duration("start_limit"), stop: stop, logger: logger))
        reloading.attach(core.chat)
        let first = try await FirstStart(service: core.chat, folder: folder.directory, logger: logger)
            .run(isDemo: isDemo)
        var services = engines.services + core.services
        var routes: [Route<Principal>] = []
        if roles.contains("bridges") || roles.contains("api") {
            // Whoever takes messages judges them, also where the bridges run in another process.
            let bridges = makeBridges(
                core, engines, folder: folder, node: node, onlyFilters: !roles.contains("bridges"))
            services += bridges.services
            if roles.contains("api") { routes += BridgeRoutes(runtime: bridges.runtime).routes }
        }
        if roles.contains("api") {
            let gateways = Gateways(
                settings, core: core, engines: engines, node: node, group: group, logger: logger, metrics: metrics)
            services += gateways.services
            routes += gateways.routes
        }
        // Health and metrics are served by every role.
        routes += Health(pool: core.pool, redis: core.redis, metrics: metrics, services: services).routes
        let router = APIRouter.make(
            routes: routes, service: core.chat, origins: settings.strings("http.allowed_origins"), metrics: metrics,
            logger: logger)
        let http = HTTPServer(configuration, group: group, logger: logger, metrics: metrics) {
            await router.handle($0)
        }
        // Last of all: nobody is served before what they are promised is there.
        services.append(Listening(http))
        let running = ServiceGroup(services, startLimit: settings.duration("start_limit"), logger: logger)
        let address = AddressFile(folder: folder.directory)
        defer { address.remove() }
        let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [stop] in
                await stop.wait()
                manager?.tell(.stopping)
                running.shutdown()
            }
            try await running.run { [logger, startedAt] in
                logger.info(
                    "server.ready",
                    [
                        "listen": .string("\(http.address)"),
                        "roles": .string(roles.sorted().joined(separator: ",")),
                        "milliseconds": .int((ContinuousClock.now - startedAt).milliseconds),
                    ])
                address.write(http.address, isSecure: configuration.makeTLSSession != nil)
                manager?.tell(.ready)
                guard roles.contains("api") else { return }
                do {
                    try Banner.show(first, address: http.address, folder: folder.directory)
                } catch {
                    // Nobody reads it; that is no reason not to serve.
                    logger.warn("banner.not_written", ["error": .error(error)])
                }
            }
            tasks.cancelAll()
        }
        logger.info("server.stopped")
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private func makeBridges(
        _ core: Core, _ engines: Engines, folder: DirectoryLock, node: String, onlyFilters: Bool
    ) -> (runtime: BridgeRuntime, services: [any Service]) {
        let redis = RedisClient(engines.redis, loop: group.next(), logger: logger, name: "bridges")
        var folders = [folder.directory + "/bridges"]
        // The demonstration shows the example bridges of the checkout that it is run in.
        if isDemo { folders += ["bridges", "bridges/demo"] }
        let runtime = BridgeRuntime(
            folders: folders, registry: .standard, service: core.chat, store: core.store, log: core.log, redis: redis,
            loops: group, dataDirectory: folder.directory, nodeName: node, logger: logger, metrics: metrics,
            onlyFilters: onlyFilters, namedFolders: settings.strings("bridges.folders"),
            required: BridgeRequirement(rawValue: settings.string("bridges.require")) ?? .listeners)
        return (runtime, [Closing(name: "bridges-client") { await redis.close() }, runtime])
    }

    private func tokenKeys(_ folder: DirectoryLock) throws -> TokenKeys {
        var secrets = settings.strings("auth.previous_secrets").map(SigningKey.secret)
        if let text = settings.optionalString("auth.secret") {
            secrets.insert(SigningKey.secret(ofText: text), at: 0)
        } else {
            secrets.insert(try KeyFile.loadOrCreate(path: folder.directory + "/token.key"), at: 0)
        }
        return try TokenKeys(keys: secrets.map { try SigningKey.token(secret: $0) })
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
