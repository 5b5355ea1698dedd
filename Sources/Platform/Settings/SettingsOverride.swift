/// A value that goes before the file's: from an environment variable or a flag.
package struct SettingsOverride: Sendable, Equatable {
    /// The dotted path of the key.
    package let path: String
    package let value: String
    /// What problems name instead of file and line: `MARTLET_LOG_LEVEL`, `--set`.
    package let origin: String

    package init(path: String, value: String, origin: String) {
        self.path = path
        self.value = value
        self.origin = origin
    }
}

extension SettingsSpec {
    /// The name of the environment variable of each key: `log.level` is `MARTLET_LOG_LEVEL` under `MARTLET`.
    package func variables(prefix: String) -> [(variable: String, path: String)] {
        leaves().map { path, _ in
            ("\(prefix)_\(path.uppercased().replacing(".", with: "_").replacing("-", with: "_"))", path)
        }
    }

    /// The overrides that the environment holds for these keys; an empty variable counts as not set.
    package func overrides(from environment: [String: String], prefix: String) -> [SettingsOverride] {
        variables(prefix: prefix).compactMap { variable, path in
            guard let value = environment[variable], !value.isEmpty else { return nil }
            return SettingsOverride(path: path, value: value, origin: variable)
        }
    }
}
