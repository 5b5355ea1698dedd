package import ChatModel
package import Settings

extension JSONValue {
    /// A value of a file as JSON; a duration as it would be written.
    package init(_ value: SettingValue) {
        self =
            switch value {
            case .null: .null
            case .string(let text): .string(text)
            case .integer(let number): .integer(Int64(number))
            case .number(let number): .number(number)
            case .boolean(let flag): .bool(flag)
            case .duration: .string(value.text ?? "")
            case .list(let items): .array(items.map { JSONValue($0) })
            case .map(let entries):
                .object(Dictionary(entries.map { ($0.key, JSONValue($0.value)) }, uniquingKeysWith: { $1 }))
            }
    }
}
