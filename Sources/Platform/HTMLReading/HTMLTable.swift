/// Tells tables that hold data from those that lay a page out.
enum HTMLTable {
    private static let maximumColumns = 20
    private static let layout: Set<String> = [
        "table", "ul", "ol", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "center",
    ]

    /// The cells of each row.
    static func rows(_ document: HTMLDocument, _ table: Int) -> [[Int]] {
        var rows: [[Int]] = []
        func read(_ node: Int) {
            for child in document.nodes[node].children {
                switch document.nodes[child].name {
                case "tr":
                    rows.append(
                        document.nodes[child].children.filter { ["td", "th"].contains(document.nodes[$0].name) })
                case "thead", "tbody", "tfoot": read(child)
                default: break
                }
            }
        }
        read(table)
        return rows.filter { !$0.isEmpty }
    }

    /// Whether a reader sees columns in it: two rows at least with two cells or more of plain words, or a head.
    static func isData(_ document: HTMLDocument, _ table: Int, _ rows: [[Int]]) -> Bool {
        guard rows.count >= 2, document.nodes[table].attributes["role"] != "presentation",
            let columns = rows.map(\.count).max(), (2...maximumColumns).contains(columns),
            rows.filter({ $0.count >= 2 }).count >= 2
        else { return false }
        let hasHead = rows[0].allSatisfy { document.nodes[$0].name == "th" }
        for cell in rows.joined() {
            var blocks = 0
            for node in (cell + 1)..<document.end(of: cell) where layout.contains(document.nodes[node].name) {
                blocks += 1
                // Programs put each cell's words in a paragraph or a box of its own.
                if blocks > 1 || !["p", "div"].contains(document.nodes[node].name) { return false }
            }
        }
        return hasHead || rows.allSatisfy { $0.count == columns }
    }
}
