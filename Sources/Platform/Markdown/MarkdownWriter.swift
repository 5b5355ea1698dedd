/// The one writer of Markdown: of words and what they look like it makes a text that every reader of CommonMark, with
/// GitHub's extensions or without, shows as that.
///
/// What stands literally is escaped by its place: a `#` at the start of a line, a `|` in a table, an underscore beside a
/// blank. Nothing else is, so that the text is good to read as it is. Blanks at the start of a line become no-break
/// spaces, because four plain ones would begin code; those at its end are dropped, and empty lines in a row are one.
/// URLs stay as they are. The work is linear in the bytes that come out.
package struct MarkdownWriter {
    /// Quotes and lists in each other; what is nested deeper goes on at this level.
    package static let maximumDepth = 16

    private var output: MarkdownOutput
    private var depth = 0

    /// - Parameter limit: Unicode scalars that come out at most, or 512 if it is less; a text that is longer ends with `…`,
    ///   and what was open is closed.
    package static func write(_ blocks: [MarkdownBlock], limit: Int = .max) -> String {
        var writer = MarkdownWriter(output: MarkdownOutput(softLimit: limit))
        writer.write(blocks)
        guard writer.output.isFull || writer.output.count > limit else { return writer.output.finish() }
        // What may be open where it is cut has to have room: a fence, links and styles, each inside quotes and lists.
        writer = MarkdownWriter(output: MarkdownOutput(softLimit: max(limit, 512) - 256))
        writer.write(blocks)
        return writer.output.finish()
    }

    /// A text that is no Markdown, such that a reader shows it letter by letter.
    package static func literal(_ text: String, limit: Int = .max) -> String { write([.literal(text)], limit: limit) }

    private init(output: MarkdownOutput) { self.output = output }

    // MARK: Blocks

    private mutating func write(_ blocks: [MarkdownBlock]) {
        var previous: MarkdownBlock?
        var isOtherMark = false
        for block in blocks {
            guard !output.isFull else { return }
            guard !Self.isEmpty(block) else { continue }
            if let previous {
                let isSameKind = Self.areListsAlike(previous, block)
                isOtherMark = isSameKind ? !isOtherMark : false
                output.breakLine(blankLines: Self.blankLines(between: previous, and: block))
            }
            write(block, isOtherMark)
            previous = block
        }
    }

    private mutating func write(_ block: MarkdownBlock, _ isOtherMark: Bool) {
        switch block {
        case .paragraph(let spans): writeLines(spans)
        case .heading(let level, let spans):
            output.append(String(repeating: "#", count: min(max(level, 1), 6)) + " ")
            MarkdownLine.write(spans, to: &output, place: .heading)
        case .quote(let blocks): nest("> ", "> ") { $0.write(blocks) }
        case .list(let start, let items): writeList(start, items, isOtherMark)
        case .code(let text, let language): writeCode(text, language)
        case .table(let rows): writeTable(rows)
        case .rule: output.append("---")
        case .written(let text): writeRaw(text)
        }
    }

    private mutating func nest(_ first: String, _ rest: String, _ body: (inout MarkdownWriter) -> Void) {
        guard depth < Self.maximumDepth else { return body(&self) }
        depth += 1
        let length = output.prefix.count
        output.beginItem(first)
        output.prefix += rest.utf8
        body(&self)
        output.prefix.removeLast(output.prefix.count - length)
        depth -= 1
    }

    /// Lines of spans; an empty one begins a paragraph.
    private mutating func writeLines(_ spans: [MarkdownSpan]) {
        if spans.count == 1, let span = spans.first, !span.isCode, span.style.isEmpty, span.link == nil,
            output.isLineStart
        {
            return writePlainLines(span.text)
        }
        var isFirst = true
        var blank = 0
        for line in MarkdownLine.lines(spans) {
            guard !output.isFull else { return }
            guard !line.isEmpty else {
                blank = 1
                continue
            }
            if !isFirst { output.breakLine(blankLines: blank) }
            line.write(to: &output, place: .paragraph)
            isFirst = false
            blank = 0
        }
    }

    /// The same for words that look like nothing in particular: whole mails are.
    private mutating func writePlainLines(_ text: String) {
        var isFirst = true
        var blank = 0
        for line in MarkdownLine.normalized(text).split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard !output.isFull else { return }
            guard !Self.isBlank(line) else {
                blank = 1
                continue
            }
            if !isFirst { output.breakLine(blankLines: blank) }
            MarkdownEscaping.write(line, to: &output, place: .paragraph, isInLabel: false, isLast: true)
            isFirst = false
            blank = 0
        }
    }

    private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool {
        for byte in line {
            if byte >= 0x80 { return isBlank(String(decoding: line, as: UTF8.self)) }
            if byte > 0x20 { return false }
        }
        return isBlank(String(decoding: line, as: UTF8.self))
    }

    private mutating func writeList(_ start: Int?, _ items: [[MarkdownBlock]], _ isOtherMark: Bool) {
        // Nine digits are the most that a reader takes (CommonMark, section 5.2).
        let first = min(max(start ?? 1, 0), 999_999_999 - items.count)
        for (index, item) in items.enumerated() {
            guard !output.isFull else { return }
            if index > 0 { output.breakLine() }
            let mark =
                start == nil ? (isOtherMark ? "* " : "- ") : "\(first + index)\(isOtherMark ? ")" : ".") "
            nest(mark, String(repeating: " ", count: mark.utf8.count)) { $0.write(item) }
        }
    }

    private mutating func writeCode(_ text: String, _ language: String) {
        let lines = MarkdownLine.normalized(text).split(separator: 0x0A, omittingEmptySubsequences: false)
        var longest = 2
        for line in lines { longest = max(longest, MarkdownLine.longestRun(of: UInt8(ascii: "`"), in: line)) }
        let fence = String(repeating: "`", count: min(longest, 128) + 1)
        output.append(fence)
        output.append(
            language.utf8.prefix(32).filter { ScalarKind(Unicode.Scalar($0)) == .word || "+-_.#".utf8.contains($0) })
        for line in lines {
            output.newCodeLine()
            guard output.fits(line) else {
                output.isFull = true
                output.append("…")
                break
            }
            // A run that no fence is longer than is not to be found in what people write.
            output.append(longest > 128 ? Array(line.map { $0 == UInt8(ascii: "`") ? 0x27 : $0 }) : Array(line))
        }
        output.newCodeLine()
        output.append(fence)
    }

    private mutating func writeTable(_ rows: [[[MarkdownSpan]]]) {
        let columns = rows.lazy.map(\.count).max() ?? 0
        for (index, row) in rows.enumerated() {
            guard !output.isFull else { return }
            if index > 0 { output.breakLine() }
            output.append("|")
            for column in 0..<columns {
                output.append(" ")
                if column < row.count { MarkdownLine.write(row[column], to: &output, place: .cell) }
                output.append(" |")
            }
            guard index == 0 else { continue }
            output.breakLine()
            output.append("|" + String(repeating: " --- |", count: columns))
        }
    }

    private mutating func writeRaw(_ text: String) {
        var bytes = MarkdownLine.normalized(text)
        while bytes.last == 0x0A || bytes.last == 0x20 { bytes.removeLast() }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if index > 0 { output.newCodeLine() }
            guard output.fits(line) else {
                output.isFull = true
                output.append("…")
                return
            }
            output.append(line)
        }
    }

    // MARK: Between blocks

    private static func blankLines(between first: MarkdownBlock, and second: MarkdownBlock) -> Int {
        switch (first, second) {
        case (.written, _), (_, .written): 1
        case (.code, _), (.heading, _), (.rule, _): 0
        case (.paragraph, .code), (.paragraph, .quote), (.paragraph, .heading): 0
        case (.paragraph, .list(let start, let items)):
            // Only a list that begins with 1 and has something in its first item ends a paragraph.
            start ?? 1 == 1 && items.first?.first.map { !isEmpty($0) } == true ? 0 : 1
        case (.list, .list): areListsAlike(first, second) ? 0 : 1
        default: 1
        }
    }

    private static func areListsAlike(_ first: MarkdownBlock, _ second: MarkdownBlock) -> Bool {
        guard case .list(let one, _) = first, case .list(let other, _) = second else { return false }
        return (one == nil) == (other == nil)
    }

    private static func isEmpty(_ block: MarkdownBlock) -> Bool {
        switch block {
        case .paragraph(let spans), .heading(_, let spans): spans.allSatisfy { isBlank($0.text) }
        case .quote(let blocks): blocks.allSatisfy(isEmpty)
        case .list(_, let items): items.isEmpty
        case .code, .rule: false
        case .table(let rows): rows.allSatisfy(\.isEmpty)
        case .written(let text): isBlank(text)
        }
    }

    private static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy { ScalarKind($0) == .space } }
}

extension MarkdownOutput {
    /// The next line of code: its blanks at the end are part of it.
    fileprivate mutating func newCodeLine() {
        append(byte: 0x0A)
        startLine()
    }
}
