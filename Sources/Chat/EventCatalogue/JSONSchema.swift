package import ChatModel

/// The shape of a JSON value, told as JSON Schema 2020-12 (https://json-schema.org/draft/2020-12/json-schema-core).
package struct JSONSchema: Sendable {
    package indirect enum Kind: Sendable {
        case any, string, integer, boolean
        case array(JSONSchema)
        /// Fields may be added to an object without a new version, so others are allowed.
        case object([Field])
        /// Always the same.
        case constant(JSONValue)
    }

    package struct Field: Sendable {
        package let name: String
        package let schema: JSONSchema
        package let isRequired: Bool
    }

    package var kind: Kind
    /// One sentence.
    package var documentation = ""
    package var allowed: [String] = []
    package var format: String?
    package var pattern: String?
    package var minimum: Int64?

    package init(_ kind: Kind) { self.kind = kind }

    /// The schema as JSON.
    package var json: JSONValue {
        var json: [String: JSONValue] = [:]
        switch kind {
        case .any: break
        case .string: json["type"] = "string"
        case .integer: json["type"] = "integer"
        case .boolean: json["type"] = "boolean"
        case .array(let element):
            json["type"] = "array"
            json["items"] = element.json
        case .object(let fields):
            json["type"] = "object"
            json["properties"] = .object(
                Dictionary(fields.map { ($0.name, $0.schema.json) }, uniquingKeysWith: { first, _ in first }))
            json["required"] = .array(fields.filter(\.isRequired).map { .string($0.name) })
        case .constant(let value): json["const"] = value
        }
        if !documentation.isEmpty { json["description"] = .string(documentation) }
        if !allowed.isEmpty { json["enum"] = .array(allowed.map { .string($0) }) }
        if let format { json["format"] = .string(format) }
        if let pattern { json["pattern"] = .string(pattern) }
        if let minimum { json["minimum"] = .integer(minimum) }
        return .object(json)
    }

    /// What a table says of the shape: `integer`, `list of object`.
    var summary: String {
        switch kind {
        case .any: "any JSON"
        case .string where !allowed.isEmpty: allowed.map { "`\($0)`" }.joined(separator: ", ")
        case .string: format == "date-time" ? "time" : "string"
        case .integer: "integer"
        case .boolean: "boolean"
        case .array(let element): "list of \(element.summary)"
        case .object: "object"
        case .constant(.string(let value)): "`\(value)`"
        case .constant(.integer(let value)): "`\(value)`"
        case .constant: "always the same"
        }
    }
}

extension JSONSchema.Field {
    private init(_ name: String, _ kind: JSONSchema.Kind, _ documentation: String, isRequired: Bool = true) {
        var schema = JSONSchema(kind)
        schema.documentation = documentation
        self.init(name: name, schema: schema, isRequired: isRequired)
    }

    /// The same field, which may be missing.
    var optional: JSONSchema.Field { JSONSchema.Field(name: name, schema: schema, isRequired: false) }

    static func string(_ name: String, _ documentation: String) -> JSONSchema.Field {
        JSONSchema.Field(name, .string, documentation)
    }

    /// One of the texts of an enumeration.
    static func choice(_ name: String, _ allowed: [String], _ documentation: String) -> JSONSchema.Field {
        var schema = JSONSchema(.string)
        schema.documentation = documentation
        schema.allowed = allowed
        return JSONSchema.Field(name: name, schema: schema, isRequired: true)
    }

    static func boolean(_ name: String, _ documentation: String) -> JSONSchema.Field {
        JSONSchema.Field(name, .boolean, documentation)
    }

    /// A number that counts something.
    static func count(_ name: String, _ documentation: String, from minimum: Int64 = 0) -> JSONSchema.Field {
        var schema = JSONSchema(.integer)
        schema.documentation = documentation
        schema.minimum = minimum
        return JSONSchema.Field(name: name, schema: schema, isRequired: true)
    }

    /// A number that names a row.
    static func id(_ name: String, _ documentation: String) -> JSONSchema.Field {
        count(name, documentation, from: 1)
    }

    static func time(_ name: String, _ documentation: String) -> JSONSchema.Field {
        var schema = JSONSchema(.string)
        schema.documentation = documentation
        schema.format = "date-time"
        return JSONSchema.Field(name: name, schema: schema, isRequired: true)
    }

    static func cursor(_ name: String, _ documentation: String) -> JSONSchema.Field {
        var schema = JSONSchema(.string)
        schema.documentation = documentation
        schema.pattern = "^[0-9]+-[0-9]+$"
        return JSONSchema.Field(name: name, schema: schema, isRequired: true)
    }

    static func any(_ name: String, _ documentation: String) -> JSONSchema.Field {
        JSONSchema.Field(name, .any, documentation)
    }

    static func strings(_ name: String, _ documentation: String) -> JSONSchema.Field {
        JSONSchema.Field(name, .array(JSONSchema(.string)), documentation)
    }

    static func object(
        _ name: String, _ documentation: String, _ fields: [JSONSchema.Field]
    ) -> JSONSchema.Field {
        JSONSchema.Field(name, .object(fields), documentation)
    }

    static func objects(
        _ name: String, _ documentation: String, _ fields: [JSONSchema.Field]
    ) -> JSONSchema.Field {
        JSONSchema.Field(name, .array(JSONSchema(.object(fields))), documentation)
    }

    static func constant(_ name: String, _ value: JSONValue, _ documentation: String) -> JSONSchema.Field {
        JSONSchema.Field(name, .constant(value), documentation)
    }
}
