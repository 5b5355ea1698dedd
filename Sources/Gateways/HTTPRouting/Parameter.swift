/// What the documentation says about a parameter of the path or the query.
package struct Parameter: Sendable {
    package let name: String
    package let schema: Schema
    package let documentation: String
    package let isRequired: Bool

    package init(_ name: String, _ schema: Schema, _ documentation: String, isRequired: Bool = false) {
        self.name = name
        self.schema = schema
        self.documentation = documentation
        self.isRequired = isRequired
    }

    package static func string(_ name: String, _ documentation: String, isRequired: Bool = false) -> Parameter {
        Parameter(name, .string, documentation, isRequired: isRequired)
    }

    package static func integer(
        _ name: String, _ documentation: String, default fallback: Int? = nil, in range: ClosedRange<Int>? = nil,
        isRequired: Bool = false
    ) -> Parameter {
        var schema = Schema.integer
        schema.fallback = fallback
        schema.minimum = range?.lowerBound ?? .min
        schema.maximum = range?.upperBound ?? .max
        return Parameter(name, schema, documentation, isRequired: isRequired)
    }

    /// A time of RFC 3339.
    package static func time(_ name: String, _ documentation: String, isRequired: Bool = false) -> Parameter {
        text(name, documentation, pattern: timePattern, isRequired: isRequired)
    }

    /// A place in the event log.
    package static func cursor(_ name: String, _ documentation: String) -> Parameter {
        text(name, documentation, pattern: cursorPattern)
    }

    /// A text of a form.
    package static func text(
        _ name: String, _ documentation: String, pattern: String, isRequired: Bool = false
    ) -> Parameter {
        var schema = Schema.string
        schema.pattern = pattern
        return Parameter(name, schema, documentation, isRequired: isRequired)
    }

    /// What is right in any case: the description need not tell the length of each month.
    package static let timePattern =
        "^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,3})?Z$"
    package static let cursorPattern = "^[0-9]{1,19}-[0-9]{1,19}$"
    /// `beginning`, a time or a cursor.
    package static let placePattern = "^beginning$|\(timePattern)|\(cursorPattern)"

    package static func boolean(_ name: String, _ documentation: String) -> Parameter {
        Parameter(name, .boolean, documentation)
    }

    package static func choice<Choice: QueryChoice>(
        _ name: String, _ type: Choice.Type, _ documentation: String
    ) -> Parameter {
        var schema = Schema.string
        schema.allowed = Choice.allCases.map(\.rawValue)
        return Parameter(name, schema, documentation)
    }

    /// A parameter that may be given more than once.
    package static func strings(_ name: String, _ documentation: String) -> Parameter {
        Parameter(name, .array(.string), documentation)
    }
}
