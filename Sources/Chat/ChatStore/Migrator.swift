import EventLoop
import Lifecycle
import Postgres
import Telemetry

/// Applies what a database lacks of the migrations, one node at a time, without holding up those who use it.
///
/// The node that migrates holds an advisory lock on a connection of its own; the others ask for it again and again. None
/// waits for it inside a statement: that would hold a snapshot, for which `CREATE INDEX CONCURRENTLY` waits in turn.
struct Migrator: Sendable {
    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(3)

    let pool: PostgresPool
    let logger: Logger
    var migrations = Migration.all
    /// How long a lock may be waited for: whoever comes meanwhile queues behind it.
    var lockTimeout = Duration.seconds(1)
    /// How long one step, or another node's migration, may find no way past others; then the start fails.
    var patience = Duration.seconds(1800)
    /// Whether the database is being made: nobody uses it, and its tables are empty.
    var isNew = false

    /// - Throws: ``SchemaError``, ``PostgresError``.
    func run() async throws {
        guard try await !isUpToDate(Self.applied { try await pool.query($0) }) else { return }
        let connection = try await PostgresConnection.connect(
            configuration, loop: pool.loops.next(), logger: logger)
        do {
            try await takeTurn(connection)
            try await connection.script(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    number int PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
                CREATE TABLE IF NOT EXISTS schema_steps (
                    number int NOT NULL, step int NOT NULL, PRIMARY KEY (number, step));
                """)
            let applied = try await Self.applied { try await connection.query($0) }
            if try !isUpToDate(applied) {
                var migrator = self
                migrator.isNew = applied.isEmpty
                for migration in migrations where !applied.contains(migration.number) {
                    try await migrator.apply(migration, on: connection)
                }
            }
        } catch {
            await connection.close()
            throw error
        }
        // The lock belongs to the session: its end is the one release that cannot fail.
        await connection.close()
    }

    /// Migrations take the time that they take, and plans as PostgreSQL would make them.
    private var configuration: PostgresConfiguration {
        var configuration = pool.configuration
        configuration.statementTimeout = nil
        configuration.serverSettings = []
        return configuration
    }

    private static func applied(_ query: (String) async throws -> [PostgresRow]) async throws -> Set<Int> {
        let isThere = try await query("SELECT to_regclass('schema_migrations') IS NOT NULL")
        guard try isThere.only().decode(0, as: Bool.self) else { return [] }
        return Set(
            try await query("SELECT number FROM schema_migrations").map { Int(try $0.decode(0, as: Int32.self)) })
    }

    private func isUpToDate(_ applied: Set<Int>) throws -> Bool {
        let newest = migrations.last?.number ?? 0
        if let other = applied.max(), other > newest {
            throw SchemaError(
                .newer,
                """
                the database has schema \(other), which a newer Martlet made, and this one knows schemas up to \
                \(newest): start the newer program, or put back a backup from before the upgrade
                """)
        }
        return migrations.allSatisfy { applied.contains($0.number) }
    }

    private func takeTurn(_ connection: PostgresConnection) async throws {
        var backoff = Backoff(first: Self.firstPause, max: .seconds(1))
        let limit = ContinuousClock.now + patience
        var isTold = false
        while true {
            let row = try await connection.query("SELECT pg_try_advisory_lock($1)", ChatStore.LockKey.migration).only()
            if try row.decode(0, as: Bool.self) { return }
            if !isTold { logger.info("migration.waiting", ["reason": "another node is migrating"]) }
            isTold = true
            guard ContinuousClock.now < limit else {
                throw SchemaError(.patience, "another node has been migrating the database for \(patience)")
            }
            try await Task.sleep(for: backoff.next())
        }
    }

    private func apply(_ migration: Migration, on connection: PostgresConnection) async throws {
        let begun = ContinuousClock.now
        let done = Set(
            try await connection.query("SELECT step FROM schema_steps WHERE number = $1", Int32(migration.number))
                .map { Int(try $0.decode(0, as: Int32.self)) })
        for (index, step) in migration.steps.enumerated() where !done.contains(index) {
            var marks = ["INSERT INTO schema_steps VALUES (\(migration.number), \(index));"]
            if index == migration.steps.count - 1 {
                let name = migration.name.replacing("'", with: "''")
                marks = [
                    "INSERT INTO schema_migrations (number, name) VALUES (\(migration.number), '\(name)');",
                    "DELETE FROM schema_steps WHERE number = \(migration.number);",
                ]
            }
            let mark = marks.joined(separator: "\n")
            switch step {
            case .transaction(let sql): try await transaction(sql + "\n" + mark, of: migration, on: connection)
            case .batches(let sql):
                while try await retrying(migration, connection, { try await connection.execute(sql) }) > 0 {}
                try await transaction(mark, of: migration, on: connection)
            case .index(let index):
                try await make(index, of: migration, on: connection)
                try await transaction(mark, of: migration, on: connection)
            }
        }
        logger.info(
            "migration.applied",
            [
                "number": .int(migration.number), "name": .string(migration.name),
                "milliseconds": .int(Int64((ContinuousClock.now - begun) / .milliseconds(1))),
            ])
    }

    /// Runs a script as one transaction, again when a lock was not to be had.
    func transaction(_ sql: String, of migration: Migration, on connection: PostgresConnection) async throws {
        try await retrying(migration, connection) { try await connection.script("BEGIN;\n\(sql)\nCOMMIT;") }
    }

    /// Runs `body` with the limit for locks, and again when that was over or others were in the way.
    func retrying<T>(
        _ migration: Migration, _ connection: PostgresConnection, _ body: () async throws -> sending T
    ) async throws -> sending T {
        var backoff = Backoff(first: Self.firstPause, max: Self.longestPause)
        let limit = ContinuousClock.now + patience
        try await connection.script("SET lock_timeout = \(Int64(lockTimeout / .milliseconds(1)))")
        while true {
            do {
                return try await body()
            } catch let error as PostgresError where Self.isInTheWay(error) {
                try await connection.script("ROLLBACK")
                if backoff.attempt == 0 {
                    logger.warn(
                        "migration.locked",
                        [
                            "number": .int(migration.number), "error": .error(error),
                            "reason": "others hold a lock; tried again until they have given it back",
                        ])
                }
                guard ContinuousClock.now < limit else {
                    throw SchemaError(
                        .patience,
                        """
                        schema \(migration.number) (\(migration.name)) found a lock held for \(patience): see \
                        pg_stat_activity for a transaction that was left open
                        """)
                }
                try await Task.sleep(for: backoff.next())
            }
        }
    }

    private static func isInTheWay(_ error: PostgresError) -> Bool {
        // lock_not_available; deadlock_detected and serialization_failure.
        error.sqlState == "55P03" || error.isSerializationFailure
    }
}
