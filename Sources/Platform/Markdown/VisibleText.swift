internal import CCmark

/// What a reader sees of a Markdown text, with where each part of it stands there.
///
/// Marks, backslashes, targets of links and the bars of spoilers are gone, entities are decoded, code and the names of
/// pictures and links are there; HTML is shown as it stands, since no client of Martlet takes it for more. Blocks, items,
/// rows and lines end with a line break, cells with a tab. For moderation, search and notices.
///
/// The work is linear in the bytes of the text, which is cut at 256 KiB.
package struct VisibleText: Sendable {
    /// A part of the visible text that lies in one piece in the original, too.
    package struct Piece: Hashable, Sendable {
        /// UTF-8 bytes of ``bytes``.
        package let visible: Range<Int>
        /// UTF-8 bytes of the original; nil where the place is not known.
        package let source: Range<Int>?
        /// Whether both hold the same bytes: then each byte has its place, otherwise only the whole has.
        package let isVerbatim: Bool
    }

    /// What is seen, as UTF-8.
    package fileprivate(set) var bytes: [UInt8] = []
    /// In the order of ``bytes``; line breaks and tabs between blocks are in none.
    package fileprivate(set) var pieces: [Piece] = []
    /// Whether nothing is hidden or spelled otherwise: the visible bytes are those of the original.
    package fileprivate(set) var isOriginal = false

    /// Where links and pictures lead, the first hundred: what is not seen is looked for all the same.
    package fileprivate(set) var targets: [String] = []

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// - Parameter skipsPlain: Whether a text without any mark is given back as it is, unread, which takes a tenth of the time.
    package init(_ markdown: String, skipsPlain: Bool = true) {
        var markdown = markdown
        if skipsPlain, markdown.withUTF8(Self.isPlain) {
            bytes = Array(markdown.utf8)
            pieces = bytes.isEmpty ? [] : [Piece(visible: 0..<bytes.count, source: 0..<bytes.count, isVerbatim: true)]
            isOriginal = true
            return
        }
        let source = MarkdownBounds.bounded(markdown)
        guard let document = MarkdownDocument(source, findsAddresses: false) else { return }
        var reader = VisibleTextReader(source: source)
        reader.read(document.root)
        bytes = reader.bytes
        pieces = reader.pieces
        targets = reader.targets
    }

    /// Where `range` of the visible bytes stands in the original; nil when a part of it has no known place.
    ///
    /// What lies between pieces that `range` covers, such as marks in the middle of a word, is part of the answer.
    package func source(of range: Range<Int>) -> Range<Int>? {
        // The pieces are in order: the first that ends behind the beginning.
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].visible.upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        var answer: Range<Int>?
        while low < pieces.count, pieces[low].visible.lowerBound < range.upperBound {
            let piece = pieces[low]
            guard let source = piece.source else { return nil }
            var part = source
            if piece.isVerbatim {
                let start = max(range.lowerBound, piece.visible.lowerBound) - piece.visible.lowerBound
                let end = min(range.upperBound, piece.visible.upperBound) - piece.visible.lowerBound
                part = (source.lowerBound + start)..<(source.lowerBound + end)
            }
            answer = answer.map { min($0.lowerBound, part.lowerBound)..<max($0.upperBound, part.upperBound) } ?? part
            low += 1
        }
        return answer
    }

    private static func isPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var isLineStart = true
        for byte in bytes {
            let mark = marks[Int(byte)]
            if mark == .anywhere || (mark == .lineStart && isLineStart) { return false }
            isLineStart = byte == 0x0A || byte == 0x0D
        }
        return true
    }

    private enum Mark { case none, anywhere, lineStart }

    /// Bytes without which a text is seen as it stands.
    private static let marks: [Mark] = {
        var marks = [Mark](repeating: .none, count: 256)
        for byte in "#>-+=0123456789 \t".utf8 { marks[Int(byte)] = .lineStart }
        for byte in "\\`*_~[]<&|!\u{1}".utf8 { marks[Int(byte)] = .anywhere }
        return marks
    }()
}

