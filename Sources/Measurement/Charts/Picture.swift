import Foundation

/// An SVG picture under construction, in colours that can be read on white and on black.
struct Picture {
    let width: Double
    let height: Double
    private var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String
    ) {
        body += "<line x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\" class=\"\(style)\"/>\n"
    }

    mutating func path(_ points: [(x: Double, y: Double)], _ style: String) {
        let text = points.map { "\(n($0.x)),\(n($0.y))" }.joined(separator: " ")
        body += "<polyline points=\"\(text)\" class=\"\(style)\"/>\n"
    }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String) {
        body +=
            "<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(max(width, 0.5)))\" height=\"\(n(height))\" rx=\"2\" class=\"\(style)\"/>\n"
    }

    mutating func dot(_ x: Double, _ y: Double, _ style: String) {
        body += "<circle cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"3\" class=\"\(style)\"/>\n"
    }

    mutating func text(_ x: Double, _ y: Double, _ text: String, anchor: String = "start", _ style: String = "") {
        body +=
            "<text x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor)\" class=\"\(style)\">\(Self.escaped(text))</text>\n"
    }

    /// Text that reads upwards.
    mutating func upward(_ x: Double, _ y: Double, _ text: String) {
        body +=
            "<text x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"middle\" transform=\"rotate(-90 \(n(x)) \(n(y)))\" class=\"label\">\(Self.escaped(text))</text>\n"
    }

    /// The file; `title` is what a screen reader says.
    func svg(title: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" width="\(n(width))" height="\(n(height))" role="img" aria-label="\(Self.escaped(title))">
        <title>\(Self.escaped(title))</title>
        <style>\(Self.style)</style>
        \(body)</svg>

        """
    }

    /// The colours of Okabe and Ito, which the colour-blind tell apart too; each a little lighter on black.
    private static let colours: [(light: String, dark: String)] = [
        ("#c8102e", "#ff5c6c"), ("#0072b2", "#56b4e9"), ("#009e73", "#2fd0a2"), ("#b8860b", "#f0c040"),
        ("#8a4fbf", "#c79bf2"), ("#b0562b", "#f0956a"), ("#a03070", "#e58ac0"), ("#57606a", "#9aa4ae"),
    ]

    static func colour(_ index: Int) -> String { "c\(index % colours.count)" }

    private static var style: String {
        func rules(_ pick: ((light: String, dark: String)) -> String, text: String, faint: String) -> String {
            var css = "text{fill:\(text)}.faint{fill:\(faint)}.grid{stroke:\(faint);stroke-opacity:.25}"
            css += ".axis{stroke:\(faint)}"
            for (index, colour) in colours.enumerated() {
                let value = pick(colour)
                css += ".c\(index){stroke:\(value)}.f\(index){fill:\(value);stroke:none}text.f\(index){fill:\(value)}"
            }
            return css
        }
        return
            "text{font:12px system-ui,sans-serif}.title{font-size:15px;font-weight:600}.label{font-size:12px}.strong{font-weight:600}"
            + "polyline{fill:none;stroke-width:2}.thick{stroke-width:3}.dashed{stroke-dasharray:5 4;stroke-width:1.5}"
            + rules(\.light, text: "#1f2328", faint: "#656d76") + "@media(prefers-color-scheme:dark){"
            + rules(\.dark, text: "#e6edf3", faint: "#8b949e") + "}"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    private func n(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
