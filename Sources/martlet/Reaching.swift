import Lifecycle
import Postgres
import Telemetry

/// Waits at the start for servers that others run: they may be starting, too.
struct Reaching: Sendable {
    let limit: Duration
    /// Opened when the start is given up.
    let stop: Latch
    let logger: Logger

    /// Asks until there is an answer.
    ///
    /// - Parameter name: Of the server, for the log and the error.
    /// - Throws: ``ServiceNotReady`` with the last failure after the limit; `CancellationError` when the start was given
    ///   up; at once what no waiting will mend.
    func wait(for name: String, _ ask: @Sendable () async throws -> Void) async throws {
        let deadline = ContinuousClock.now + limit
        var backoff = Backoff(first: .milliseconds(50), max: .seconds(2))
        var nextWords = ContinuousClock.now + .seconds(2)
        while true {
            do {
                return try await ask()
            } catch {
                guard Self.mayPass(error) else { throw error }
                guard ContinuousClock.now < deadline else {
                    throw ServiceNotReady(service: name, limit: limit, obstacle: ErrorText.of(error))
                }
                if ContinuousClock.now >= nextWords {
                    logger.warn("service.waits", ["name": .string(name), "reason": .error(error)])
                    nextWords = .now + .seconds(5)
                }
            }
            if await stop.wait(until: min(deadline, .now + backoff.next())) { throw CancellationError() }
        }
    }

    /// Whether a server that is still starting may be the reason.
    private static func mayPass(_ error: any Error) -> Bool {
        guard let error = error as? PostgresError else { return !(error is CancellationError) }
        return error.code == .unavailable || error.code == .timeout || error.code == .poolExhausted
    }
}
