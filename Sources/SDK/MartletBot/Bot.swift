/// A program that takes part in a chat: commands, event handlers and timers under one name.
///
/// ```swift
/// @main struct Helper {
///     static func main() async throws {
///         try await Bot(name: "helper") {
///             Remind.self
///             Group("mod") { Use(OnlyFor(roles: .moderator, .owner)); Kick.self }
///             On(.message, where: .contains("ping")) { context in try await context.reply("pong") }
///             Help("I help.")
///         }.run()
///     }
/// }
/// ```
///
/// Every event is handled at least once, also across crashes and lost connections, and the effects that go through the
/// handler's context exactly once: a repeated reply carries the mark of the first, and the state remembers what is in
/// it. Handlers should reach other systems in a way that bears repeating.
public struct Bot: Sendable {
    /// Names the bot in logs and its state file; people call it by the handle of its account.
    public let name: String
    /// What stands before a command; empty when only `@handle` counts.
    public let prefix: String
    /// How it behaves.
    public let options: BotOptions
    let dispatcher: Dispatcher

    /// Declares a bot; nothing runs yet.
    ///
    /// - Parameters:
    ///   - name: Names the bot in logs and its state file.
    ///   - prefix: What stands before a command.
    ///   - options: How it behaves.
    ///   - content: Commands by their types, and elements.
    public init(
        name: String, prefix: String = "!", options: BotOptions = BotOptions(), @BotBuilder _ content: () -> [BotPart]
    ) {
        self.name = name
        self.prefix = prefix
        self.options = options
        dispatcher = Dispatcher(parts: content(), prefix: prefix, options: options)
    }

    /// How many timers run; a test waits for them.
    package var timerCount: Int { dispatcher.timers.count }
}
