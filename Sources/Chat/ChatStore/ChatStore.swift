import ChatModel
package import Postgres
import Synchronization
package import Telemetry

/// Every SQL statement of Martlet, one a function.
///
/// Each statement filters by the tenant. What happens is written together with its event, in one transaction; a
/// transaction that belongs to a channel takes the channel's advisory lock in a statement of its own first, so that
/// the order of transaction ids is the order of the channel's messages.
package final class ChatStore: Sendable {
    package let pool: PostgresPool
    let logger: Logger
    let commitListeners = Mutex<[@Sendable () -> Void]>([])
    /// Tells when the database was started anew; see ``epoch``.
    package let logName = LogName()
    /// See ``settledBelow``.
    let settled = Atomic<UInt64>(0)
    package let writability: Writability

    package init(pool: PostgresPool, logger: Logger, metrics: Metrics? = nil) {
        self.pool = pool
        self.logger = logger.named("store")
        writability = Writability(logger: logger.named("store"), metrics: metrics)
        pool.prepareConnections { [logName] connection in try await Self.loadName(into: logName, on: connection) }
    }

    /// Names the log that cursors belong to; each start of the database gives it another name.
    package var epoch: String { logName.current }

    /// Takes the channels' locks until the end of the transaction, in the order of their ids.
    static func lock(_ channels: [ChannelID]) -> PostgresStatement {
        PostgresStatement(
            "SELECT pg_advisory_xact_lock(id) FROM unnest($1::bigint[]) AS id", channels.map(\.rawValue).sorted())
    }

    static func lock(_ channel: ChannelID) -> PostgresStatement {
        PostgresStatement("SELECT pg_advisory_xact_lock($1)", channel.rawValue)
    }
}
