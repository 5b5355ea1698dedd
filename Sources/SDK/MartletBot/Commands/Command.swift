/// Something that a bot does when it is told to by name.
///
/// A command is a structure of property wrappers. For each call a fresh one is made and filled from the words of the
/// message; usage lines and `help` come from the same declarations.
///
/// ```swift
/// struct Remind: Command {
///     static let name = "remind"
///     static let summary = "Remind somebody later"
///     @Argument var who: UserRef
///     @Option var after: Duration = .seconds(600)
///     @Flag var quiet: Bool
///     @Rest var text: String
///     func run(_ context: CommandContext) async throws {
///         try await context.reply("I shall remind \(who.name).")
///     }
/// }
/// ```
public protocol Command: Sendable {
    /// What people write after the prefix: lower-case letters, digits, `-` and `_`.
    static var name: String { get }

    /// What the command is for, as the start of a sentence, for `help`.
    static var summary: String { get }

    /// Other names for the same command; none unless declared.
    static var aliases: [String] { get }

    /// More about the command, shown by `help` with its name; empty unless declared.
    static var details: String { get }

    /// Makes a command whose arguments are not filled yet.
    init()

    /// Does what the command is for.
    ///
    /// The event is acknowledged when this returns. When it throws, or the process dies, it is called again for the
    /// same message; replies that were sent and state that was stored are not repeated.
    ///
    /// - Throws: ``ArgumentError`` to answer with a line and the usage; anything else is retried, then logged as a
    ///   dead letter.
    func run(_ context: CommandContext) async throws
}

extension Command {
    /// None.
    public static var aliases: [String] { [] }

    /// Nothing.
    public static var details: String { "" }

    static func answers(to word: some StringProtocol) -> Bool {
        let word = word.lowercased()
        return name.lowercased() == word || aliases.contains { $0.lowercased() == word }
    }
}
