import Markdown

/// Reads a text of Slack's markup into blocks: fences first, then the lines between them.
struct SlackTextReader {
    let markup: SlackMarkup
    private(set) var blocks: [MarkdownBlock] = []
    /// The paragraph at hand.
    private var spans: [MarkdownSpan] = []
    private var quoted: [MarkdownSpan] = []
    private var isInQuote = false

    private static let fence = Array("```".utf8)
    /// Whether `>` begins a quotation: in one it does not.
    private let allowsQuotes: Bool

    init(markup: SlackMarkup, allowsQuotes: Bool = true) {
        self.markup = markup
        self.allowsQuotes = allowsQuotes
    }

    mutating func read(_ text: ArraySlice<UInt8>) {
        guard markup.hasFormatting else {
            addLines(text, startsLine: false)
            return flush()
        }
        var rest = text
        var startsLine = true
        while !rest.isEmpty {
            if let whole = restIsQuote(rest, startsLine) {
                flush()
                var inside = SlackTextReader(markup: markup, allowsQuotes: false)
                inside.read(whole)
                if !inside.blocks.isEmpty { blocks.append(.quote(inside.blocks)) }
                return
            }
            let (before, code, after) = Self.splitAtFence(rest)
            // A quotation of all that follows may begin on any line before the code.
            if allowsQuotes, let mark = Self.wholeQuote(in: before) {
                addLines(rest[rest.startIndex..<mark], startsLine: startsLine)
                rest = rest[mark...]
                startsLine = true
                continue
            }
            addLines(before, startsLine: startsLine)
            guard let code else { break }
            let isQuoted = isInQuote && before.last != 0x0A
            let block = MarkdownBlock.code(String(decoding: inCode(code), as: UTF8.self))
            if isQuoted {
                let inside = trimmed(quoted)
                endQuote(with: (inside.isEmpty ? [] : [.paragraph(inside)]) + [block])
            } else {
                flush()
                blocks.append(block)
            }
            rest = after
            startsLine = rest.first == 0x0A
            if startsLine { rest.removeFirst() }
            while rest.first == 0x20 { rest.removeFirst() }
        }
        flush()
    }

    // MARK: Code

    /// What stands before the first fence, in it and behind it.
    private static func splitAtFence(
        _ text: ArraySlice<UInt8>
    ) -> (before: ArraySlice<UInt8>, code: ArraySlice<UInt8>?, after: ArraySlice<UInt8>) {
        var from = text.startIndex
        while let start = find(fence, in: text[from...]), let end = find(fence, in: text[(start + fence.count)...]) {
            var code = text[(start + fence.count)..<end]
            from = end + fence.count
            // With nothing in it the signs are signs.
            guard code.contains(where: { $0 > 0x20 }) else { continue }
            if code.first == 0x0D { code.removeFirst() }
            if code.first == 0x0A { code.removeFirst() }
            if code.last == 0x0A { code.removeLast() }
            return (text[..<start], code, text[from...])
        }
        return (text, nil, [])
    }

    private static func find(_ pattern: [UInt8], in text: ArraySlice<UInt8>) -> Int? {
        var run = 0
        for index in text.indices {
            run = text[index] == pattern[0] ? run + 1 : 0
            if run == pattern.count { return index - run + 1 }
        }
        return nil
    }

    /// What is seen of code: entities decoded, links as their words.
    private func inCode(_ bytes: ArraySlice<UInt8>) -> [UInt8] { SlackLineReader.code(bytes) }

    // MARK: Quotations

    private static let mark = Array(">".utf8)
    private static let escapedMark = Array("&gt;".utf8)

    private static func markLength(_ line: ArraySlice<UInt8>) -> Int? {
        line.starts(with: mark) ? 1 : line.starts(with: escapedMark) ? escapedMark.count : nil
    }

    /// What is behind `>>>`, which quotes all that follows.
    private static func behindWholeMark(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = line
        for _ in 0..<3 {
            guard let length = markLength(rest) else { return nil }
            rest = rest.dropFirst(length)
        }
        return rest.first == 0x20 ? rest.dropFirst() : rest
    }

    private func restIsQuote(_ text: ArraySlice<UInt8>, _ startsLine: Bool) -> ArraySlice<UInt8>? {
        startsLine && allowsQuotes ? Self.behindWholeMark(text) : nil
    }

    private static func wholeQuote(in text: ArraySlice<UInt8>) -> Int? {
        var start = text.startIndex
        while let end = text[start...].firstIndex(of: 0x0A) {
            start = end + 1
            if start < text.endIndex, behindWholeMark(text[start...]) != nil { return start }
        }
        return nil
    }

    // MARK: Lines

    private mutating func addLines(_ text: ArraySlice<UInt8>, startsLine: Bool) {
        guard !text.isEmpty else { return }
        var isStart = startsLine
        for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if index > 0 {
                if isInQuote { quoted.append(.lineBreak) } else { spans.append(.lineBreak) }
                isStart = true
            }
            if isStart, markup.hasFormatting, allowsQuotes, let length = Self.markLength(line) {
                if !isInQuote { endParagraph() }
                isInQuote = true
                var inside = line.dropFirst(length)
                if inside.first == 0x20 { inside.removeFirst() }
                quoted += SlackLineReader.spans(inside, markup)
            } else {
                // An empty piece after the last line break of a quotation says nothing yet.
                if isInQuote, isStart, !(line.isEmpty && index > 0 && line.endIndex == text.endIndex) {
                    endQuote(with: nil)
                }
                if isInQuote {
                    quoted += SlackLineReader.spans(line, markup)
                } else {
                    spans += SlackLineReader.spans(line, markup)
                }
            }
            isStart = false
        }
    }

    private mutating func endParagraph() {
        let whole = trimmed(spans)
        if !whole.isEmpty { blocks.append(.paragraph(whole)) }
        spans = []
    }

    private mutating func endQuote(with inside: [MarkdownBlock]?) {
        let whole = trimmed(quoted)
        let inside = inside ?? (whole.isEmpty ? [] : [.paragraph(whole)])
        if !inside.isEmpty { blocks.append(.quote(inside)) }
        quoted = []
        isInQuote = false
    }

    private mutating func flush() {
        if isInQuote { endQuote(with: nil) }
        endParagraph()
    }

    /// Without the line breaks at both ends.
    private func trimmed(_ spans: [MarkdownSpan]) -> [MarkdownSpan] {
        var spans = spans[...]
        while spans.first == .lineBreak { spans.removeFirst() }
        while spans.last == .lineBreak { spans.removeLast() }
        return Array(spans)
    }
}
