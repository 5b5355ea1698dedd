extension SettingsSpec {
    /// A JSON Schema (draft 2020-12) for editors; it knows that any value may be `{ env: … }` or `{ file: … }`.
    public func jsonSchema() -> String {
        let reference: JSONText = [
            "description": "A value that stands elsewhere, as an environment variable or a file.",
            "oneOf": .array([
                Self.reference("env", "The name of an environment variable."),
                Self.reference("file", "A path, relative to this file."),
            ]),
        ]
        let root: JSONText = ["$schema": "https://json-schema.org/draft/2020-12/schema"]
        let definitions: JSONText = ["$defs": ["reference": reference]]
        return root.merging(schema).merging(definitions).pretty() + "\n"
    }

    private static func reference(_ key: String, _ description: JSONText) -> JSONText {
        let name: JSONText = ["type": "string", "minLength": 1, "description": description]
        return [
            "type": "object", "required": .array([.string(key)]), "additionalProperties": false,
            "properties": .object([(key, name)]),
        ]
    }

    fileprivate var schema: JSONText {
        let required = keys.filter(\.isRequired).map { JSONText.string($0.name) }
        let properties = keys.map { key in
            var schema = key.type.schema.merging(["description": .string(key.documentation)])
            if let value = key.defaultValue, !key.isSecret, value != .null {
                schema = schema.merging(["default": JSONText(value, key.type)])
            }
            if key.deprecated != nil { schema = schema.merging(["deprecated": true]) }
            return (key.name, schema)
        }
        var schema: JSONText = [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
        ]
        if !required.isEmpty { schema = schema.merging(["required": .array(required)]) }
        return schema
    }
}

extension SettingType {
    fileprivate var schema: JSONText {
        let nothing: JSONText = ["type": "null"]
        let reference: JSONText = ["$ref": "#/$defs/reference"]
        switch self {
        case .any: return [:]
        case .section(let spec): return ["anyOf": .array([spec.schema, nothing])]
        case .map(let item):
            return ["anyOf": .array([["type": "object", "additionalProperties": item.schema], nothing])]
        case .list(let item):
            let list: JSONText = ["type": "array", "items": item.schema]
            return [
                "anyOf": .array(item.isScalar ? [list, item.bare, reference, nothing] : [list, reference, nothing])
            ]
        default: return ["anyOf": .array([bare, reference, nothing])]
        }
    }

    /// The schema of a scalar that stands in the file itself.
    private var bare: JSONText {
        switch self {
        case .integer(let range):
            var schema: JSONText = ["type": "integer"]
            if range.lowerBound != .min { schema = schema.merging(["minimum": .integer(range.lowerBound)]) }
            if range.upperBound != .max { schema = schema.merging(["maximum": .integer(range.upperBound)]) }
            return schema
        case .number: return ["type": "number"]
        case .boolean: return ["type": "boolean"]
        case .duration:
            return [
                "anyOf": .array([
                    ["type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$"], ["const": 0],
                ])
            ]
        case .byteSize:
            return [
                "anyOf": .array([
                    ["type": "integer", "minimum": 0],
                    ["type": "string", "pattern": "^[0-9]+ ?([KkMmGgTt]i?[Bb]|B|b)?$"],
                ])
            ]
        case .enumeration(let words): return ["enum": .array(words.map { .string($0) })]
        default: return ["type": .array(["string", "number", "boolean"])]
        }
    }
}
