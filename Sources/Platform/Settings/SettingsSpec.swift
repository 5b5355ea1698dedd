/// The keys of a configuration or of one section of it, declared once.
///
/// The reader, the errors, the reference page, the JSON Schema and the example file all come from here.
public struct SettingsSpec: Sendable {
    /// The keys, in the order in which they are documented.
    public let keys: [SettingKey]

    /// Declares a section of these keys; a name that stands twice stops the program.
    public init(keys: [SettingKey]) {
        precondition(Set(keys.map(\.name)).count == keys.count, "a setting is declared twice")
        self.keys = keys
    }

    /// Declares a section of the keys in the block.
    public init(@SettingsBuilder _ keys: () -> [SettingKey]) { self.init(keys: keys()) }

    /// A section without keys.
    public static let empty = SettingsSpec(keys: [])

    /// The key of this name in this section.
    public subscript(name: String) -> SettingKey? { keys.first { $0.name == name } }

    /// The key at a dotted path through sections.
    func key(at path: String) -> SettingKey? {
        if let key = self[path] { return key }
        guard let dot = path.firstIndex(of: "."), case .section(let spec)? = self[String(path[..<dot])]?.type else {
            return nil
        }
        return spec.key(at: String(path[path.index(after: dot)...]))
    }

    /// Every key that is no section, with its dotted path; lists and maps of sections are not entered.
    func leaves(below prefix: String = "") -> [(path: String, key: SettingKey)] {
        keys.flatMap { key in
            if case .section(let spec) = key.type { return spec.leaves(below: "\(prefix)\(key.name).") }
            return [("\(prefix)\(key.name)", key)]
        }
    }

    /// Whether a section of these keys cannot be made of defaults alone.
    var hasRequiredKeys: Bool { keys.contains(where: \.isRequired) }
}

/// Gathers the keys of a section.
@resultBuilder
public enum SettingsBuilder {
    /// Takes one key.
    public static func buildExpression(_ key: SettingKey) -> [SettingKey] { [key] }
    /// Takes several keys, of a list shared by some sections.
    public static func buildExpression(_ keys: [SettingKey]) -> [SettingKey] { keys }
    /// Puts the keys one after another.
    public static func buildBlock(_ parts: [SettingKey]...) -> [SettingKey] { parts.flatMap { $0 } }
    /// Takes the keys of a condition that holds.
    public static func buildOptional(_ part: [SettingKey]?) -> [SettingKey] { part ?? [] }
    /// Takes the keys of the first branch.
    public static func buildEither(first part: [SettingKey]) -> [SettingKey] { part }
    /// Takes the keys of the second branch.
    public static func buildEither(second part: [SettingKey]) -> [SettingKey] { part }
    /// Takes the keys of every round of a loop.
    public static func buildArray(_ parts: [[SettingKey]]) -> [SettingKey] { parts.flatMap { $0 } }
}