/// Walks through the tree of cmark-gfm.
private struct VisibleTextReader {
    let source: [UInt8]
    var bytes: [UInt8] = []
    var pieces: [VisibleText.Piece] = []
    var targets: [String] = []
    /// Where each line of the original begins.
    private let lineStarts: [Int]
    /// Up to where the original is accounted for.
    private var cursor = 0
    /// By how much the parser's columns are wrong on the line it was last seen on: it does not count what stands before a
    /// line in a quote or a list.
    private var shift = (line: 0, bytes: 0)
    /// Bytes that may still be searched for places.
    private var searchBudget: Int
    /// Bars of spoilers in the block at hand, by their places in ``bytes``.
    private var bars: [Int] = []

    init(source: [UInt8]) {
        self.source = source
        var starts = [0]
        for (index, byte) in source.enumerated() {
            if byte == 0x0A || (byte == 0x0D && !(index + 1 < source.count && source[index + 1] == 0x0A)) {
                starts.append(index + 1)
            }
        }
        lineStarts = starts
        searchBudget = 8 * source.count + 4096
        bytes.reserveCapacity(source.count)
    }

    mutating func read(_ root: OpaquePointer) {
        guard let iterator = cmark_iter_new(root) else { return }
        defer { cmark_iter_free(iterator) }
        while true {
            let event = cmark_iter_next(iterator)
            guard event != CMARK_EVENT_DONE, let node = cmark_iter_get_node(iterator) else { break }
            if event == CMARK_EVENT_ENTER { enter(node) } else { exit(node) }
        }
        endSpoilers()
        trimEnd()
    }

    /// Takes away line breaks and tabs at the end, and what lies there of pieces.
    private mutating func trimEnd() {
        while bytes.last == 0x0A || bytes.last == 0x09 { bytes.removeLast() }
        while let last = pieces.last, last.visible.upperBound > bytes.count {
            pieces.removeLast()
            guard last.visible.lowerBound < bytes.count, last.isVerbatim, let source = last.source else { continue }
            let visible = last.visible.lowerBound..<bytes.count
            let place = source.lowerBound..<(source.lowerBound + visible.count)
            pieces.append(.init(visible: visible, source: place, isVerbatim: true))
        }
    }

    private mutating func enter(_ node: OpaquePointer) {
        switch cmark_node_get_type(node) {
        case CMARK_NODE_TEXT: addText(node, isText: true)
        case CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE: addText(node, isText: false)
        case CMARK_NODE_LINK, CMARK_NODE_IMAGE: addTarget(node)
        case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: bytes.append(0x0A)
        case CMARK_NODE_CODE_BLOCK, CMARK_NODE_HTML_BLOCK: addLines(node)
        default: if martlet_cmark_is_block(node) { enterCell(node) }
        }
    }

    private mutating func exit(_ node: OpaquePointer) {
        let kind = cmark_node_get_type(node)
        switch kind {
        case CMARK_NODE_PARAGRAPH, CMARK_NODE_HEADING, CMARK_NODE_ITEM:
            endSpoilers()
            endLine()
        default:
            guard martlet_cmark_is_block(node), let name = cmark_node_get_type_string(node) else { return }
            if strcmp(name, "table_cell") == 0 {
                endSpoilers()
            } else if strcmp(name, "table_row") == 0 || strcmp(name, "table_header") == 0 {
                endLine()
            }
        }
    }

    /// Cells after the first of a row stand behind a tab.
    private mutating func enterCell(_ node: OpaquePointer) {
        guard cmark_node_previous(node) != nil, let name = cmark_node_get_type_string(node),
            strcmp(name, "table_cell") == 0
        else { return }
        bytes.append(0x09)
    }

    private mutating func endLine() { if let last = bytes.last, last != 0x0A { bytes.append(0x0A) } }

    /// What a node says; it belongs to the node.
    private func literal(_ node: OpaquePointer) -> UnsafeRawBufferPointer {
        let text = cmark_node_get_literal(node)
        return UnsafeRawBufferPointer(start: text, count: text.map { strlen($0) } ?? 0)
    }

    private mutating func addTarget(_ node: OpaquePointer) {
        guard targets.count < 100, let url = cmark_node_get_url(node), (1...2048).contains(strlen(url)) else { return }
        targets.append(String(cString: url))
    }

    // MARK: Text

