/// A value of a configuration, read and checked.
///
/// Literals make one, so that a default reads as it would in the file: `default: "30s"`, `default: [80, 443]`.
public indirect enum SettingValue: Sendable, Hashable {
    /// Nothing: a key that was left out and has no default.
    case null
    case string(String)
    /// Also the number of bytes of a byte size.
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case duration(Duration)
    case list([SettingValue])
    /// Keys are unique and in the order of the file.
    case map([Entry])

    /// One key of a map with its value.
    public struct Entry: Sendable, Hashable {
        /// The key as it was written.
        public let key: String
        /// The value below the key.
        public let value: SettingValue

        /// Makes an entry of a map.
        public init(_ key: String, _ value: SettingValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value of `key` of a map; nil when this is no map or has no such key.
    public subscript(key: String) -> SettingValue? {
        guard case .map(let entries) = self else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The entries of a map; empty for everything else.
    public var entries: [Entry] {
        if case .map(let entries) = self { entries } else { [] }
    }

    /// The items of a list, nothing for `null`, and the value itself for everything else.
    public var items: [SettingValue] {
        switch self {
        case .list(let items): items
        case .null: []
        default: [self]
        }
    }

    /// The text of a string; nil for everything else.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The duration, also of a text such as `10m`; nil for everything else.
    public var duration: Duration? {
        switch self {
        case .duration(let duration): duration
        case .string(let text): DurationText.parse(text)
        case .integer(0): .zero
        default: nil
        }
    }

    /// What a person would write for a scalar: the text, the number, the truth value; nil for lists and maps.
    public var text: String? {
        switch self {
        case .null, .list, .map: nil
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .duration(let duration): DurationText.format(duration)
        }
    }
}

extension SettingValue {
    /// The value as YAML on one line, which reads back as the same value.
    package var yaml: String { YAMLText.flow(self) }
}

extension SettingValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Makes a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Makes an integer.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// Makes a number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// Makes a truth value.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// Makes a list.
    public init(arrayLiteral elements: SettingValue...) { self = .list(elements) }
    /// Makes a map.
    public init(dictionaryLiteral elements: (String, SettingValue)...) { self = .map(elements.map(Entry.init)) }
}
