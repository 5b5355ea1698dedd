import ChatModel
package import ChatStore
package import Crypto
package import EventLog
import Synchronization
package import Telemetry

/// The use cases of chat: every interface calls these, and only these decide who may do what.
///
/// All functions throw ``ChatError`` for what the caller can mend, and let errors of the database through, which a
/// gateway answers as "unavailable".
package final class ChatService: Sendable {
    let store: ChatStore
    package let log: EventLog
    package let filters: FilterChain
    package let search = SearchDirectory()
    package let logger: Logger
    let tokens: AccessTokens
    let sendQueue: SendQueue
    let access: AccessCache
    let users: UserCache
    let handles: HandleCache
    let keywords: KeywordCache
    /// What members have read and got; a service of its own, which has to run.
    package let receipts: ReceiptBoard
    let appRoles: AppRoleCache
    private let decided: Mutex<ChatConfiguration>
    let limits: ServiceLimits
    let loops = LoopGuard()
    /// What bots have in hand; the gateways that hand it to them say so.
    package let inHand = EventsInHand()
    /// What bridges have in hand; their runtime says so.
    package let hookDeliveries = HookDeliveries()
    let stopped: Counter
    let ended: Counter

    package init(
        store: ChatStore, log: EventLog, keys: TokenKeys, configuration: ChatConfiguration, filters: FilterChain,
        logger: Logger, metrics: Metrics
    ) {
        self.store = store
        self.log = log
        self.filters = filters
        self.logger = logger.named("chat")
        decided = Mutex(configuration)
        tokens = AccessTokens(keys: keys)
        sendQueue = SendQueue(store: store, metrics: metrics, logger: logger)
        access = AccessCache(store: store)
        users = UserCache(store: store)
        handles = HandleCache(store: store)
        receipts = ReceiptBoard(store: store, logger: logger)
        keywords = KeywordCache(store: store, logger: logger.named("chat"))
        appRoles = AppRoleCache(store: store)
        limits = ServiceLimits(configuration.rates)
        stopped = metrics.counter("martlet_loops_stopped_total", "Times that automations were stopped in a channel.")
        ended = metrics.counter("martlet_loops_ended_total", "Chains of automations that were told to have ended.")
        // Other nodes change memberships and accounts too: what is remembered here follows the log.
        log.hub.addTap { [access, users, handles, keywords, appRoles, loops, store, logger] events in
            for event in events {
                access.forget(event)
                users.forget(event)
                handles.forget(event)
                keywords.forget(event)
                appRoles.forget(event)
            }
            for release in loops.follow(events) {
                // Ends with the answer. What is not written here, the next person's message says again.
                Task {
                    do {
                        try await store.deleteStop(release.channel, before: release.message, in: release.app)
                    } catch {
                        logger.warn("loop.release_not_stored", ["error": .error(error)])
                    }
                }
            }
        }
    }

    /// What the operator has decided; set, it holds from the next request on.
    package var configuration: ChatConfiguration {
        get { decided.withLock { $0 } }
        set {
            decided.withLock { $0 = newValue }
            limits.change(newValue.rates)
        }
    }

    /// Waits until every message that was taken is stored or refused.
    package func drain() async { await sendQueue.drain() }
}

/// What an operator decides about chat.
package struct ChatConfiguration: Sendable {
    /// Whether anybody may make an account.
    package var allowsRegistration: Bool
    package var rates: ChatRates
    /// What the hash of a new password costs: the exponent of its rounds.
    package var passwordCost: Int

    package init(
        allowsRegistration: Bool = true, sendsPerSecond: Int = 50, passwordCost: Int = PasswordHash.defaultCost
    ) {
        self.allowsRegistration = allowsRegistration
        self.passwordCost = passwordCost
        rates = ChatRates()
        rates.sendsPerSecond = sendsPerSecond
    }
}
