/// How a bot behaves; every setting has a default that suits a bot among people.
public struct BotOptions: Sendable {
    /// When a bot answers to a command that it does not have.
    public enum UnknownCommands: Sendable {
        /// When the word is near one of its commands, or the bot was called by its name.
        case nearMisses
        /// Always; for a prefix that no other bot uses.
        case always
        /// Never.
        case never
    }

    /// When the bot answers to a command that it does not have.
    public var unknownCommands = UnknownCommands.nearMisses
    /// Whether messages of other bots count; two bots may then answer each other until ``maxHops``.
    public var answersBots = false
    /// Whether notices and the system's messages count.
    public var answersNotices = false
    /// Events that came through so many automations are ignored.
    public var maxHops = 4
    /// How many channels are served at a time; within one channel it is always one event after another.
    public var channelsSideBySide = 16
    /// How often a handler that throws is run before its event is given up.
    ///
    /// While the server cannot be reached, or asks to wait, runs are not counted, up to 30.
    public var handlerAttempts = 3
    /// How long a handler may take; then it is cancelled, which counts as a failure.
    public var handlerDeadline = Duration.seconds(60)
    /// How long handlers may go on after the process was asked to end; what is not done is delivered again.
    public var shutdownGrace = Duration.seconds(10)

    /// Every setting at its default.
    public init() {}
}
