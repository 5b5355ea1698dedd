import YAML

/// Where values came from; shared by a document's settings and all their sections.
struct SettingsSource: Sendable {
    let file: String
    let folder: String
    let places: [String: ValueReader.Place]
    let keyPlaces: [String: ValueReader.Place]
    let hidden: Set<String>
}

/// The checked values of a configuration or of one of its sections.
///
/// Getters take dotted paths below this section (`smtp.port`) and answer the default when a key was left out. Asking
/// for a key that was not declared, or as another type, stops the program: it is a mistake of the code, not of the file.
public struct Settings: Sendable {
    /// The declaration that the values were checked against.
    public let spec: SettingsSpec
    /// All values of this section, defaults filled in.
    public let values: SettingValue
    /// Where this section stands in the file; empty for the whole.
    public let path: String
    let source: SettingsSource

    init(spec: SettingsSpec, values: SettingValue, path: String, source: SettingsSource) {
        self.spec = spec
        self.values = values
        self.path = path
        self.source = source
    }

    // MARK: Scalars

    /// The text at `path`, also of an enumeration; empty when left out without a default.
    public func string(_ path: String) -> String { optionalString(path) ?? neutral(path).string ?? "" }

    /// The text at `path`; nil when left out without a default.
    public func optionalString(_ path: String) -> String? {
        switch value(path) {
        case .string(let text): text
        case .null: nil
        default: wrongType(path, "text")
        }
    }

    /// The whole number at `path`, of bytes for a byte size; 0 when left out without a default.
    public func integer(_ path: String) -> Int { optionalInteger(path) ?? 0 }

    /// The whole number at `path`; nil when left out without a default.
    public func optionalInteger(_ path: String) -> Int? {
        switch value(path) {
        case .integer(let number): number
        case .null: nil
        default: wrongType(path, "a whole number")
        }
    }

    /// The number at `path`; 0 when left out without a default.
    public func number(_ path: String) -> Double { optionalNumber(path) ?? 0 }

    /// The number at `path`; nil when left out without a default.
    public func optionalNumber(_ path: String) -> Double? {
        switch value(path) {
        case .number(let number): number
        case .integer(let number): Double(number)
        case .null: nil
        default: wrongType(path, "a number")
        }
    }

    /// The truth value at `path`; false when left out without a default.
    public func boolean(_ path: String) -> Bool { optionalBoolean(path) ?? false }

    /// The truth value at `path`; nil when left out without a default.
    public func optionalBoolean(_ path: String) -> Bool? {
        switch value(path) {
        case .boolean(let flag): flag
        case .null: nil
        default: wrongType(path, "a truth value")
        }
    }

    /// The duration at `path`; zero when left out without a default.
    public func duration(_ path: String) -> Duration { optionalDuration(path) ?? .zero }

    /// The duration at `path`; nil when left out without a default.
    public func optionalDuration(_ path: String) -> Duration? {
        switch value(path) {
        case .duration(let duration): duration
        case .null: nil
        default: wrongType(path, "a duration")
        }
    }

    // MARK: Lists and sections

    /// The texts of the list at `path`; empty when left out without a default.
    public func strings(_ path: String) -> [String] { value(path).items.compactMap(\.string) }

    /// The texts of the map at `path`, in the order of the file.
    public func stringMap(_ path: String) -> [(key: String, value: String)] {
        value(path).entries.map { ($0.key, $0.value.text ?? "") }
    }

    /// The section at `path`; one of defaults when it was left out.
    public func section(_ path: String) -> Settings {
        guard case .section(let inner) = key(path).type else { wrongType(path, "a section") }
        return Settings(spec: inner, values: value(path), path: absolute(path), source: source)
    }

    /// The section at `path`; nil when it was left out and cannot be made of defaults.
    public func optionalSection(_ path: String) -> Settings? { value(path) == .null ? nil : section(path) }

    /// The sections of the list at `path`.
    public func sections(_ path: String) -> [Settings] {
        guard case .list(.section(let inner)) = key(path).type else { wrongType(path, "a list of sections") }
        return value(path).items.enumerated().map { index, item in
            Settings(spec: inner, values: item, path: "\(absolute(path))[\(index)]", source: source)
        }
    }

    /// The sections of the map at `path` with the names that the user chose.
    public func sectionMap(_ path: String) -> [(key: String, settings: Settings)] {
        guard case .map(.section(let inner)) = key(path).type else { wrongType(path, "a map of sections") }
        return value(path).entries.map { entry in
            let below = ValueReader.join(absolute(path), entry.key)
            return (entry.key, Settings(spec: inner, values: entry.value, path: below, source: source))
        }
    }

    /// The value at `path` as a tree; `null` when left out without a default.
    public func value(_ path: String) -> SettingValue {
        let declared = key(path)
        var value = values
        for name in path.split(separator: ".") { value = value[String(name)] ?? .null }
        return value == .null ? declared.defaultValue ?? .null : value
    }

    /// Whether the key was given in the file or by an override.
    public func isGiven(_ path: String) -> Bool { source.places[absolute(path)] != nil }

    // MARK: Places

    /// The folder of the file, which relative paths in it start from.
    public var folder: String { source.folder }

    /// Whether the value at `path`, which may hold indices, is a secret or came from a variable or another file.
    public func isHidden(_ path: String) -> Bool { source.hidden.contains(absolute(path)) }

    /// A problem at the place of the key itself, in a tree whose shape was not declared.
    public func problem(atKey path: String, _ message: String) -> SettingsProblem {
        guard case .mark(let mark)? = source.keyPlaces[absolute(path)] else { return problem(at: path, message) }
        return SettingsProblem(
            file: source.file, line: mark.line, column: mark.column, path: absolute(path), message: message)
    }

    /// A problem at the place of `path` (which may hold indices: `regexes[1]`, or be empty), for checks after reading.
    public func problem(at path: String, _ message: String) -> SettingsProblem {
        let full = absolute(path)
        var place = Substring(full)
        while true {
            switch source.places[String(place)] {
            case .mark(let mark)?:
                return SettingsProblem(
                    file: source.file, line: mark.line, column: mark.column, path: full, message: message)
            case .origin(let origin)?: return SettingsProblem(file: origin, path: full, message: message)
            case nil: break
            }
            guard let end = place.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            place = place[..<end]
        }
        return SettingsProblem(file: source.file, line: 1, column: 1, path: full, message: message)
    }

    private func absolute(_ path: String) -> String {
        path.isEmpty ? self.path : ValueReader.join(self.path, path)
    }

    private func neutral(_ path: String) -> SettingValue { key(path).type.neutral }

    private func key(_ path: String) -> SettingKey {
        guard let key = spec.key(at: path) else { preconditionFailure("the setting \(path) was not declared") }
        return key
    }

    private func wrongType(_ path: String, _ type: String) -> Never {
        preconditionFailure("the setting \(path) was not declared as \(type)")
    }
}
