/// A JSON value whose objects keep their order, which is what makes a generated file readable.
enum JSONText: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    case null
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case array([JSONText])
    case object([(String, JSONText)])

    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(arrayLiteral elements: JSONText...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSONText)...) { self = .object(elements) }

    /// A setting as it would stand in a file.
    init(_ value: SettingValue, _ type: SettingType) {
        switch value {
        case .null: self = .null
        case .string(let text): self = .string(text)
        case .integer(let number):
            if case .byteSize = type { self = .string(ByteSizeText.format(number)) } else { self = .integer(number) }
        case .number(let number): self = .number(number)
        case .boolean(let flag): self = .boolean(flag)
        case .duration(let duration): self = .string(DurationText.format(duration))
        case .list(let items):
            var inner = SettingType.any
            if case .list(let item) = type { inner = item }
            self = .array(items.map { JSONText($0, inner) })
        case .map(let entries):
            self = .object(entries.map { ($0.key, JSONText($0.value, type.type(below: $0.key))) })
        }
    }

    /// The members of both objects, those of `other` behind.
    func merging(_ other: JSONText) -> JSONText {
        guard case .object(let own) = self, case .object(let more) = other else { return self }
        return .object(own + more)
    }

    /// The text, indented by two spaces.
    func pretty(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .null: return "null"
        case .string(let text): return YAMLText.quoted(text)
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        case .boolean(let flag): return "\(flag)"
        case .array(let items):
            if items.isEmpty { return "[]" }
            return "[\n\(items.map { inner + $0.pretty(indent: inner) }.joined(separator: ",\n"))\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { "\(inner)\(YAMLText.quoted($0.0)): \($0.1.pretty(indent: inner))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
        }
    }
}
