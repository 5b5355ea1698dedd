import BridgeKit
import BridgeRuntime
import BridgeTesting
import ChatModel
import Settings

/// What came of the fixtures of some bridges, for a person or a program.
struct BridgeTestReport: Encodable {
    private let suite: BridgeSuite
    private let results: [FixtureResult]
    private let isVerbose: Bool
    /// The events of a server that each bridge was run over, by its file; nil when fixtures were run.
    private let past: [String: [Event]]?

    init(suite: BridgeSuite, results: [FixtureResult], isVerbose: Bool, past: [String: [Event]]? = nil) {
        self.past = past
        self.suite = suite
        self.results = results
        self.isVerbose = isVerbose
    }

    /// Of the process: 2 when a file cannot be used, 1 when a bridge does not do what it should.
    var status: Int32 {
        if results.contains(where: { $0.outcome == .broken }) || suite.members.contains(where: { $0.file == nil }) {
            return 2
        }
        return results.contains { $0.outcome == .failed || $0.outcome == .unstated } ? 1 : 0
    }

    // MARK: For people

    func lines(coloured: Bool) -> [String] {
        let paint = { (text: String, colour: TerminalText.Colour) in
            coloured ? TerminalText.coloured(text, colour) : text
        }
        var lines: [String] = []
        for member in suite.members {
            let title = TerminalText.line(member.path)
            guard let file = member.file else {
                lines.append("\(title): \(paint("broken", .red))")
                lines += member.problems.errors.map { "  \(paint(TerminalText.line($0.description), .red))" }
                continue
            }
            lines.append("\(title): \(file.kind.kind) \"\(file.name)\"")
            for warning in member.problems where isVerbose && warning.isWarning {
                lines.append("  \(paint(TerminalText.line(warning.description), .yellow))")
            }
            if past != nil {
                for result in results where result.bridge == member.path { lines += pastLines(result, paint) }
                continue
            }
            if member.fixtures.isEmpty {
                lines.append(
                    "  \(paint("no fixtures; put the first into \(BridgeSuite.folder(of: title))/NAME.yaml", .grey))")
            }
            let own = results.filter { $0.bridge == member.path && !$0.path.isEmpty }
            let width = min(40, own.map(\.name.count).max() ?? 0)
            for result in own { lines += self.lines(result, width, paint) }
        }
        if past != nil { return lines }
        return lines + [paint(sum, status == 0 ? .green : .red)]
    }

    private func lines(
        _ result: FixtureResult, _ width: Int, _ paint: (String, TerminalText.Colour) -> String
    ) -> [String] {
        let (word, colour): (String, TerminalText.Colour) =
            switch result.outcome {
            case .passed: result.isUpdated ? ("updated", .yellow) : ("ok", .green)
            case .shown: ("shown", .grey)
            case .failed: ("FAILED", .red)
            case .broken: ("BROKEN", .red)
            case .unstated: ("OPEN", .red)
            }
        let name = TerminalText.padded(TerminalText.line(result.name, limit: 40), to: width)
        let about = TerminalText.line(result.about, limit: 100)
        var head = "  \(paint(TerminalText.padded(word, to: 7), colour)) \(name)"
        if !about.isEmpty { head += "  \(about)" }
        var lines = [head]
        for problem in result.problems where result.outcome == .broken || !problem.isWarning || isVerbose {
            lines.append("    \(paint(TerminalText.line(problem.description), problem.isWarning ? .yellow : .red))")
        }
        for difference in result.differences {
            let place = "\(result.path):\(difference.line):\(difference.column): \(difference.path)"
            lines.append("    \(paint(TerminalText.line(place), .red))")
            lines += Self.words(difference).map { "      \($0)" }
        }
        if result.outcome == .unstated {
            lines.append("    it says nothing of what it expects; `martlet bridge test --update` writes what happens:")
        }
        if isVerbose || result.outcome == .unstated || result.outcome == .failed || result.outcome == .shown {
            if result.outcome == .failed, !result.effects.isEmpty { lines.append("    what happened:") }
            lines += effects(result, paint)
        }
        return lines
    }

