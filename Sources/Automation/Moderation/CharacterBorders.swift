/// Keeps ranges from cutting characters apart.
enum CharacterBorders {
    /// The smallest range of whole characters around `range`, in UTF-8 offsets.
    static func widened(_ range: Range<Int>, in text: String) -> Range<Int> {
        let utf8 = text.utf8
        var lower = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
        var upper = utf8.index(utf8.startIndex, offsetBy: range.upperBound)
        while lower > text.startIndex, String.Index(lower, within: text) == nil { lower = utf8.index(before: lower) }
        while upper < text.endIndex, String.Index(upper, within: text) == nil { upper = utf8.index(after: upper) }
        return utf8.distance(from: utf8.startIndex, to: lower)..<utf8.distance(from: utf8.startIndex, to: upper)
    }

    /// The text with masks in place of the ranges; where masks overlap, the first one's text stands for both.
    static func masked(_ text: String, _ masks: [(range: Range<Int>, mask: String)]) -> String {
        var merged: [(range: Range<Int>, mask: String)] = []
        for (range, mask) in masks.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            if let last = merged.last, range.lowerBound < last.range.upperBound {
                let upper = max(last.range.upperBound, range.upperBound)
                merged[merged.count - 1].range = last.range.lowerBound..<upper
            } else {
                merged.append((range, mask))
            }
        }
        let utf8 = text.utf8
        var result = ""
        var index = utf8.startIndex
        var offset = 0
        for (range, mask) in merged {
            let lower = utf8.index(index, offsetBy: range.lowerBound - offset)
            let upper = utf8.index(lower, offsetBy: range.count)
            result += text[index..<lower]
            result += mask.count == 1 ? String(repeating: mask, count: text[lower..<upper].count) : mask
            index = upper
            offset = range.upperBound
        }
        return result + text[index...]
    }
}
