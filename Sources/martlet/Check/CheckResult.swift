/// What became of one try.
struct CheckResult: Sendable, Encodable {
    enum State: String, Sendable, Encodable {
        case good, warning, failed
        /// There was nothing to try.
        case skipped
    }

    /// What was tried: `database`, `bridge support`.
    let name: String
    let state: State
    /// One sentence on what was found.
    let detail: String
    /// What to do; for what is not good.
    let remedy: String?

    static func good(_ name: String, _ detail: String) -> CheckResult {
        CheckResult(name: name, state: .good, detail: detail, remedy: nil)
    }

    static func skipped(_ name: String, _ detail: String) -> CheckResult {
        CheckResult(name: name, state: .skipped, detail: detail, remedy: nil)
    }

    static func warning(_ name: String, _ detail: String, _ remedy: String) -> CheckResult {
        CheckResult(name: name, state: .warning, detail: detail, remedy: remedy)
    }

    static func failed(_ name: String, _ detail: String, _ remedy: String) -> CheckResult {
        CheckResult(name: name, state: .failed, detail: detail, remedy: remedy)
    }
}

/// What became of all tries, in their order.
struct CheckReport: Sendable, Encodable {
    let checks: [CheckResult]

    var isGood: Bool { !checks.contains { $0.state == .failed } }

    enum CodingKeys: String, CodingKey { case ok, checks }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isGood, forKey: .ok)
        try container.encode(checks, forKey: .checks)
    }

    /// A line for each try, with what to do below what is not good, and the sum.
    func lines(coloured: Bool) -> [String] {
        let width = min(32, checks.map(\.name.count).max() ?? 0)
        var lines: [String] = []
        for check in checks {
            let (sign, colour): (String, TerminalText.Colour) =
                switch check.state {
                case .good: ("✓", .green)
                case .warning: ("!", .yellow)
                case .failed: ("✗", .red)
                case .skipped: ("-", .grey)
                }
            let shown = coloured ? TerminalText.coloured(sign, colour) : sign
            let name = TerminalText.padded(TerminalText.line(check.name), to: width)
            lines.append("\(shown) \(name)  \(TerminalText.line(check.detail))")
            if let remedy = check.remedy { lines.append("  \(TerminalText.padded("", to: width))  → \(remedy)") }
        }
        let failed = checks.count { $0.state == .failed }
        let warned = checks.count { $0.state == .warning }
        let sum =
            "\(checks.count) checks, \(failed) failed, \(warned) \(warned == 1 ? "warning" : "warnings")"
        return lines + [coloured ? TerminalText.coloured(sum, failed == 0 ? .green : .red) : sum]
    }
}
