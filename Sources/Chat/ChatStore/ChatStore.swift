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
    let epochValue = Mutex("")
    let commitListeners = Mutex<[@Sendable () -> Void]>([])

    package init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger.named("store")
    }

    /// Identifies the log that cursors belong to; changes when a database is restored from an older state.
    package var epoch: String { epochValue.withLock { $0 } }

    /// Takes the channels' locks until the end of the transaction, in the order of their ids.
    static func lock(_ channels: [ChannelID]) -> PostgresStatement {
        PostgresStatement(
            "SELECT pg_advisory_xact_lock(id) FROM unnest($1::bigint[]) AS id", channels.map(\.rawValue).sorted())
    }

    static func lock(_ channel: ChannelID) -> PostgresStatement {
        PostgresStatement("SELECT pg_advisory_xact_lock($1)", channel.rawValue)
    }
}
