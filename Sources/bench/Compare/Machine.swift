import EmbeddedServers
import EventLoop
import Foundation
import LoadGenerator
import Postgres
import Telemetry

/// The PostgreSQL and the Redis that a peer is given: empty, durable, set as Martlet sets its own, on TCP ports.
final class Machine: Sendable {
    let folder: String
    let postgresPort: UInt16
    let redisPort: UInt16
    private let postgres: EmbeddedPostgres
    private let redis: EmbeddedRedis

    static let database = EmbeddedPostgres.database
    static let peerDatabase = "peer"

    /// - Parameter loop: Lives as long as the process, as the servers' parent has to.
    init(folder: String, loop: EventLoop) throws {
        self.folder = folder
        postgresPort = try Self.freePort()
        redisPort = try Self.freePort()
        var configuration = EmbeddedServersConfiguration(folder: try DirectoryLock(folder + "/servers"))
        configuration.postgresSettings = [
            ("listen_addresses", "127.0.0.1"), ("port", "\(postgresPort)"), ("max_connections", "200"),
            ("min_wal_size", "1GB"),
        ]
        configuration.redisSettings = [("port", "\(redisPort)"), ("bind", "127.0.0.1")]
        postgres = EmbeddedPostgres(configuration, loop: loop, logger: .silent)
        redis = EmbeddedRedis(configuration, loop: loop, logger: .silent)
    }

    func start() async throws {
        try await postgres.start()
        try await redis.start()
        // Martlet has its own; what others want to sort by is the order of bytes.
        try await sql(
            "CREATE DATABASE \(Self.peerDatabase) TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
            on: BenchLoops.service)
        // A database in use writes its log over old files; a new one has to make each file first, while everybody waits.
        try await sql(
            "DO $$ BEGIN FOR i IN 1..60 LOOP PERFORM pg_logical_emit_message(false, '', ''), pg_switch_wal(); END LOOP; END $$",
            "CHECKPOINT", on: BenchLoops.service)
    }

    /// Stops the servers and removes everything.
    func end() async {
        await postgres.stop()
        await redis.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// `postgres://martlet@127.0.0.1:5432/name`.
    func postgresURL(_ database: String = Machine.database) -> String {
        "postgres://\(EmbeddedPostgres.user)@127.0.0.1:\(postgresPort)/\(database)"
    }

    var redisURL: String { "redis://127.0.0.1:\(redisPort)/0" }

    var postgresUsage: ProcessUsage { postgres.processIdentifier.map(ProcessUsage.tree) ?? ProcessUsage() }
    var redisUsage: ProcessUsage { redis.processIdentifier.map(ProcessUsage.tree) ?? ProcessUsage() }

    /// Runs statements one after the other.
    func sql(_ statements: String..., on loop: EventLoop) async throws {
        let configuration = try postgresConfiguration()
        let connection = try await PostgresConnection.connect(configuration, loop: loop, logger: .silent)
        do {
            for statement in statements { try await connection.script(statement) }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// The first column of what a query answers.
    func numbers(_ query: String, on loop: EventLoop) async throws -> [Int64] {
        let connection = try await PostgresConnection.connect(
            try postgresConfiguration(), loop: loop, logger: .silent)
        let rows = try await connection.query(query)
        await connection.close()
        return try rows.map { try $0.decode(0, as: Int64.self) }
    }

    private func postgresConfiguration() throws -> PostgresConfiguration {
        var configuration = try PostgresConfiguration(url: postgresURL())
        configuration.statementTimeout = .seconds(600)
        return configuration
    }

    /// The first of ten ports of this machine that nobody uses, below those that the system gives to connections.
    static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let first = UInt16.random(in: 1_000..<3_200) * 10
            var descriptors: [Int32] = []
            defer { for descriptor in descriptors { close(descriptor) } }
            for port in first..<(first + 10) {
                guard let bound = try? ListeningSocket(.tcp(host: "127.0.0.1", port: port)) else { break }
                descriptors.append(bound.descriptor)
            }
            if descriptors.count == 10 { return first }
        }
        throw BenchError("there are no ten free ports in a row")
    }
}
