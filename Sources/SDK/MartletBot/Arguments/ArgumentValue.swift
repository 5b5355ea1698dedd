/// A type that an argument of a command can have.
///
/// `String`, `Int`, `Double`, `Bool`, `Duration`, ``UserRef`` and ``ChannelRef`` conform, and so does every `Optional`
/// of them. An enumeration with text as raw value only has to declare it:
///
/// ```swift
/// enum Level: String, CaseIterable, ArgumentValue { case low, high }
/// ```
public protocol ArgumentValue: Sendable {
    /// How usage lines call the type: `number`, `@user`.
    static var typeName: String { get }

    /// Reads one word.
    ///
    /// - Parameters:
    ///   - text: The word, without the quotation marks around it.
    ///   - directory: Finds the server's users and channels.
    /// - Throws: ``ArgumentError`` when the word is no such value; ``BotError`` when the server could not be asked.
    static func resolve(_ text: String, in directory: any Directory) async throws -> Self
}

/// Finds users and channels by what people call them.
public protocol Directory: Sendable {
    /// The user with this handle, without `@`; nil when there is none.
    ///
    /// - Throws: ``BotError`` when the server could not be asked.
    func user(handle: String) async throws -> UserRef?

    /// The channel with this name, without `#`; nil when there is none that the bot can see.
    ///
    /// - Throws: ``BotError`` when the server could not be asked.
    func channel(name: String) async throws -> ChannelRef?
}

extension String: ArgumentValue {
    /// `text`.
    public static var typeName: String { "text" }

    /// Takes the word as it is.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> String { text }
}

extension Int: ArgumentValue {
    /// `number`.
    public static var typeName: String { "number" }

    /// Reads a whole number in decimal digits.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> Int {
        guard let value = Int(text) else { throw ArgumentError("expects a whole number", found: text) }
        return value
    }
}

extension Double: ArgumentValue {
    /// `number`.
    public static var typeName: String { "number" }

    /// Reads a finite number with a decimal point.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> Double {
        guard let value = Double(text), value.isFinite else { throw ArgumentError("expects a number", found: text) }
        return value
    }
}

extension Bool: ArgumentValue {
    /// `yes|no`.
    public static var typeName: String { "yes|no" }

    /// Reads `yes`, `on` or `true`, or the opposite.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> Bool {
        switch text.lowercased() {
        case "yes", "on", "true": return true
        case "no", "off", "false": return false
        default: throw ArgumentError("expects yes or no", found: text)
        }
    }
}

extension Optional: ArgumentValue where Wrapped: ArgumentValue {
    /// The name of the type inside.
    public static var typeName: String { Wrapped.typeName }

    /// Reads the type inside; an argument that was not given stays nil.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> Wrapped? {
        try await Wrapped.resolve(text, in: directory)
    }
}

extension ArgumentValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    /// The choices.
    public static var typeName: String { allCases.map(\.rawValue).joined(separator: "|") }

    /// Takes one of the choices, in any case of letters.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> Self {
        guard let value = allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            let choices = allCases.map(\.rawValue).joined(separator: ", ")
            throw ArgumentError("expects one of \(choices)", found: text)
        }
        return value
    }
}
