import ChatModel
import Foundation
import Telemetry

extension JSONValue {
    /// The text of a value made for a template may not be longer, in bytes.
    static let longestTemplateText = 1 << 20

    /// The value as it stands in a text: text as it is, nothing for null, JSON for lists and maps.
    func templateText() throws(TemplateError) -> String {
        switch self {
        case .null: return ""
        case .string(let text): return text
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let number): return "\(number)"
        case .number(let number): return Self.text(of: number)
        case .array, .object: return try jsonText()
        }
    }

    /// The value as compact JSON with sorted keys.
    func jsonText() throws(TemplateError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self), data.count <= Self.longestTemplateText else {
            throw TemplateError("the JSON is longer than \(Self.longestTemplateText >> 20) MiB")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads JSON of a bounded size and depth; nil for everything else.
    init?(json bytes: [UInt8]) {
        guard bytes.count <= Self.longestTemplateText, JSONBounds.admit(bytes),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        else { return nil }
        self = value
    }

    /// Whether a condition takes the value for true: not for null, false, 0 and what is empty.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .bool(let flag): flag
        case .integer(let number): number != 0
        case .number(let number): number != 0
        case .string(let text): !text.isEmpty
        case .array(let items): !items.isEmpty
        case .object(let fields): !fields.isEmpty
        }
    }

    /// Whether two values mean the same: a number and its text do.
    func isLike(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.string(let text), .integer), (.string(let text), .number), (.string(let text), .bool):
            return (try? other.templateText()) == text
        case (.integer, .string), (.number, .string), (.bool, .string): return other.isLike(self)
        case (.integer, .number), (.number, .integer): return number == other.number
        default: return self == other
        }
    }

    /// The value as a number, or the moment that a text names, in milliseconds since 1970.
    var magnitude: Double? {
        if let number { return number }
        guard let text = string else { return nil }
        return Self.number(of: text)?.number ?? Timestamp.parse(text).map { Double($0) }
    }

    /// The whole number that this is, also as text.
    var wholeNumber: Int64? { integer ?? string.flatMap { Int64($0) } }

    /// The number that a text spells, as JSON would.
    static func number(of text: String) -> JSONValue? {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.utf8.count <= 64, !text.isEmpty,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) })
        else { return nil }
        if let whole = Int64(text) { return .integer(whole) }
        guard let number = Double(text), number.isFinite else { return nil }
        return .number(keeping: number)
    }

    /// A number that is kept whole where it is whole.
    static func number(keeping number: Double) -> JSONValue {
        guard number.isFinite else { return .null }
        return Int64(exactly: number).map { .integer($0) } ?? .number(number)
    }

    private static func text(of number: Double) -> String {
        Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    }
}
