/// Why the words of a command cannot be used; the bot answers with it and the command's usage.
///
/// Throw it from ``ArgumentValue/resolve(_:in:)`` for a value that is wrong, or from ``Command/run(_:)`` for values
/// that are wrong together. It is an answer to a person, not a failure of the bot: nothing is retried or logged.
public struct ArgumentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was expected, as the end of a sentence: `expects a whole number`.
    public var hint: String
    /// The argument's name; the binder fills it in.
    public var argument: String
    /// What was written instead, when something was.
    public var found: String?

    /// Makes an error for the argument that is being resolved.
    ///
    /// - Parameters:
    ///   - hint: What was expected, as the end of a sentence.
    ///   - argument: The argument's name; may be left out inside ``ArgumentValue/resolve(_:in:)``.
    ///   - found: What was written instead; at most 80 characters of it are shown.
    public init(_ hint: String, argument: String = "", found: String? = nil) {
        self.hint = hint
        self.argument = argument
        self.found = found
    }

    /// One line for the person who wrote the command.
    public var description: String {
        // Of an option itself a sentence is said: `--label needs a value`.
        let subject =
            argument.isEmpty ? hint : argument.hasPrefix("--") ? "\(argument) \(hint)" : "\(argument): \(hint)"
        guard let found else { return subject }
        let shown = found.count > 80 ? found.prefix(80) + "…" : found[...]
        return "\(subject) (got \"\(shown)\")"
    }
}
