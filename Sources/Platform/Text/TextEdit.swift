/// Another text for a part of one.
package struct TextEdit: Sendable, Hashable {
    /// In the UTF-8 form of the text, between characters.
    package let range: Range<Int>
    /// One character stands for each character of the part; a longer text, or none, for all of it.
    package let text: String

    package init(range: Range<Int>, text: String) {
        self.range = range
        self.text = text
    }

    /// `text` with the edits done; where they overlap, the first one's text stands for both.
    ///
    /// The result is never longer than may be, and never without anything to see: rather than that, each character of the
    /// parts becomes a star.
    ///
    /// - Parameter limit: Unicode scalars, if the text has not more itself.
    package static func applied(_ edits: [TextEdit], to text: String, limit: Int = .max) -> String {
        let merged = merged(edits, end: text.utf8.count)
        let result = replaced(text, merged) { $0 }
        let isShown = result.unicodeScalars.contains {
            !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
        }
        if isShown, result.unicodeScalars.count <= max(limit, 0) || limit == .max { return result }
        return replaced(text, merged) { _ in "*" }
    }

    private static func merged(_ edits: [TextEdit], end: Int) -> [TextEdit] {
        var merged: [TextEdit] = []
        for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            let range = edit.range.clamped(to: 0..<end)
            guard !range.isEmpty else { continue }
            if let last = merged.last, range.lowerBound < last.range.upperBound {
                let upper = max(last.range.upperBound, range.upperBound)
                merged[merged.count - 1] = TextEdit(range: last.range.lowerBound..<upper, text: last.text)
            } else {
                merged.append(TextEdit(range: range, text: edit.text))
            }
        }
        return merged
    }

    private static func replaced(_ text: String, _ edits: [TextEdit], _ mask: (String) -> String) -> String {
        let utf8 = text.utf8
        var result = ""
        var index = utf8.startIndex
        var offset = 0
        for edit in edits {
            let lower = utf8.index(index, offsetBy: edit.range.lowerBound - offset)
            let upper = utf8.index(lower, offsetBy: edit.range.count)
            let mask = mask(edit.text)
            result += text[index..<lower]
            result += mask.count == 1 ? String(repeating: mask, count: text[lower..<upper].count) : mask
            index = upper
            offset = edit.range.upperBound
        }
        return result + text[index...]
    }
}
