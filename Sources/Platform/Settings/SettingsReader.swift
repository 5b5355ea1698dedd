package import YAML

/// Turns a YAML tree and its overrides into checked settings.
package enum SettingsReader {
    /// Reads a document that is already a tree.
    ///
    /// All problems are found, not only the first. Settings come back even then, with defaults in place of what is
    /// wrong, so that they can be shown; use them only when `problems.errors` is empty.
    ///
    /// - Parameters:
    ///   - node: the document; nil when the file is empty or absent.
    ///   - file: its name, as problems show it; `{ file: … }` paths are relative to its folder.
    ///   - environment: what `{ env: … }` is looked up in.
    ///   - overrides: values that go before the file's; of two for one path the later wins.
    ///   - usesPlaceholders: whether a reference that leads nowhere is only warned of and something stands in for it.
    package static func read(
        node: YAMLNode?, spec: SettingsSpec, file: String, environment: [String: String] = [:],
        overrides: [SettingsOverride] = [], usesPlaceholders: Bool = false
    ) -> (settings: Settings, problems: [SettingsProblem]) {
        let folder = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
        var reader = ValueReader(
            file: file, references: ReferenceResolver(folder: folder, environment: environment))
        reader.usesPlaceholders = usesPlaceholders
        for override in overrides {
            if let key = spec.key(at: override.path), !key.type.isSection {
                reader.overrides[override.path] = override
            } else {
                let hint = NearMiss.hint(override.path, among: spec.leaves().map(\.path))
                reader.report(
                    SettingsProblem(file: override.origin, path: override.path, message: "unknown key\(hint)"))
            }
        }
        let values = reader.section(node, spec, "", isSecret: false)
        let source = SettingsSource(
            file: file, folder: folder, places: reader.places, keyPlaces: reader.keyPlaces, hidden: reader.hidden)
        return (Settings(spec: spec, values: values, path: "", source: source), reader.problems)
    }

    /// Reads the text of a document; what libyaml refuses is the only problem then.
    package static func read(
        yaml text: String, spec: SettingsSpec, file: String, environment: [String: String] = [:],
        overrides: [SettingsOverride] = [], usesPlaceholders: Bool = false
    ) -> (settings: Settings, problems: [SettingsProblem]) {
        read(
            yaml: Array(text.utf8), spec: spec, file: file, environment: environment, overrides: overrides,
            usesPlaceholders: usesPlaceholders)
    }

    /// Reads a document as it lies in a file, so that what is not UTF-8 is told with its place.
    package static func read(
        yaml bytes: [UInt8], spec: SettingsSpec, file: String, environment: [String: String] = [:],
        overrides: [SettingsOverride] = [], usesPlaceholders: Bool = false
    ) -> (settings: Settings, problems: [SettingsProblem]) {
        do throws(YAMLError) {
            let node = try YAMLParser.parse(bytes: bytes)
            return read(
                node: node, spec: spec, file: file, environment: environment, overrides: overrides,
                usesPlaceholders: usesPlaceholders)
        } catch {
            let problem = SettingsProblem(
                file: file, line: error.line, column: error.column, message: error.message)
            return (read(node: nil, spec: spec, file: file).settings, [problem])
        }
    }
}

extension SettingType {
    fileprivate var isSection: Bool { if case .section = self { true } else { false } }
}
