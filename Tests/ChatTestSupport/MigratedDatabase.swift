import ChatStore
package import EventLoop
import Postgres
import Telemetry
package import TestSupport

/// Databases with the whole schema, made by copying one that is migrated once a process.
///
/// A copy costs a third of running all migrations, and stays as cheap however many they become.
package enum MigratedDatabase {
    /// The template on the shared servers.
    private static let template = Task { try await make() }

    /// Makes a copy on the shared servers; it goes with them.
    ///
    /// - Returns: Its name.
    package static func copy(on servers: TestServers, loop: EventLoop) async throws -> String {
        let template = try await template.value
        return try await create(on: servers, loop: loop, template: template)
    }

    /// Makes an empty database on servers of one's own.
    ///
    /// - Returns: Its name.
    package static func empty(on servers: TestServers, loop: EventLoop) async throws -> String {
        try await create(on: servers, loop: loop, template: nil)
    }

    private static func make() async throws -> String {
        let servers = try await TestServers.shared()
        let group = EventLoopGroup(count: 1, name: "template")
        let name = try await create(on: servers, loop: group.next(), template: nil)
        var configuration = servers.postgresConfiguration
        configuration.database = name
        configuration.poolSize = 1
        let store = ChatStore(
            pool: PostgresPool(configuration, loops: group, logger: .silent), logger: .silent)
        try await store.migrate()
        await store.pool.close()
        // PostgreSQL copies no database that somebody is connected to; a closed connection leaves it a moment later.
        let maintenance = try await PostgresConnection.connect(
            servers.postgresConfiguration, loop: group.next(), logger: .silent)
        try await eventually("nobody is connected to the template") {
            try await maintenance.query("SELECT 1 FROM pg_stat_activity WHERE datname = $1", name).isEmpty
        }
        await maintenance.close()
        return name
    }

    private static func create(on servers: TestServers, loop: EventLoop, template: String?) async throws -> String {
        let name = servers.uniqueName("chat")
        let connection = try await PostgresConnection.connect(
            servers.postgresConfiguration, loop: loop, logger: .silent)
        let origin = template.map { " TEMPLATE \($0) STRATEGY file_copy" } ?? ""
        try await connection.execute("CREATE DATABASE \(name)\(origin)")
        await connection.close()
        return name
    }
}
