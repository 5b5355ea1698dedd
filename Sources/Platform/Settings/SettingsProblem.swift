/// Something in a configuration that is wrong, where it stands and what would be right.
///
/// Shows as `bridges/support.yaml:14:9: settings.smtp.port: expected a number, got "smtp"`; safe to show, no secret is
/// ever part of it.
public struct SettingsProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, or the variable or flag that the value came from.
    public let file: String
    /// Counts from 1; 0 when the value came from a variable or flag.
    public let line: Int
    /// Counts characters from 1; 0 when the value came from a variable or flag.
    public let column: Int
    /// The dotted path of the key; empty for the file as a whole.
    public let path: String
    /// What is wrong and what would be right.
    public let message: String
    /// Whether the configuration can be used nevertheless.
    public let isWarning: Bool

    /// Describes a problem.
    public init(
        file: String, line: Int = 0, column: Int = 0, path: String = "", message: String, isWarning: Bool = false
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
        self.isWarning = isWarning
    }

    /// One line in the form that editors and compilers share.
    public var description: String {
        let place = line > 0 ? "\(file):\(line):\(column)" : file
        let warning = isWarning ? "warning: " : ""
        return path.isEmpty ? "\(place): \(warning)\(message)" : "\(place): \(warning)\(path): \(message)"
    }
}

extension [SettingsProblem] {
    /// The problems that keep the configuration from being used.
    public var errors: [SettingsProblem] { filter { !$0.isWarning } }
}