    /// What became of each event, and how often what happened.
    private func pastLines(
        _ result: FixtureResult, _ paint: (String, TerminalText.Colour) -> String
    ) -> [String] {
        var lines = result.problems.map { "  \(paint(TerminalText.line($0.description), .red))" }
        let events = past?[result.bridge] ?? []
        var counts: [String: Int] = [:]
        for (index, event) in events.enumerated() {
            let effects = result.effects.filter { $0.given == index }
            for effect in effects where effect.kind != .log {
                counts[
                    effect.kind == .skip ? "skipped by \(effect.text("by") ?? "")" : effect.kind.rawValue, default: 0] +=
                    1
            }
            let shown = effects.filter { isVerbose || (!$0.isNote && $0.kind != .log) }
            guard !shown.isEmpty else { continue }
            let text = event.data["text"]?.string.map { " \(TerminalText.line($0, limit: 60))" } ?? ""
            lines.append("  \(paint("\(event.cursor) \(event.at) \(event.type)", .grey))\(text)")
            for effect in shown {
                let summary = TerminalText.line(effect.summary)
                lines.append("    \(effect.isNote ? paint(summary, .grey) : summary)")
                if isVerbose, !effect.isNote { lines += effect.details.map { "      \(Self.indented($0))" } }
            }
        }
        let sum = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        lines.append("  \(events.count) event\(events.count == 1 ? "" : "s")\(sum.isEmpty ? "" : ": \(sum)")")
        return lines
    }

    private static func words(_ difference: Difference) -> [String] {
        let expected = difference.expected.map { TerminalText.line($0) }
        let got = difference.got.map { TerminalText.line($0) }
        return if let expected {
            ["expected  \(expected)", "got       \(got ?? "nothing of the kind")"]
        } else {
            ["nothing expects  \(got ?? "")"]
        }
    }

    private func effects(
        _ result: FixtureResult, _ paint: (String, TerminalText.Colour) -> String
    ) -> [String] {
        let shown = result.effects.filter { isVerbose || $0.kind != .log }
        guard !shown.isEmpty else { return ["    nothing happens"] }
        return shown.flatMap { effect in
            let summary = TerminalText.line(effect.summary)
            let head = "    \(effect.isNote ? paint(summary, .grey) : summary)"
            let hasDetails =
                !effect.isNote && (isVerbose || result.outcome == .unstated || result.outcome == .shown)
            return [head] + (hasDetails ? effect.details.map { "      \(Self.indented($0))" } : [])
        }
    }

    /// A line with the spaces that it begins with.
    private static func indented(_ line: String) -> String {
        String(repeating: " ", count: min(40, line.prefix { $0 == " " }.count)) + TerminalText.line(line)
    }

    private var sum: String {
        let all = results.count { !$0.path.isEmpty }
        var parts = ["\(all) fixture\(all == 1 ? "" : "s")"]
        let words: [(FixtureResult.Outcome, String)] = [
            (.passed, "passed"), (.failed, "failed"), (.unstated, "without an expectation"), (.broken, "broken"),
        ]
        for (outcome, word) in words {
            let count = results.count { $0.outcome == outcome }
            if count > 0 || outcome == .passed || outcome == .failed { parts.append("\(count) \(word)") }
        }
        return parts.joined(separator: ", ")
    }

    // MARK: For programs

    private struct Entry: Encodable {
        struct Place: Encodable {
            let line: Int
            let column: Int
            let path: String
            var expected: String?
            var got: String?
            var message: String?
        }

        let bridge: String
        let file: String
        let name: String
        let outcome: FixtureResult.Outcome
        let effects: [TrialEffect]
        let differences: [Place]
        let problems: [Place]
    }

    enum CodingKeys: String, CodingKey { case fixtures, passed, failed, broken }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(results.count { $0.outcome == .passed }, forKey: .passed)
        try container.encode(
            results.count { $0.outcome == .failed || $0.outcome == .unstated }, forKey: .failed)
        try container.encode(results.count { $0.outcome == .broken }, forKey: .broken)
        try container.encode(
            results.map { result in
                Entry(
                    bridge: result.bridge, file: result.path, name: result.name, outcome: result.outcome,
                    effects: result.effects,
                    differences: result.differences.map {
                        .init(line: $0.line, column: $0.column, path: $0.path, expected: $0.expected, got: $0.got)
                    },
                    problems: result.problems.map {
                        .init(line: $0.line, column: $0.column, path: $0.path, message: $0.message)
                    })
            }, forKey: .fixtures)
    }
}
