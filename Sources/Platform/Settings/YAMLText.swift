/// Writes YAML that reads back as the same values.
enum YAMLText {
    /// A string, in double quotes where it could be read as something else.
    static func string(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "_-./".utf8.contains(byte)
        }
        guard isWord, let first = text.unicodeScalars.first, first == "/" || first.properties.isAlphabetic,
            !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        else { return quoted(text) }
        return text
    }

    /// A string in double quotes with the escapes that JSON and YAML share.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || scalar.properties.generalCategory == .format || [0x2028, 0x2029, 0xFEFF].contains(scalar.value):
                result += escaped(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// `\uXXXX`, as a surrogate pair beyond the basic plane would be read by JSON only, so those stay as they are.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        guard scalar.value <= 0xFFFF else { return String(Character(scalar)) }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)"
    }

    /// A value on one line, in flow style.
    static func flow(_ value: SettingValue, _ type: SettingType = .any) -> String {
        switch value {
        case .null: return "null"
        case .string(let text): return string(text)
        case .integer(let number):
            if case .byteSize = type { return ByteSizeText.format(number) }
            return "\(number)"
        case .number(let number): return "\(number)"
        case .boolean(let flag): return "\(flag)"
        case .duration(let duration): return DurationText.format(duration)
        case .list(let items):
            var inner = SettingType.any
            if case .list(let item) = type { inner = item }
            return "[\(items.map { flow($0, inner) }.joined(separator: ", "))]"
        case .map(let entries):
            if entries.isEmpty { return "{}" }
            let inner = entries.filter { $0.value != .null || type.isAny }
                .map { "\(string($0.key)): \(flow($0.value, type.type(below: $0.key)))" }
            return "{ \(inner.joined(separator: ", ")) }"
        }
    }
}

extension SettingType {
    /// The type of what stands below a key of a value of this type.
    func type(below key: String) -> SettingType {
        switch self {
        case .section(let spec): spec[key]?.type ?? .any
        case .map(let item): item
        default: .any
        }
    }
}
