/// Commands below one word, `!mod kick`, and the middleware that guards them.
public struct Group: BotElement {
    private let group: CommandGroup

    /// Makes a group.
    ///
    /// - Parameters:
    ///   - name: The word before the commands' names.
    ///   - summary: What the commands have in common, for `help`.
    ///   - content: Commands, groups, events and middleware; the middleware concerns this group only.
    public init(_ name: String, summary: String = "", @BotBuilder _ content: () -> [BotPart]) {
        group = CommandGroup(name: name, summary: summary, parts: content())
    }

    /// Itself.
    public var parts: [BotPart] { BotPart.list(.group(group)) }
}
