/// Adds the command `help`: a list of the commands, or the usage of the one that is named.
public struct Help: BotElement {
    private let summary: String

    /// Adds the command.
    ///
    /// - Parameter summary: A line about the bot, above the list.
    public init(_ summary: String = "") { self.summary = summary }

    /// Itself.
    public var parts: [BotPart] { BotPart.list(.help(summary: summary)) }
}
