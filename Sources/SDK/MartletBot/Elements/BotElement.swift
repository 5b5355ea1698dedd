/// Something that a bot is made of: ``On``, ``Group``, ``Use``, ``Every``, ``Help``, or a set of them under one name.
///
/// ```swift
/// struct Moderation: BotElement {
///     var parts: [BotPart] {
///         Kick.self
///         On(.memberAdded) { context in … }
///     }
/// }
/// ```
public protocol BotElement: Sendable {
    /// What it consists of.
    @BotBuilder var parts: [BotPart] { get }
}

/// One part of a bot, as ``BotBuilder`` collects them; made by the elements of this module only.
public struct BotPart: Sendable {
    indirect enum Kind: Sendable {
        case command(any Command.Type)
        case reaction(EventReaction)
        case middleware(any Middleware)
        case timer(TimerPart)
        case group(CommandGroup)
        case help(summary: String)
    }

    let kind: Kind
}

/// A group of commands below one word.
struct CommandGroup: Sendable {
    var name: String
    var summary: String
    var parts: [BotPart]
}

/// What `On` registers.
struct EventReaction: Sendable {
    var type: EventType
    /// Whether the event is one that the handler wants.
    var matches: @Sendable (Invocation) async throws -> Bool
    var handle: @Sendable (Invocation) async throws -> Void
}

/// What `Every` registers.
struct TimerPart: Sendable {
    var period: Duration
    var handle: @Sendable (TimerContext) async throws -> Void
}

/// Collects the parts of a bot from the lines of a closure; `if`, `switch` and `for` may stand between them.
@resultBuilder
public enum BotBuilder {
    /// A command, named by its type: `Remind.self`.
    public static func buildExpression(_ command: any Command.Type) -> [BotPart] { [BotPart(kind: .command(command))] }
    /// An element.
    public static func buildExpression(_ element: any BotElement) -> [BotPart] { element.parts }
    /// Parts that were collected before.
    public static func buildExpression(_ parts: [BotPart]) -> [BotPart] { parts }
    /// All lines, in their order.
    public static func buildBlock(_ parts: [BotPart]...) -> [BotPart] { parts.flatMap { $0 } }
    /// An `if` without `else`.
    public static func buildOptional(_ parts: [BotPart]?) -> [BotPart] { parts ?? [] }
    /// An `if` that holds.
    public static func buildEither(first parts: [BotPart]) -> [BotPart] { parts }
    /// An `else`.
    public static func buildEither(second parts: [BotPart]) -> [BotPart] { parts }
    /// A `for`.
    public static func buildArray(_ parts: [[BotPart]]) -> [BotPart] { parts.flatMap { $0 } }
}
