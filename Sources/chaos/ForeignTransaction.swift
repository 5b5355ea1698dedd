import EventLoop
import Postgres
import Telemetry

/// A program that has nothing to do with Martlet, and leaves a transaction open that has written something.
struct ForeignTransaction: Sendable {
    let socketFolder: String
    let loop: EventLoop

    /// - Parameter isNear: In Martlet's own database, in place of another one of the same server.
    /// - Returns: False when PostgreSQL was away.
    func hold(for length: Duration, isNear: Bool) async -> Bool {
        var configuration = PostgresConfiguration(
            host: socketFolder, user: "martlet", database: isNear ? "martlet" : "postgres",
            applicationName: "somebody-else")
        configuration.statementTimeout = nil
        guard let connection = try? await PostgresConnection.connect(configuration, loop: loop, logger: .silent) else {
            return false
        }
        let isHeld: Bool
        do {
            try await connection.script(
                "CREATE SCHEMA IF NOT EXISTS chaos; CREATE TABLE IF NOT EXISTS chaos.t (i int); "
                    + "BEGIN; INSERT INTO chaos.t VALUES (1)")
            try await Task.sleep(for: length)
            isHeld = true
        } catch {
            isHeld = false
        }
        await connection.close()
        return isHeld
    }
}
