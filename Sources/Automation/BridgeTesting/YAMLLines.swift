import ChatModel
import Settings

/// Writes JSON as people like to read it: as YAML, a key a line.
enum YAMLLines {
    /// A value below its key.
    static func lines(_ key: String, _ value: JSONValue, indent: String = "") -> [String] {
        let label = "\(indent)\(scalar(key)):"
        switch value {
        case .object(let fields) where !fields.isEmpty: return [label] + lines(value, indent: indent + "  ")
        case .array(let items) where items.contains(where: isNested):
            return [label] + lines(value, indent: indent + "  ")
        case .string(let text) where text.contains("\n") && isBlock(text):
            let body = text.hasSuffix("\n") ? text.dropLast() : text[...]
            return ["\(label) |\(text.hasSuffix("\n") ? "" : "-")"]
                + body.split(separator: "\n", omittingEmptySubsequences: false).map {
                    $0.isEmpty ? "" : "\(indent)  \($0)"
                }
        default: return ["\(label) \(flow(value))"]
        }
    }

    /// A value alone.
    static func lines(_ value: JSONValue, indent: String = "") -> [String] {
        switch value {
        case .object(let fields) where !fields.isEmpty:
            fields.sorted { $0.key < $1.key }.flatMap { lines($0.key, $0.value, indent: indent) }
        case .array(let items) where items.contains(where: isNested):
            items.flatMap { item in
                let below = lines(item, indent: "")
                return below.enumerated().map { "\(indent)\($0 == 0 ? "- " : "  ")\($1)" }
            }
        default: ["\(indent)\(flow(value))"]
        }
    }

    private static func isNested(_ value: JSONValue) -> Bool {
        value.object?.isEmpty == false || value.array?.isEmpty == false
    }

    /// Whether a text reads back from a block of lines as it is.
    private static func isBlock(_ text: String) -> Bool {
        guard text.first?.isWhitespace == false, !text.hasSuffix("\n\n") else { return false }
        guard text.split(separator: "\n").allSatisfy({ $0.last?.isWhitespace == false }) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x0A: true
            case ..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF: false
            default: true
            }
        }
    }

    private static func flow(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): scalar(text)
        case .array(let items): "[\(items.map(flow).joined(separator: ", "))]"
        case .object: "{}"
        default: value.text ?? "null"
        }
    }

    private static func scalar(_ text: String) -> String { SettingValue.string(text).yaml }
}
