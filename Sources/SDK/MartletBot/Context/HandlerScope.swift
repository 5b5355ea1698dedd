import Synchronization
import Telemetry

/// What one run of one handler works with; it has no use outside this module.
public final class HandlerScope: Sendable {
    let bot: Author
    let api: BotAPI
    let clock: any BotClock
    let logger: Logger
    let transaction: StoreTransaction
    /// How many automations a message of this run has come through, this one included.
    let hops: Int
    private let nonceBase: String
    private let posts = Mutex(0)

    /// - Parameter nonceBase: The same whenever the same event or timer firing is handled.
    init(
        bot: Author, api: BotAPI, clock: any BotClock, logger: Logger, transaction: StoreTransaction, nonceBase: String,
        hops: Int
    ) {
        self.bot = bot
        self.api = api
        self.clock = clock
        self.logger = logger
        self.transaction = transaction
        self.nonceBase = nonceBase
        self.hops = hops
    }

    func nextNonce() -> String {
        let ordinal = posts.withLock { count in
            defer { count += 1 }
            return count
        }
        return "\(nonceBase):\(ordinal)"
    }
}
