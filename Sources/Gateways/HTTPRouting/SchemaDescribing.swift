/// A wire type that says more about itself than its properties' types do.
package protocol SchemaDescribing {
    static var schemaDescription: SchemaRefinement { get }
}

/// What a ``SchemaDescribing`` type adds.
package struct SchemaRefinement: Sendable {
    /// What the documentation says of one property, named as in JSON.
    package struct Property: Sendable {
        package var documentation: String?
        package var format: String?
        package var allowed: [String]
        package var minimum: Int?
        package var maximum: Int?
        package var minimumLength: Int?
        package var maximumLength: Int?
        package var minimumItems: Int?
        package var maximumItems: Int?
        package var pattern: String?
        package var example: String?

        package init(
            _ documentation: String? = nil, format: String? = nil, allowed: [String] = [], minimum: Int? = nil,
            maximum: Int? = nil, minimumLength: Int? = nil, maximumLength: Int? = nil, minimumItems: Int? = nil,
            maximumItems: Int? = nil, pattern: String? = nil, example: String? = nil
        ) {
            self.documentation = documentation
            self.format = format
            self.allowed = allowed
            self.minimum = minimum
            self.maximum = maximum
            self.minimumLength = minimumLength
            self.maximumLength = maximumLength
            self.minimumItems = minimumItems
            self.maximumItems = maximumItems
            self.pattern = pattern
            self.example = example
        }

        func applied(to schema: Schema) -> Schema {
            var schema = schema
            schema.documentation = documentation ?? schema.documentation
            schema.format = format ?? schema.format
            if !allowed.isEmpty { schema.allowed = allowed }
            schema.minimum = minimum ?? schema.minimum
            schema.maximum = maximum ?? schema.maximum
            schema.minimumLength = minimumLength ?? schema.minimumLength
            schema.maximumLength = maximumLength ?? schema.maximumLength
            schema.minimumItems = minimumItems ?? schema.minimumItems
            schema.maximumItems = maximumItems ?? schema.maximumItems
            schema.pattern = pattern ?? schema.pattern
            schema.example = example ?? schema.example
            return schema
        }
    }

    package var documentation: String?
    package var properties: [String: Property]
    /// Takes the place of what was found out, for types that read themselves in ways of their own.
    package var schema: Schema?
    /// A JSON string that the type can be read from, for texts with a form.
    package var placeholder: String?

    package init(
        _ documentation: String? = nil, properties: [String: Property] = [:], schema: Schema? = nil,
        placeholder: String? = nil
    ) {
        self.documentation = documentation
        self.properties = properties
        self.schema = schema
        self.placeholder = placeholder
    }
}
