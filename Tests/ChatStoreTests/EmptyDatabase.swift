import EventLoop
import Postgres
import Telemetry
import TestSupport

/// A database without a schema, on the servers that the tests of the process share.
struct EmptyDatabase: Sendable {
    let group = EventLoopGroup(count: 1, name: "empty")
    let configuration: PostgresConfiguration
    let pool: PostgresPool

    init() async throws {
        let servers = try await TestServers.shared()
        var configuration = PostgresConfiguration(
            host: servers.postgresSocketDirectory, user: "martlet", database: "martlet", poolSize: 4)
        let name = servers.uniqueName("empty")
        let first = try await PostgresConnection.connect(configuration, loop: group.next(), logger: .silent)
        try await first.execute("CREATE DATABASE \(name)")
        await first.close()
        configuration.database = name
        self.configuration = configuration
        pool = PostgresPool(configuration, loops: group, logger: .silent)
    }

    /// A connection of its own, for a transaction that is left open.
    func connection() async throws -> PostgresConnection {
        try await PostgresConnection.connect(configuration, loop: group.next(), logger: .silent)
    }

    func value<Value: PostgresDecodable>(_ sql: String, as type: Value.Type = Value.self) async throws -> Value {
        try await pool.query(sql)[0].decode(0, as: type)
    }
}
