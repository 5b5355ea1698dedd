public import ChatModel
package import EventLoop
package import Telemetry

/// What a bridge gets from the server that it runs in.
public struct BridgeContext: Sendable {
    /// The bridge's name; unique on the server and the same after a restart.
    public let name: String
    /// The tenant that the file names, or the server's own when it names none.
    public let app: AppID
    /// Writes to the server's log.
    public let log: BridgeLog
    /// Reads and writes the chat.
    public let chat: any BridgeChat
    /// Keeps values for as long as the bridge needs them.
    public let store: any BridgeStore
    /// Shows at once whether the target is there; only for a bridge that knows without an event.
    public let health: any BridgeHealth
    /// The variables of the process.
    public let environment: [String: String]
    /// A folder for the bridge's own files; not made until somebody needs it.
    public let folder: String
    /// Where connections can live.
    package let loops: EventLoopGroup
    /// Makes the clients for what lies outside; a kind makes none itself.
    package let targets: any BridgeTargets
    /// Whether the bridge is only tried: it binds no address, and ``targets`` records instead of sending.
    package let isTest: Bool
    /// The time, in milliseconds since 1970.
    package let now: @Sendable () -> Int64

    package init(
        name: String, app: AppID, log: BridgeLog, chat: any BridgeChat, store: any BridgeStore,
        environment: [String: String], folder: String, loops: EventLoopGroup, health: any BridgeHealth = NoHealth(),
        targets: (any BridgeTargets)? = nil, isTest: Bool = false,
        now: @escaping @Sendable () -> Int64 = { Timestamp.nowMilliseconds() }
    ) {
        self.name = name
        self.app = app
        self.log = log
        self.chat = chat
        self.store = store
        self.environment = environment
        self.folder = folder
        self.loops = loops
        self.health = health
        self.targets = targets ?? NetworkTargets(loops: loops, logger: log.logger)
        self.isTest = isTest
        self.now = now
    }
}

/// Writes structured records that carry the bridge's name.
public struct BridgeLog: Sendable {
    package let logger: Logger

    package init(_ logger: Logger) { self.logger = logger }

    /// Says what went as it should.
    public func info(_ event: StaticString, _ values: [String: String] = [:]) {
        logger.info(event, values.mapValues { .string($0) })
    }

    /// Says what somebody should look at when there is time.
    public func warn(_ event: StaticString, _ values: [String: String] = [:]) {
        logger.warn(event, values.mapValues { .string($0) })
    }

    /// Says what somebody should look at now.
    public func error(_ event: StaticString, _ values: [String: String] = [:]) {
        logger.error(event, values.mapValues { .string($0) })
    }
}
