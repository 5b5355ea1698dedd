import EventLoop
import Postgres
import Telemetry
import TestSupport

/// The throw-away server as this module's tests use it.
struct TestDatabase {
    static let loops = EventLoopGroup(count: 2, name: "test")

    let servers: TestServers

    init() async throws { servers = try await TestServers.shared() }

    var configuration: PostgresConfiguration {
        PostgresConfiguration(
            host: servers.postgresSocketDirectory, user: "martlet", database: "martlet", poolSize: 4)
    }

    func name(_ prefix: String) -> String { servers.uniqueName(prefix) }

    func connect(
        _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) async throws -> PostgresConnection {
        var configuration = configuration
        change(&configuration)
        return try await .connect(configuration, loop: Self.loops.next())
    }

    func pool(_ change: (inout PostgresConfiguration) -> Void = { _ in }) -> PostgresPool {
        var configuration = configuration
        change(&configuration)
        return PostgresPool(configuration, loops: Self.loops, logger: .silent)
    }
}
