import EmbeddedServers
import EventLoop
import Foundation
import Postgres
import Redis
import Settings
import Telemetry

/// PostgreSQL with its clock, and Redis: those that are configured, or the server's own while it runs.
struct DatabaseCheck: Sendable {
    static let limit = Duration.seconds(8)
    /// A clock that is further off than this gives messages the wrong time.
    private static let tolerable = 1.0
    /// One further than this keeps messages from being stored in the right partition.
    private static let most = 60.0

    let settings: Settings
    let folder: String
    let isRunning: Bool
    let group: EventLoopGroup

    func database() async -> [CheckResult] {
        let name = "database"
        let configuration: PostgresConfiguration
        if let url = settings.optionalString("database.url") {
            do { configuration = try PostgresConfiguration(url: url) } catch {
                return [
                    .failed(name, ErrorText.of(error), "mend database.url: postgres://user:password@host:port/name")
                ]
            }
        } else if isRunning {
            configuration = PostgresConfiguration(
                host: EmbeddedPostgres.socketDirectory(of: folder), port: Int(EmbeddedPostgres.port),
                user: EmbeddedPostgres.user, password: nil, database: EmbeddedPostgres.database)
        } else {
            do {
                let programs = try EmbeddedPostgres.findPrograms(for: folder)
                return [.good(name, "the server's own; it does not run now, its programs are in \(programs)")]
            } catch {
                return [.failed(name, error.description, "install it, or set database.url")]
            }
        }
        let place =
            configuration.host.hasPrefix("/") ? configuration.host : "\(configuration.host):\(configuration.port)"
        do {
            let (facts, offset) = try await ask(configuration)
            var results: [CheckResult] = []
            if facts.isReadOnly {
                results.append(
                    .failed(
                        name, "PostgreSQL \(facts.version) at \(place) takes no writes",
                        "point database.url at the primary"))
            } else {
                results.append(.good(name, "PostgreSQL \(facts.version) at \(place) answers and takes writes"))
            }
            return results + [clock(offset)]
        } catch {
            return [
                .failed(
                    name, "\(place): \(ErrorText.of(error))",
                    "is it started, does database.url name it, and does pg_hba.conf let this host in?")
            ]
        }
    }

    private func clock(_ offset: Double) -> CheckResult {
        let shown = abs(offset) < 1 ? "\(Int(abs(offset) * 1000)) ms" : "\(Int(abs(offset))) s"
        let detail = "the database's clock is \(shown) \(offset < 0 ? "behind" : "ahead of") this machine's"
        let remedy = "set both by the network (`timedatectl set-ntp true`)"
        if abs(offset) > Self.most { return .failed("clock", detail, remedy) }
        return abs(offset) > Self.tolerable ? .warning("clock", detail, remedy) : .good("clock", detail)
    }

    private struct Facts: Sendable {
        let version: String
        let isReadOnly: Bool
    }

    /// - Returns: With how many seconds its clock is ahead.
    private func ask(_ configuration: PostgresConfiguration) async throws -> (Facts, Double) {
        var configuration = configuration
        configuration.poolSize = 1
        configuration.connectTimeout = .seconds(5)
        configuration.acquireTimeout = .seconds(6)
        configuration.statementTimeout = .seconds(5)
        let pool = PostgresPool(configuration, loops: group, logger: .silent)
        defer { Task { await pool.close() } }
        return try await withTimeLimit(Self.limit) {
            // The connection is made by the first: what it costs must not count for the clock.
            let row = try await pool.query(
                """
                SELECT current_setting('server_version'),
                    pg_is_in_recovery() OR current_setting('transaction_read_only')::bool
                """)[0]
            let before = Date().timeIntervalSince1970
            let time = try await pool.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")[0]
            let after = Date().timeIntervalSince1970
            let facts = Facts(
                version: try row.decode(0, as: String.self), isReadOnly: try row.decode(1, as: Bool.self))
            return (facts, Double(try time.decode(0, as: Int64.self)) / 1000 - (before + after) / 2)
        }
    }

    func redis() async -> CheckResult {
        let name = "redis"
        var configuration: RedisConfiguration
        if let url = settings.optionalString("redis.url") {
            do { configuration = try RedisConfiguration(url: url) } catch {
                return .failed(name, error.description, "mend redis.url: redis://:password@host:port/number")
            }
        } else if isRunning {
            configuration = RedisConfiguration(unixSocket: EmbeddedRedis.socketPath(of: folder))
        } else {
            do {
                return .good(
                    name, "the server's own; it does not run now, its program is \(try EmbeddedRedis.findProgram())")
            } catch {
                return .failed(name, error.description, "install it, or set redis.url")
            }
        }
        configuration.connectTimeout = .seconds(5)
        let place = configuration.address.description
        let client = RedisClient(configuration, loop: group.next(), logger: .silent, name: "check")
        defer { Task { await client.close() } }
        do {
            let info = try await withTimeLimit(Self.limit) {
                try await client.send("INFO", "server").string ?? ""
            }
            let version = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }
            return .good(name, "Redis \(version?.dropFirst("redis_version:".count) ?? "") at \(place) answers")
        } catch {
            return .failed(
                name, "\(place): \(ErrorText.of(error))",
                "is it started, and do redis.url and its password name it? Messages are taken meanwhile; bridges wait")
        }
    }
}
