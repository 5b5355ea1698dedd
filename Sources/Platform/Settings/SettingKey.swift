/// One key of a configuration: everything that its reader, its errors, its reference page and its schema need.
public struct SettingKey: Sendable {
    /// Says what is wrong with a value of the right type, as in "must be …"; nil when nothing is.
    public typealias Validation = @Sendable (SettingValue) -> String?

    /// The key as it stands in the file.
    public let name: String
    /// What may stand below it.
    public let type: SettingType
    /// One sentence on what it means.
    public let documentation: String
    /// What holds when it is left out; nil when nothing does.
    public let defaultValue: SettingValue?
    /// A value that parses, for generated examples of keys without a default.
    public let example: SettingValue?
    /// Whether leaving it out is a problem.
    public let isRequired: Bool
    /// Whether its value must never be printed.
    public let isSecret: Bool
    /// What to use instead, when the key is on its way out.
    public let deprecated: String?
    /// A rule beyond the type.
    public let validation: Validation?

    /// Declares a key.
    ///
    /// A default that does not fit the type stops the program: it is a mistake of the declaration.
    public init(
        _ name: String, _ type: SettingType, _ documentation: String, default defaultValue: SettingValue? = nil,
        example: SettingValue? = nil, required: Bool = false, secret: Bool = false, deprecated: String? = nil,
        validation: Validation? = nil
    ) {
        precondition(!name.isEmpty, "a setting needs a name")
        self.name = name
        self.type = type
        self.documentation = documentation
        self.defaultValue = defaultValue.map { ValueReader.normalised($0, type, name, validation) }
        self.example = example
        _ = example.map { ValueReader.normalised($0, type, name, validation) }
        self.isRequired = required
        self.isSecret = secret
        self.deprecated = deprecated
        self.validation = validation
    }
}
