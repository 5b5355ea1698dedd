import Settings

/// The options that say which configuration is meant, for `serve` and whatever looks at what it would run.
enum ServerOptions {
    static let valued: Set<String> = ["listen", "data", "roles", "config", "set", "node"]

    /// The configuration that a command line names.
    ///
    /// - Throws: `UsageError`, and ``SettingsFailure`` with everything that is wrong.
    static func settings(_ arguments: Arguments, environment: [String: String]) throws -> Settings {
        var overrides: [SettingsOverride] = []
        for (name, value) in arguments.values where valued.contains(name) && name != "config" {
            if name == "set" {
                let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { throw UsageError("--set takes KEY=VALUE, such as log.level=debug.") }
                overrides.append(
                    SettingsOverride(path: String(parts[0]), value: String(parts[1]), origin: "--set \(parts[0])"))
            } else {
                overrides.append(SettingsOverride(path: name, value: value, origin: "--\(name)"))
            }
        }
        return try ServerSettings.load(file: arguments["config"], overrides: overrides, environment: environment)
    }
}
