import ChatModel
import Foundation
import Settings

extension JSONValue {
    /// A value of a file as JSON.
    init(_ value: SettingValue) {
        self =
            switch value {
            case .null: .null
            case .string(let text): .string(text)
            case .integer(let number): .integer(Int64(number))
            case .number(let number): .number(number)
            case .boolean(let flag): .bool(flag)
            case .duration: .string(value.text ?? "")
            case .list(let items): .array(items.map { JSONValue($0) })
            case .map(let entries): .object(Dictionary(entries.map { ($0.key, JSONValue($0.value)) }) { $1 })
            }
    }

    /// The JSON of a value; nil when it holds numbers that are none.
    init?(encoding value: some Encodable) {
        guard let data = try? JSONEncoder().encode(value),
            let tree = try? JSONDecoder().decode(JSONValue.self, from: data)
        else { return nil }
        self = tree
    }

    func decoded<Value: Decodable>(as type: Value.Type) -> Value? {
        guard let data = try? JSONEncoder().encode(self) else { return nil }
        return try? JSONDecoder().decode(type, from: data)
    }

    /// The JSON on one line, keys sorted.
    var text: String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) }
    }
}
