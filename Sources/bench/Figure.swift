import Foundation

/// One measured number and what it is held to.
struct Figure {
    enum Goal {
        case atLeast(Double)
        case atMost(Double)
        case none

        func isMet(by value: Double) -> Bool? {
            switch self {
            case .atLeast(let bound): value >= bound
            case .atMost(let bound): value <= bound
            case .none: nil
            }
        }

        var text: String {
            switch self {
            case .atLeast(let bound): "≥ \(Report.number(bound))"
            case .atMost(let bound): "≤ \(Report.number(bound))"
            case .none: ""
            }
        }
    }

    let name: String
    let value: Double
    let unit: String
    let goal: Goal

    init(_ name: String, _ value: Double, _ unit: String, goal: Goal = .none) {
        self.name = name
        self.value = value
        self.unit = unit
        self.goal = goal
    }
}

/// Prints figures as a table for people or as JSON for programs.
enum Report {
    static func print(_ figures: [Figure]) {
        let width = figures.map(\.name.count).max() ?? 0
        for figure in figures {
            let name = figure.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let value = number(figure.value)
            let padded = String(repeating: " ", count: max(0, 10 - value.count)) + value
            let verdict =
                switch figure.goal.isMet(by: figure.value) {
                case true: "  \(figure.goal.text) ✓"
                case false: "  \(figure.goal.text) missed"
                default: ""
                }
            Swift.print("\(name)  \(padded) \(figure.unit)\(verdict)")
        }
    }

    static func printJSON(_ figures: [Figure]) {
        let rows = figures.map { figure in
            let met = figure.goal.isMet(by: figure.value).map { "\($0)" } ?? "null"
            return "{\"name\":\"\(figure.name)\",\"value\":\(figure.value),\"unit\":\"\(figure.unit)\",\"met\":\(met)}"
        }
        Swift.print("[\(rows.joined(separator: ","))]")
    }

    static func number(_ value: Double) -> String {
        if value >= 1000 { return String(Int(value.rounded())) }
        return String(format: value < 10 ? "%.2f" : "%.1f", value)
    }
}
