import Foundation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Text for a terminal: aligned, coloured when somebody looks, and harmless whatever people have written.
enum TerminalText {
    enum Colour: Int {
        case red = 31
        case green = 32
        case yellow = 33
        case grey = 90
    }

    /// Whether a person sits at both ends.
    static var isTerminal: Bool { isatty(0) == 1 && isatty(1) == 1 }

    /// Whether the standard output is a terminal that shows colours (https://no-color.org).
    static func showsColours(_ environment: [String: String]) -> Bool {
        isatty(1) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// The columns of the terminal that the standard output is; nil when it is none, as in a pipe.
    static var width: Int? {
        var size = winsize()
        guard isatty(1) == 1, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    static func coloured(_ text: String, _ colour: Colour?) -> String {
        colour.map { "\u{1b}[\($0.rawValue)m\(text)\u{1b}[0m" } ?? text
    }

    /// One line without anything that a terminal would obey, cut to `limit` characters.
    ///
    /// Runs of white space become one space; control and direction characters are left out.
    static func line(_ text: String, limit: Int = .max) -> String {
        var result = ""
        var isAfterSpace = true
        // A character may have any number of scalars; what is far behind the limit is not looked at.
        for scalar in text.unicodeScalars.prefix(limit < 100_000 ? limit * 8 : 1_000_000) {
            if scalar.properties.isWhitespace {
                if !isAfterSpace { result += " " }
                isAfterSpace = true
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate: continue
            case .format where scalar != "\u{200d}": continue
            default: break
            }
            result.unicodeScalars.append(scalar)
            isAfterSpace = false
        }
        if isAfterSpace, !result.isEmpty { result.removeLast() }
        return result.count > limit ? result.prefix(max(limit - 1, 0)) + "…" : result
    }

    static func padded(_ text: String, to width: Int, isRight: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return isRight ? space + text : text + space
    }

    /// Values as JSON, keys sorted, on one line or on several.
    static func json(_ value: some Encodable, isPretty: Bool = true) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}

/// Rows under headings, each column as wide as its widest cell.
struct TextTable {
    struct Cell {
        let text: String
        let colour: TerminalText.Colour?

        init(_ text: String, _ colour: TerminalText.Colour? = nil) {
            self.text = TerminalText.line(text, limit: 80)
            self.colour = colour
        }
    }

    private let headings: [String]
    /// The columns of numbers.
    private let rightAligned: Set<Int>
    private var rows: [[Cell]] = []

    init(_ headings: [String], rightAligned: Set<Int> = []) {
        self.headings = headings
        self.rightAligned = rightAligned
    }

    /// - Precondition: As many cells as headings.
    mutating func add(_ cells: [Cell]) {
        precondition(cells.count == headings.count)
        rows.append(cells)
    }

    /// The lines, without spaces at their ends.
    ///
    /// - Parameter width: The columns that there are: the widest cells are cut until a line fits, but not below their
    ///   headings and a few letters.
    func lines(coloured: Bool, width: Int? = TerminalText.width) -> [String] {
        let head = headings.map { Cell($0, .grey) }
        let all = [head] + rows
        let widths = fitted(headings.indices.map { column in all.map { $0[column].text.count }.max() ?? 0 }, width)
        return all.map { row in
            row.indices.map { column in
                let isRight = rightAligned.contains(column)
                // The last column is not padded, so that no line ends in spaces.
                let width = column == row.count - 1 && !isRight ? 0 : widths[column]
                let cut = TerminalText.line(row[column].text, limit: widths[column])
                let text = TerminalText.padded(cut, to: width, isRight: isRight)
                return coloured ? TerminalText.coloured(text, row[column].colour) : text
            }.joined(separator: "  ")
        }.map { line in
            coloured ? line : String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private func fitted(_ widths: [Int], _ width: Int?) -> [Int] {
        guard let width else { return widths }
        var widths = widths
        let least = headings.indices.map { min(widths[$0], max(headings[$0].count, 8)) }
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
        while excess > 0 {
            let spare = widths.indices.filter { widths[$0] > least[$0] }
            guard let widest = spare.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }
}
