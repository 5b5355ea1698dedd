/// Keeps ranges from cutting the characters of a text apart.
struct CharacterBorders {
    /// Where characters begin, in UTF-8 offsets, and the end; found once, since one character can be very long.
    private let offsets: [Int]

    init(_ text: String) {
        var offset = 0
        offsets =
            [0]
            + text.map { character in
                offset += character.utf8.count
                return offset
            }
    }

    /// The smallest range of whole characters around `range`.
    func widened(_ range: Range<Int>) -> Range<Int> {
        let lower = firstIndex(above: range.lowerBound) - 1
        let upper = firstIndex(above: range.upperBound - 1)
        return offsets[max(0, lower)]..<offsets[min(offsets.count - 1, upper)]
    }

    private func firstIndex(above offset: Int) -> Int {
        var low = 0
        var high = offsets.count
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] > offset { high = middle } else { low = middle + 1 }
        }
        return low
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
