import BridgeKit
import BridgeRuntime
import Bridges
import ChatModel
import ChatService
import ChatStore
import Crypto
import EmbeddedServers
import EventLog
import EventLoop
import Foundation
import Lifecycle
import Postgres
import Redis
import Telemetry

/// The event log and the bridges in this process, on servers of their own with fsync on.
final class EventHouse: Sendable {
    let folder: String
    let group = EventLoopGroup(name: "house")
    let store: ChatStore
    let redis: RedisClient
    let redisConfiguration: RedisConfiguration
    private let databaseConfiguration: PostgresConfiguration
    private let postgres: EmbeddedPostgres
    private let ownRedis: EmbeddedRedis

    init(folder: String) async throws {
        self.folder = folder
        let configuration = EmbeddedServersConfiguration(folder: try DirectoryLock(folder))
        let loop = EventLoop(name: "servers")
        postgres = EmbeddedPostgres(configuration, loop: loop, logger: .silent)
        ownRedis = EmbeddedRedis(configuration, loop: loop, logger: .silent)
        try await postgres.start()
        try await ownRedis.start()
        databaseConfiguration = PostgresConfiguration(
            host: postgres.socketDirectory, port: Int(EmbeddedPostgres.port), user: EmbeddedPostgres.user,
            database: EmbeddedPostgres.database, poolSize: 12)
        redisConfiguration = RedisConfiguration(unixSocket: ownRedis.socketPath)
        redis = RedisClient(redisConfiguration, loop: group.next(), logger: .silent, name: "bench")
        store = ChatStore(
            pool: PostgresPool(databaseConfiguration, loops: group, logger: .silent), logger: .silent)
        try await store.migrate()
    }

    func client(_ name: String) -> RedisClient {
        RedisClient(redisConfiguration, loop: group.next(), logger: .silent, name: name)
    }

    func close() async {
        await redis.close()
        await store.pool.close()
        await ownRedis.stop()
        await postgres.stop()
    }

    /// Runs relay, tail and chat around `body`.
    func withNode<T: Sendable>(
        stream: Int = EventRelay.defaultStreamMaximum, _ body: (ChatService) async throws -> T
    ) async throws -> T {
        let metrics = Metrics()
        let hub = EventHub(group: group, metrics: metrics) { SharedBytes($0) }
        let relay = EventRelay(
            store: store, redis: client("relay"), configuration: databaseConfiguration, hub: hub, loop: group.next(),
            logger: .silent, metrics: metrics, streamMaximum: stream)
        let tail = EventTail(store: store, redis: client("tail"), hub: hub, logger: .silent)
        let log = EventLog(store: store, hub: hub, redis: redis, relay: relay)
        let service = ChatService(
            store: store, log: log, keys: try TokenKeys(keys: [.hs256(id: "bench", secret: SecureRandom.bytes(32))]),
            configuration: ChatConfiguration(), filters: FilterChain(logger: .silent), logger: .silent,
            metrics: metrics)
        let services = ServiceGroup([relay, tail], logger: .silent)
        // Ended below.
        let running = Task { try await services.run() }
        try await tail.waitUntilReady()
        let result: Swift.Result<T, any Error>
        do { result = .success(try await body(service)) } catch { result = .failure(error) }
        await service.drain()
        services.shutdown()
        _ = try? await running.value
        return try result.get()
    }

    /// Runs the bridges of a folder around `body`.
    func withBridges<T: Sendable>(
        _ folder: String, _ service: ChatService, _ body: (BridgeRuntime) async throws -> T
    ) async throws -> T {
        var registry = BridgeRegistry.standard
        registry.add(SinkBridge.self)
        let redis = client("bridges")
        let runtime = BridgeRuntime(
            folders: [folder], registry: registry, service: service, store: store, log: service.log, redis: redis,
            loops: group,
            dataDirectory: self.folder, nodeName: "bench", logger: .silent, metrics: Metrics())
        // Ended below.
        let running = Task { try await runtime.run() }
        let result: Swift.Result<T, any Error>
        do { result = .success(try await body(runtime)) } catch { result = .failure(error) }
        runtime.shutdown()
        _ = try? await running.value
        await redis.close()
        return try result.get()
    }

    /// Looks every few milliseconds until something is so.
    static func wait(
        for what: String, within limit: Duration = .seconds(120), _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while !(try await condition()) {
            guard ContinuousClock.now < deadline else { throw BenchError("\(what) took more than \(limit)") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// The memory of this process, from the kernel's own count.
    static func residentBytes() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return kilobytes * 1024
    }
}
