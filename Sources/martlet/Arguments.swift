import Settings

/// Reads `--name value`, `--name=value` and `--flag`; anything else is a positional argument.
struct Arguments {
    private(set) var values: [(name: String, value: String)] = []
    private(set) var flags: Set<String> = []
    private(set) var positional: [String] = []

    /// - Parameters:
    ///   - valued: The options that take a value, without dashes.
    ///   - flags: Those that do not.
    init(_ arguments: [String], valued: Set<String>, flags: Set<String>) throws(UsageError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument != "--" else {
                if argument == "--" {
                    positional += rest
                    return
                }
                positional.append(argument)
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if flags.contains(name), parts.count == 1 {
                self.flags.insert(name)
            } else if valued.contains(name) {
                guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                    throw UsageError("The option --\(name) needs a value.")
                }
                values.append((name, value))
            } else {
                throw UsageError("There is no option --\(name)\(Self.hint(name, valued.union(flags))).")
            }
        }
    }

    private static func hint(_ name: String, _ known: Set<String>) -> String {
        NearMiss.hint("--" + name, among: known.sorted().map { "--" + $0 })
    }

    /// The value of an option; of several the last.
    subscript(name: String) -> String? { values.last { $0.name == name }?.value }
}
