import Foundation

/// The shape of a JSON value, as OpenAPI 3.1 (JSON Schema 2020-12) tells it.
package struct Schema: Sendable, Equatable {
    package indirect enum Kind: Sendable, Equatable {
        case any
        case string
        case integer
        case number
        case boolean
        case array(Schema)
        /// An object whose keys are data.
        case dictionary(Schema)
        case object([Property])
        /// A named component.
        case reference(String)
    }

    package struct Property: Sendable, Equatable {
        package var name: String
        package var schema: Schema
        package var isRequired: Bool
        /// Whether null stands for leaving it out, when it is read.
        package var isNullable: Bool

        package init(_ name: String, _ schema: Schema, isRequired: Bool = true, isNullable: Bool = false) {
            self.name = name
            self.schema = schema
            self.isRequired = isRequired
            self.isNullable = isNullable
        }
    }

    package var kind: Kind
    package var format: String?
    package var documentation: String?
    package var allowed: [String] = []
    package var minimum: Int?
    package var maximum: Int?
    package var minimumLength: Int?
    package var maximumLength: Int?
    package var minimumItems: Int?
    package var maximumItems: Int?
    /// A regular expression (ECMA-262).
    package var pattern: String?
    package var fallback: Int?
    package var example: String?

    package init(_ kind: Kind, format: String? = nil) {
        self.kind = kind
        self.format = format
    }

    package static let any = Schema(.any)
    package static let string = Schema(.string)
    package static let integer = Schema(.integer, format: "int64")
    package static let number = Schema(.number, format: "double")
    package static let boolean = Schema(.boolean)
    package static func array(_ element: Schema) -> Schema { Schema(.array(element)) }
    package static func dictionary(_ value: Schema) -> Schema { Schema(.dictionary(value)) }
    package static func object(_ properties: [Property]) -> Schema { Schema(.object(properties)) }
    package static func reference(_ name: String) -> Schema { Schema(.reference(name)) }

    /// The members of the JSON object that describes this shape.
    ///
    /// - Parameter isInput: Whether the value is read; then what may be left out may be null as well.
    func json(isInput: Bool) -> [String: Any] {
        var json: [String: Any] = [:]
        switch kind {
        case .any: break
        case .string: json["type"] = "string"
        case .integer: json["type"] = "integer"
        case .number: json["type"] = "number"
        case .boolean: json["type"] = "boolean"
        case .array(let element):
            json["type"] = "array"
            json["items"] = element.json(isInput: isInput)
        case .dictionary(let value):
            json["type"] = "object"
            json["additionalProperties"] = value.json(isInput: isInput)
        case .object(let properties):
            json["type"] = "object"
            json["properties"] = Dictionary(
                properties.map { property in
                    let json = property.schema.json(isInput: isInput)
                    return (property.name, isInput && property.isNullable ? Self.orNull(json) : json)
                }, uniquingKeysWith: { first, _ in first })
            let required = properties.filter(\.isRequired).map(\.name)
            if !required.isEmpty { json["required"] = required }
        case .reference(let name): json["$ref"] = "#/components/schemas/\(name)"
        }
        json["format"] = format
        json["description"] = documentation
        if !allowed.isEmpty { json["enum"] = allowed }
        json["minimum"] = minimum
        json["maximum"] = maximum
        json["minLength"] = minimumLength
        json["maxLength"] = maximumLength
        json["minItems"] = minimumItems
        json["maxItems"] = maximumItems
        json["pattern"] = pattern
        json["default"] = fallback
        if let example { json["examples"] = [example] }
        return json
    }

    /// The names of components that the shape refers to.
    var references: Set<String> {
        switch kind {
        case .any, .string, .integer, .number, .boolean: []
        case .array(let inner), .dictionary(let inner): inner.references
        case .object(let properties): properties.reduce(into: []) { $0.formUnion($1.schema.references) }
        case .reference(let name): [name]
        }
    }

    /// The same, or null.
    private static func orNull(_ json: [String: Any]) -> [String: Any] {
        var json = json
        if let reference = json.removeValue(forKey: "$ref") {
            json["anyOf"] = [["$ref": reference], ["type": "null"]]
        } else if let type = json["type"] {
            json["type"] = [type, "null"]
            if let allowed = json["enum"] as? [String] { json["enum"] = allowed + [NSNull()] as [Any] }
        }
        return json
    }
}
