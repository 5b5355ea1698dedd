package import EmbeddedServers
import EventLoop
package import Postgres
import Synchronization
import Telemetry

/// A throw-away PostgreSQL and Redis, one pair for all tests of the process.
///
/// Their folder is removed when the process ends.
package struct TestServers: Sendable {
    package let postgres: EmbeddedPostgres
    package let redis: EmbeddedRedis
    package var postgresSocketDirectory: String { postgres.socketDirectory }
    package var redisSocketPath: String { redis.socketPath }

    private static let starting = Task { try await TestServers() }

    /// Starts them at the first call.
    package static func shared() async throws -> TestServers { try await starting.value }

    /// Starts a pair of its own, for a test that stops or kills it.
    ///
    /// - Parameter postgresSettings: What differs from the usual settings of PostgreSQL.
    package init(postgresSettings: [(name: String, value: String)] = []) async throws {
        let loop = EventLoop(name: "servers")
        let folder = try temporaryDirectory(isDisposable: true)
        try await EmptyDatabase.place(in: folder)
        var configuration = EmbeddedServersConfiguration(folder: try DirectoryLock(folder), isDurable: false)
        configuration.postgresSettings = postgresSettings
        let postgres = EmbeddedPostgres(configuration, loop: loop, logger: .silent)
        let redis = EmbeddedRedis(configuration, loop: loop, logger: .silent)
        self.postgres = postgres
        self.redis = redis
        TemporaryFiles.endWithProcess {
            [postgres.processIdentifier, redis.processIdentifier].compactMap { $0 }
        }
        async let first: Void = postgres.start()
        try await redis.start()
        try await first
    }

    /// A name that no other test uses: lower case, good for a schema, a key or a channel.
    package func uniqueName(_ prefix: String) -> String {
        let number = Self.names.add(1, ordering: .relaxed).newValue
        return "\(prefix)_\(number)_\(String(UInt32.random(in: .min ... .max), radix: 36))"
    }

    /// Where the server's first database is, for those who make more.
    package var postgresConfiguration: PostgresConfiguration {
        PostgresConfiguration(
            host: postgresSocketDirectory, user: EmbeddedPostgres.user, database: EmbeddedPostgres.database, poolSize: 4
        )
    }

    /// The number of a Redis database that nobody has, on the servers that all tests share.
    package func nextRedisDatabase() -> Int {
        let number = Self.redisDatabases.wrappingAdd(1, ordering: .relaxed).oldValue
        precondition(number < 256, "the tests' Redis has 256 databases")
        return number
    }

    private static let names = Atomic<Int>(0)
    private static let redisDatabases = Atomic<Int>(0)
}
