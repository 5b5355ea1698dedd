import Foundation
import Glibc

/// A result as tables for people: a load each, the parties side by side.
enum ResultText {
    private static let titles: [(load: String, title: String)] = [
        ("send", "Durable sends, messages/s by senders"),
        ("fanout", "Fan-out of one channel, deliveries/s by sockets"),
        ("rooms", "Rooms of ten, deliveries/s by sockets"),
        ("idle", "Idle connections, resident bytes each by connections"),
        ("storm", "Connect storm, connections/s by connections"),
        ("history", "Pages of 50 messages, pages/s by messages stored"),
        ("stored", "Durable sends of 64 senders, messages/s by messages stored"),
        ("bot", "A bot's round trip, round trips/s by channels"),
        ("bridge", "Webhook bridge, deliveries/s by channels"),
    ]

    static func print(_ result: Result) {
        for line in lines(result, isColoured: isatty(1) == 1) { Swift.print(line) }
    }

    static func lines(_ result: Result, isColoured: Bool) -> [String] {
        var lines: [String] = []
        for (load, title) in titles {
            let rows = result.rows.filter { $0.load == load }
            guard !rows.isEmpty else { continue }
            lines += ["", bold(title, isColoured)]
            lines += table(rows) { number($0.value) }
            if rows.contains(where: { $0.p50 != nil }) {
                lines.append("  p50 / p99 ms" + (load == "storm" ? "" : ", at half of that rate"))
                lines += table(rows.filter { $0.p50 != nil }) { "\(number($0.p50 ?? 0)) / \(number($0.p99 ?? 0))" }
            }
        }
        if !result.goals.isEmpty {
            lines += ["", bold("Goals", isColoured)]
            for goal in result.goals {
                let verdict = goal.isMet ? colour("met   ", 32, isColoured) : colour("missed", 31, isColoured)
                let bound = "\(goal.isAtLeast ? "≥" : "≤") \(number(goal.bound))"
                lines.append("  \(verdict)  \(goal.text): \(number(goal.value)) \(goal.unit) (\(bound))")
            }
        }
        let crowded = result.rows.filter { ($0.otherCores ?? 0) > 0.1 }.count
        let busy = result.rows.filter { ($0.generatorCores ?? 0) > 0.9 }.count
        if crowded + busy > 0 { lines.append("") }
        if crowded > 0 {
            lines.append("\(crowded) of \(result.rows.count) figures were taken while something else used the machine.")
        }
        if busy > 0 { lines.append("In \(busy) figures the load generator was at its own limit.") }
        for one in result.missing {
            lines.append(
                colour("missing", 33, isColoured) + " \(one.peer)\(one.load.map { ", \($0)" } ?? ""): \(one.reason)")
        }
        return lines
    }

    /// Sizes down, parties across.
    static func table(_ rows: [Row], _ cell: (Row) -> String) -> [String] {
        var parties: [String] = []
        for row in rows where !parties.contains(party(row)) { parties.append(party(row)) }
        let sizes = Set(rows.map(\.size)).sorted()
        var grid = [[""] + parties]
        for size in sizes {
            grid.append(
                ["\(size)"]
                    + parties.map { name in rows.first { $0.size == size && party($0) == name }.map(cell) ?? "–" })
        }
        let widths = grid[0].indices.map { column in grid.map { $0[column].count }.max() ?? 0 }
        return grid.map { line in
            "  " + zip(line, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }
    }

    /// How a row's party is called: the door is named where there are several.
    static func party(_ row: Row) -> String {
        row.peer == "martlet" || row.peer == "pgbench"
            ? "\(row.peer) \(row.variant)".trimmingCharacters(in: .whitespaces) : row.peer
    }

    static func number(_ value: Double) -> String {
        if value.magnitude >= 1000 { return String(Int(value.rounded())) }
        return String(format: value.magnitude < 10 ? "%.2f" : "%.1f", value)
    }

    private static func bold(_ text: String, _ isColoured: Bool) -> String {
        isColoured ? "\u{1B}[1m\(text)\u{1B}[0m" : text
    }

    private static func colour(_ text: String, _ code: Int, _ isColoured: Bool) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
