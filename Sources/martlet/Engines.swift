import ChatStore
import EmbeddedServers
import EventLoop
import Lifecycle
import Postgres
import Redis
import Settings
import Telemetry

/// PostgreSQL and Redis: those that are configured, or the server's own below its data folder.
struct Engines: Sendable {
    let postgres: PostgresConfiguration
    let redis: RedisConfiguration
    /// The servers that were started here; they end after everything that uses them.
    let services: [any Service]
    /// Where the servers that were started here keep their data.
    let disks: [WriteWatch.Disk]
    private let ownPostgres: EmbeddedPostgres?
    private let ownRedis: EmbeddedRedis?

    static func start(
        _ settings: Settings, folder: DirectoryLock, group: EventLoopGroup, logger: Logger
    ) async throws -> Engines {
        // The recovery after a crash may take longer than anything else at a start.
        let limit = max(settings.duration("start_limit"), .seconds(120))
        let configuration = EmbeddedServersConfiguration(folder: folder, startTimeout: limit)
        let ownPostgres =
            settings.optionalString("database.url") == nil
            ? EmbeddedPostgres(configuration, loop: group.loops[0], logger: logger) : nil
        let ownRedis =
            settings.optionalString("redis.url") == nil
            ? EmbeddedRedis(configuration, loop: group.loops[0], logger: logger) : nil
        async let postgresStarted: Void? = ownPostgres?.start()
        async let redisStarted: Void? = ownRedis?.start()
        do {
            _ = try await (postgresStarted, redisStarted)
        } catch {
            await ownPostgres?.stop()
            await ownRedis?.stop()
            throw error
        }
        var postgres =
            if let url = settings.optionalString("database.url") {
                try PostgresConfiguration(url: url)
            } else {
                PostgresConfiguration(
                    host: ownPostgres?.socketDirectory ?? "", port: Int(EmbeddedPostgres.port),
                    user: EmbeddedPostgres.user,
                    password: nil, database: EmbeddedPostgres.database)
            }
        // A plan is made once for a connection and a statement: PostgreSQL would plan the commit of a single message
        // anew each time, for three times as long as it takes to run, since it thinks that arrays have ten elements.
        // It may be made while tables are empty and must not be one that reads all of them; each statement has its index.
        postgres.serverSettings = [
            ("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off"), ("jit", "off"),
            (ChatStore.channelsPerUserSetting, String(settings.integer("limits.channels_per_user"))),
        ]
        postgres.poolSize = settings.integer("database.pool_size")
        postgres.statementTimeout = settings.duration("database.statement_timeout")
        let redis =
            if let url = settings.optionalString("redis.url") {
                try RedisConfiguration(url: url)
            } else {
                RedisConfiguration(unixSocket: ownRedis?.socketPath ?? "")
            }
        let services: [(any Service)?] = [ownPostgres, ownRedis]
        var disks: [WriteWatch.Disk] = []
        if ownPostgres != nil {
            // The write-ahead log may have been moved to a disk of its own.
            disks += ["postgres", "postgres/pg_wal"].map {
                WriteWatch.Disk(folder: "\(folder.directory)/\($0)", holdsMessages: true)
            }
        }
        if ownRedis != nil { disks.append(WriteWatch.Disk(folder: folder.directory + "/redis", holdsMessages: false)) }
        disks.append(WriteWatch.Disk(folder: folder.directory + "/log", holdsMessages: false))
        return Engines(
            postgres: postgres, redis: redis, services: services.compactMap { $0 }, disks: disks,
            ownPostgres: ownPostgres, ownRedis: ownRedis)
    }

    /// Stops what was started here, when the rest could not be started.
    func stop() async {
        await ownRedis?.stop()
        await ownPostgres?.stop()
    }
}