    private mutating func addText(_ node: OpaquePointer, isText: Bool) {
        let literal = literal(node)
        guard !literal.isEmpty else { return }
        let line = Int(cmark_node_get_start_line(node))
        let column = Int(cmark_node_get_start_column(node))
        guard !addAsItStands(literal, isText, line: line, column: column) else { return }
        let text = Array(literal)
        let parts = place(of: text, isCode: !isText, line: line, column: column)
        guard let parts else { return add(text[...], nil) }
        for part in parts {
            add(text[part.text], part, mayHaveBars: isText && part.isVerbatim)
        }
    }

    /// The usual case: a text that stands where the parser says, spelled as it is seen.
    ///
    /// - Returns: Whether it was one.
    private mutating func addAsItStands(
        _ text: UnsafeRawBufferPointer, _ isText: Bool, line: Int, column: Int
    ) -> Bool {
        guard column > 0, lineStarts.indices.contains(line - 1) else { return false }
        let start = lineStarts[line - 1] + column - 1 + (shift.line == line ? shift.bytes : 0)
        let end = start + text.count
        guard start >= cursor, end <= source.count else { return false }
        let isSame = source.withUnsafeBytes { source in
            memcmp(source.baseAddress! + start, text.baseAddress!, text.count) == 0
        }
        // Bytes that may be spelled otherwise, or are none.
        guard isSame,
            !text.contains(where: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "\\") || $0 == MarkdownBounds.taken })
        else { return false }
        if shift.line != line { shift = (line, 0) }
        cursor = end
        let from = bytes.count
        bytes += text
        if isText { findBars(bytes[from...], at: from) }
        pieces.append(.init(visible: from..<bytes.count, source: start..<end, isVerbatim: true))
        return true
    }

    /// Bars that are escaped are in no verbatim part.
    private mutating func findBars(_ text: ArraySlice<UInt8>, at start: Int) {
        let bar = UInt8(ascii: "|")
        guard var index = text.firstIndex(of: bar) else { return }
        while index + 1 < text.endIndex {
            if text[index] == bar, text[index + 1] == bar {
                bars.append(start + index - text.startIndex)
                index += 1
            }
            index += 1
        }
    }

    private mutating func add(_ text: ArraySlice<UInt8>, _ part: PlacedPart?, mayHaveBars: Bool = false) {
        // What was taken out splits the piece.
        for run in text.split(separator: MarkdownBounds.taken) {
            let start = bytes.count
            bytes += run
            if mayHaveBars { findBars(bytes[start...], at: start) }
            var range = part?.source
            if let part, part.isVerbatim {
                let offset = part.source.lowerBound + run.startIndex - text.startIndex
                range = offset..<(offset + run.count)
            }
            pieces.append(.init(visible: start..<bytes.count, source: range, isVerbatim: part?.isVerbatim ?? false))
        }
    }

    /// Code and HTML: each line is where its block is, behind what the block stands in.
    private mutating func addLines(_ node: OpaquePointer) {
        endLine()
        var line = Int(cmark_node_get_start_line(node))
        var length: Int32 = 0
        var offset: Int32 = 0
        var character: CChar = 0
        if cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK,
            cmark_node_get_fenced(node, &length, &offset, &character) != 0
        {
            line += 1
        }
        for part in Array(literal(node)).split(separator: 0x0A, omittingEmptySubsequences: false) {
            if !part.isEmpty {
                add(part, place(of: Array(part), isCode: true, line: line, column: 0)?.first)
            }
            bytes.append(0x0A)
            line += 1
        }
        bytes.removeLast()
        endLine()
    }

    // MARK: Places

    /// A part of a node's text with where it stands.
    private struct PlacedPart {
        let text: Range<Int>
        let source: Range<Int>
        let isVerbatim: Bool
    }

    /// Where `text` stands: at the parser's column if it is there, else at the next place on the line.
    private mutating func place(of text: [UInt8], isCode: Bool, line: Int, column: Int) -> [PlacedPart]? {
        let start = lineStarts.indices.contains(line - 1) ? lineStarts[line - 1] : cursor
        let end = lineStarts.indices.contains(line) ? lineStarts[line] : source.count
        if shift.line != line { shift = (line, 0) }
        if column > 0 {
            let expected = start + column - 1 + shift.bytes
            if expected >= cursor, let found = match(text, isCode, at: expected) { return take(found) }
        }
        var candidate = max(cursor, start)
        while candidate < end, searchBudget > 0 {
            searchBudget -= 1
            if let found = match(text, isCode, at: candidate) {
                if column > 0 { shift = (line, candidate - start - column + 1) }
                return take(found)
            }
            candidate += 1
        }
        return nil
    }

    private mutating func take(_ parts: [PlacedPart]) -> [PlacedPart] {
        cursor = parts.last?.source.upperBound ?? cursor
        return parts
    }

    /// The parts of `text` when it stands at `place`, spelled as it may be: with backslashes and entities, or as code.
    private mutating func match(_ text: [UInt8], _ isCode: Bool, at place: Int) -> [PlacedPart]? {
        var place = place
        var index = 0
        var parts: [PlacedPart] = []
        var run = (text: 0, source: place)
        func verbatim() -> PlacedPart {
            PlacedPart(text: run.text..<index, source: run.source..<place, isVerbatim: true)
        }
        while index < text.count {
            guard place < source.count else { return nil }
            let byte = source[place]
            if !isCode, byte == UInt8(ascii: "&"), let entity = entity(place, text[index...]) {
                if index > run.text { parts.append(verbatim()) }
                parts.append(
                    PlacedPart(
                        text: index..<(index + entity.text), source: place..<(place + entity.source), isVerbatim: false)
                )
                index += entity.text
                place += entity.source
                run = (index, place)
            } else if !isCode, byte == UInt8(ascii: "\\"), place + 1 < source.count, source[place + 1] == text[index],
                isPunctuation(text[index])
            {
                if index > run.text { parts.append(verbatim()) }
                parts.append(PlacedPart(text: index..<(index + 1), source: place..<(place + 2), isVerbatim: false))
                index += 1
                place += 2
                run = (index, place)
            } else if byte == text[index] || (isCode && byte == 0x0A && text[index] == 0x20) {
                index += 1
                place += 1
            } else {
                searchBudget -= index
                return nil
            }
        }
        if index > run.text { parts.append(verbatim()) }
        return parts
    }

    private func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// The lengths of an entity and of what it stands for, if `text` begins with that.
    private func entity(_ start: Int, _ text: ArraySlice<UInt8>) -> (source: Int, text: Int)? {
        guard let entity = MarkdownEntity.decode(source[(start + 1)...].prefix(40)), text.starts(with: entity.bytes)
        else {
            return nil
        }
        return (entity.source + 1, entity.bytes.count)
    }

    // MARK: Spoilers

    /// Takes out the bars that come in pairs around something.
    private mutating func endSpoilers() {
        defer { bars.removeAll(keepingCapacity: true) }
        let count = bars.count / 2 * 2
        guard count > 0 else { return }
        let taken = bars.prefix(count)
        var kept: [UInt8] = []
        var start = taken[0]
        let from = start
        for (index, bar) in taken.enumerated() {
            let next = index + 1 < count ? taken[index + 1] : bytes.count
            kept += bytes[(bar + 2)..<next]
            start = next
        }
        var changed: [VisibleText.Piece] = []
        while let last = pieces.last, last.visible.upperBound > from {
            changed.append(last)
            pieces.removeLast()
        }
        var bar = taken.startIndex
        var removed = 0
        for piece in changed.reversed() {
            var part = piece.visible.lowerBound
            func add(to end: Int) {
                guard end > part else { return }
                let offset = part - piece.visible.lowerBound
                let source =
                    piece.isVerbatim
                    ? piece.source.map { ($0.lowerBound + offset)..<($0.lowerBound + offset + end - part) }
                    : piece.source
                pieces.append(
                    .init(visible: (part - removed)..<(end - removed), source: source, isVerbatim: piece.isVerbatim))
            }
            while bar < taken.endIndex, taken[bar] < piece.visible.upperBound {
                add(to: taken[bar])
                part = taken[bar] + 2
                removed += 2
                bar += 1
            }
            add(to: piece.visible.upperBound)
        }
        bytes.replaceSubrange(from..., with: kept)
    }
}
