/// The parts of a text that a rule may leave out: links and code.
struct SkippedSpans {
    private let urls: [Range<Int>]
    private let code: [Range<Int>]

    init(_ text: String) {
        let bytes = Array(text.utf8)
        urls = Self.urls(bytes)
        code = Self.code(bytes)
    }

    func cover(_ range: Range<Int>, _ kinds: Set<ModerationRule.Skipped>) -> Bool {
        if kinds.contains(.urls), let span = Self.last(urls, before: range.lowerBound), span.overlaps(range) {
            return true
        }
        guard kinds.contains(.code), let span = Self.last(code, before: range.lowerBound) else { return false }
        return range.upperBound <= span.upperBound
    }

    /// The last span that begins at `offset` or before; spans lie one behind the other.
    private static func last(_ spans: [Range<Int>], before offset: Int) -> Range<Int>? {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].lowerBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? spans[low - 1] : nil
    }

    /// From `http://`, `https://` or `www.` to the next blank or bracket.
    private static func urls(_ bytes: [UInt8]) -> [Range<Int>] {
        var spans: [Range<Int>] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index] | 0x20
            guard byte == UInt8(ascii: "h") || byte == UInt8(ascii: "w"),
                ["http://", "https://", "www."].contains(where: { begins(bytes, at: index, $0) })
            else {
                index += 1
                continue
            }
            let end = bytes[index...].firstIndex { $0 <= 0x20 || "<>\"`".utf8.contains($0) } ?? bytes.count
            spans.append(index..<end)
            index = end
        }
        return spans
    }

    private static func begins(_ bytes: [UInt8], at index: Int, _ word: String) -> Bool {
        bytes[index...].prefix(word.utf8.count).lazy.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            .elementsEqual(word.utf8)
    }

    /// Between as many backticks as opened it, as in CommonMark.
    private static func code(_ bytes: [UInt8]) -> [Range<Int>] {
        let tick = UInt8(ascii: "`")
        var fences: [Range<Int>] = []
        var index = 0
        while let start = bytes[index...].firstIndex(of: tick) {
            let end = bytes[start...].firstIndex { $0 != tick } ?? bytes.count
            fences.append(start..<end)
            index = end
        }
        var spans: [Range<Int>] = []
        var nextOfLength: [Int: [Int]] = [:]
        for (place, fence) in fences.enumerated().reversed() { nextOfLength[fence.count, default: []].append(place) }
        var place = 0
        while place < fences.count {
            let length = fences[place].count
            // Places of this length, nearest last; those already passed are dropped, so the whole stays linear.
            while let nearest = nextOfLength[length]?.last, nearest <= place { nextOfLength[length]?.removeLast() }
            if let close = nextOfLength[length]?.last {
                spans.append(fences[place].lowerBound..<fences[close].upperBound)
                place = close + 1
            } else {
                place += 1
            }
        }
        return spans
    }
}
