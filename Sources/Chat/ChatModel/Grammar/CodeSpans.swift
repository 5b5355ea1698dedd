/// Where a text holds code by Markdown's marks: `` `like this` ``, and blocks between fences.
///
/// As CommonMark 0.31 has it, but for what nests in lists and quotations; linear in the text's length.
enum CodeSpans {
    private struct Ticks {
        let start: Int
        let count: Int
        let paragraph: Int
    }

    /// Ranges of bytes of UTF-8, in order, the marks included.
    static func ranges(in text: String) -> [Range<Int>] {
        let mayHoldCode = text.utf8.contains { $0 == UInt8(ascii: "`") || $0 == UInt8(ascii: "~") }
        guard mayHoldCode else { return [] }
        let bytes = Array(text.utf8)
        var fences: [Range<Int>] = []
        var ticks: [Ticks] = []
        var paragraph = 0
        var open: (mark: UInt8, count: Int, start: Int)?
        var line = 0
        while line < bytes.count {
            let end = bytes[line...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let fence = fence(bytes[line..<end])
            if let opened = open {
                if let fence, fence.isBare, fence.mark == opened.mark, fence.count >= opened.count {
                    fences.append(opened.start..<end)
                    open = nil
                }
            } else if let fence {
                open = (fence.mark, fence.count, line)
                paragraph += 1
            } else if bytes[line..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
                paragraph += 1
            } else {
                collect(&ticks, bytes, line..<end, paragraph)
            }
            line = end + 1
        }
        if let open { fences.append(open.start..<bytes.count) }
        return (fences + spans(ticks)).sorted { $0.lowerBound < $1.lowerBound }
    }

    /// The fence that a line is.
    ///
    /// - Returns: `isBare` tells whether it can close one.
    private static func fence(_ line: ArraySlice<UInt8>) -> (mark: UInt8, count: Int, isBare: Bool)? {
        let indent = line.prefix { $0 == 0x20 }.count
        guard indent <= 3, let mark = line.dropFirst(indent).first,
            mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~")
        else { return nil }
        let count = line.dropFirst(indent).prefix { $0 == mark }.count
        let rest = line.dropFirst(indent + count)
        // A line with further backticks is a span: ```` ```a``` ````.
        guard count >= 3, mark == UInt8(ascii: "~") || !rest.contains(mark) else { return nil }
        return (mark, count, rest.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D })
    }

    private static func collect(_ ticks: inout [Ticks], _ bytes: [UInt8], _ line: Range<Int>, _ paragraph: Int) {
        var index = line.lowerBound
        while index < line.upperBound {
            guard bytes[index] == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let count = bytes[index..<line.upperBound].prefix { $0 == UInt8(ascii: "`") }.count
            ticks.append(Ticks(start: index, count: count, paragraph: paragraph))
            index += count
        }
    }

    /// A span goes from marks to the next as many in the same paragraph.
    private static func spans(_ ticks: [Ticks]) -> [Range<Int>] {
        var next = [Int?](repeating: nil, count: ticks.count)
        var seen: [Int: Int] = [:]
        for index in ticks.indices.reversed() {
            next[index] = seen[ticks[index].count]
            seen[ticks[index].count] = index
        }
        var spans: [Range<Int>] = []
        var index = 0
        while index < ticks.count {
            if let end = next[index], ticks[end].paragraph == ticks[index].paragraph {
                spans.append(ticks[index].start..<ticks[end].start + ticks[end].count)
                index = end + 1
            } else {
                index += 1
            }
        }
        return spans
    }
}
