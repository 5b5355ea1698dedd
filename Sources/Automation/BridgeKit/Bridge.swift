public import ChatModel
public import Settings

/// One kind of bridge: something outside the chat that learns what happens inside, or the other way round.
///
/// A type declares its name and its settings once and says what to do with an event. Everything else is done for it:
/// its file is read and checked, its events come in the order of their channel and at least once, what fails is tried
/// again, what cannot succeed is kept as a dead letter, and a target that is down is left alone until it is back.
///
/// An event may come again after a crash: give the target an id that is the same at each try, made of
/// ``BridgeContext/name`` and the event's cursor.
public protocol Bridge: Sendable {
    /// The word that stands behind `bridge:` in a file.
    static var kind: String { get }
    /// One sentence for the reference page.
    static var summary: String { get }
    /// The keys below `settings:` in a file.
    static var settings: SettingsSpec { get }
    /// The keys of the settings that name other files the bridge is made of: when such a file changes, it is made anew.
    static var fileKeys: [String] { get }
    /// What the reference says of the kind beyond its keys, in Markdown.
    static var reference: String { get }
    /// How the runtime feeds this kind.
    static var traits: BridgeTraits { get }

    /// What is wrong with the settings of a file beyond their types; told with everything else that is wrong with it.
    ///
    /// - Parameter settings: With defaults in place of what has the wrong type.
    /// - Returns: What ``Settings/Settings/problem(at:_:)`` makes.
    static func problems(in settings: Settings) -> [SettingsProblem]

    /// The same, for a kind whose settings mean something only beside the variables of the process, such as `PATH`.
    ///
    /// Nothing outside is asked: files may be opened, but no connection.
    ///
    /// - Parameter environment: Those that ``BridgeContext/environment`` will have.
    /// - Returns: What ``problems(in:)-swift.type.method`` tells, and more.
    static func problems(in settings: Settings, environment: [String: String]) -> [SettingsProblem]

    /// Makes an instance for one file.
    ///
    /// Nothing may reach outside yet: while a changed file is tried, the instance of the old one still works.
    ///
    /// - Throws: ``BridgeSettingsError`` to point at places in the file; any other error is shown as it is.
    init(settings: Settings, context: BridgeContext) async throws

    /// Opens what the bridge needs: listeners, filters, indices.
    ///
    /// Called before the first event; when it throws, it leaves nothing open and is called again after a while.
    func start() async throws

    /// Brings one event to the target.
    ///
    /// When it returns, the event is done with for good.
    ///
    /// - Throws: ``BridgeError``; any other error counts as a reason to try again.
    func handle(_ event: BridgeEvent) async throws

    /// Brings several events to the target at once; for kinds whose ``BridgeTraits/batch`` is above one.
    ///
    /// - Returns: One outcome an event, in their order.
    func handle(_ events: [BridgeEvent]) async -> [BridgeOutcome]

    /// Closes everything for good; no event is in progress any more.
    func stop() async
}

extension Bridge {
    /// One event at a time for each channel, channels side by side.
    public static var traits: BridgeTraits { BridgeTraits() }
    /// Says nothing more.
    public static var reference: String { "" }
    /// No other files.
    public static var fileKeys: [String] { [] }
    /// Finds nothing.
    public static func problems(in settings: Settings) -> [SettingsProblem] { [] }
    /// Needs no variables.
    public static func problems(in settings: Settings, environment: [String: String]) -> [SettingsProblem] {
        problems(in: settings)
    }
    /// Opens nothing.
    public func start() async throws {}
    /// Takes every event for done.
    public func handle(_ event: BridgeEvent) async throws {}
    /// Closes nothing.
    public func stop() async {}

    /// Hands over one event after another.
    public func handle(_ events: [BridgeEvent]) async -> [BridgeOutcome] {
        var outcomes: [BridgeOutcome] = []
        for event in events {
            do {
                try await handle(event)
                outcomes.append(.done)
            } catch {
                outcomes.append(.failed(error))
            }
        }
        return outcomes
    }
}

/// How the runtime feeds a kind of bridge.
public struct BridgeTraits: Sendable {
    /// The events that a file gets which does not say `on:`; none for a kind that only listens or judges.
    public var events: [EventType]
    /// Whether its own messages can come back to it as events.
    ///
    /// Such a kind gets neither what its own bot has written nor what came through too many automations.
    public var writesBack: Bool
    /// How many events ``Bridge/handle(_:)-swift.method`` takes at once.
    public var batch: Int
    /// How many calls may be in progress at the same time.
    public var concurrency: Int
    /// What the server counts on the kind for; it may not serve anybody before that holds.
    public var role: BridgeRole
    /// Whether making an instance tells all that ``Bridge/problems(in:)`` tells, so that who makes one need not ask.
    package var isCheckedWhenMade = false

    /// Describes a kind; the defaults suit a target that takes one message at a time.
    public init(
        events: [EventType] = [.messageCreated], writesBack: Bool = false, batch: Int = 1, concurrency: Int = 16,
        role: BridgeRole = .follower
    ) {
        self.role = role
        self.events = events
        self.writesBack = writesBack
        self.batch = max(1, batch)
        self.concurrency = max(1, concurrency)
    }
}

/// What a server counts on a kind of bridge for.
public enum BridgeRole: String, Sendable, Hashable {
    /// It follows events; what it has not done yet it does later.
    case follower
    /// It judges messages before they are stored: what comes before it would go unjudged.
    case filter
    /// It takes what comes from outside: what comes before it is turned away.
    case listener
}
