import Markdown

/// What a person sees of HTML, as the blocks of a Markdown text.
///
/// Entities, numbered lists, tables, links with where they lead, names of pictures and emphasis come along; scripts, styles
/// and what is hidden do not, and a link that would run something is its words. Tables that only lay a page out are read
/// cell by cell.
struct HTMLToMarkdown {
    private let document: HTMLDocument
    /// The numbers of the texts and pictures that are taken.
    private let range: Range<Int>

    private var blocks: [MarkdownBlock] = []
    private var spans: [MarkdownSpan] = []
    private var style: MarkdownStyle = []
    private var link: String?
    private var codeDepth = 0
    /// What stands between the last words and the next: a blank, the end of a line or of a paragraph.
    private var pending = Break.none
    private var isLineEmpty = true
    private var isBlankPending = false
    private var hasTrailingBreak = false
    private var quoteDepth = 0

    private enum Break: Int { case none, line, paragraph }

    static func blocks(_ document: HTMLDocument, in range: Range<Int>) -> [MarkdownBlock] {
        var reader = HTMLToMarkdown(document: document, range: range)
        for child in document.nodes[0].children { reader.read(child) }
        reader.endParagraph()
        return reader.blocks
    }

    private init(document: HTMLDocument, range: Range<Int>) {
        self.document = document
        self.range = range
    }

    // MARK: Elements

    static let hidden: Set<String> = [
        "script", "style", "head", "title", "template", "iframe", "object", "embed", "svg", "noframes", "textarea",
        "select",
        "option", "audio", "video", "canvas", "map",
    ]
    private static let paragraphs: Set<String> = ["p", "dl", "figure", "fieldset", "details"]
    private static let lines: Set<String> = [
        "div", "section", "article", "header", "footer", "address", "dd", "dt", "form", "center", "main", "aside",
        "nav",
        "figcaption", "summary", "legend", "caption", "tr", "li", "body", "html",
    ]

    private mutating func read(_ index: Int) {
        let node = document.nodes[index]
        if node.isText {
            if range.contains(index) { add(document.textBytes(of: index)) }
            return
        }
        // An element whose beginning is taken ends behind it; one that ends before says nothing.
        guard index < range.upperBound, !Self.isHidden(node) else { return }
        switch node.name {
        case "br": if range.contains(index) { breakLine() }
        case "hr":
            guard range.contains(index) else { return }
            endParagraph()
            blocks.append(.rule)
        case "img": if range.contains(index) { readPicture(node) }
        case "b", "strong": with(.bold, node)
        case "i", "em", "cite", "dfn", "var": with(.italic, node)
        case "s", "strike", "del": with(.strike, node)
        case "code", "tt", "kbd", "samp":
            codeDepth += 1
            readChildren(node)
            codeDepth -= 1
        case "a": readLink(node)
        case "q":
            add(Array("“".utf8)[...])
            readChildren(node)
            add(Array("”".utf8)[...])
        case "h1", "h2", "h3", "h4", "h5", "h6": readHeading(node)
        case "pre": readCode(index, node)
        case "blockquote": nest(node) { .quote($0) }
        case "ul", "ol", "menu", "dir": readList(node)
        case "table": readTable(index, node)
        case "td", "th":
            isBlankPending = true
            readChildren(node)
            isBlankPending = true
        case let name where Self.paragraphs.contains(name):
            need(.paragraph)
            readChildren(node)
            need(.paragraph)
        case let name where Self.lines.contains(name):
            need(.line)
            readChildren(node)
            need(.line)
        default: readChildren(node)
        }
    }

    static func isHidden(_ node: HTMLDocument.Node) -> Bool {
        guard !hidden.contains(node.name), node.attributes["hidden"] == nil else { return true }
        guard let style = node.attributes["style"], style.utf8.count > 11 else { return false }
        let rules = style.lowercased().filter { $0 != " " }
        return rules.contains("display:none") || rules.contains("mso-hide:all")
    }

    private mutating func readChildren(_ node: HTMLDocument.Node) { for child in node.children { read(child) } }

    private mutating func with(_ style: MarkdownStyle, _ node: HTMLDocument.Node) {
        let before = self.style
        self.style.insert(style)
        readChildren(node)
        self.style = before
    }

    // MARK: Words

    private mutating func add(_ bytes: ArraySlice<UInt8>) {
        var words: [UInt8] = []
        var rest = bytes
        while let byte = rest.first {
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                isBlankPending = true
                rest.removeFirst()
                continue
            }
            // A no-break space is a blank like any other: mails are full of them.
            if byte == 0xC2, rest.dropFirst().first == 0xA0 {
                isBlankPending = true
                rest = rest.dropFirst(2)
                continue
            }
            if isBlankPending || pending != .none || hasTrailingBreak {
                if !words.isEmpty {
                    append(words)
                    words.removeAll(keepingCapacity: true)
                }
                separate(&words)
            }
            let end = rest.firstIndex { $0 == 0x20 || (0x09...0x0D).contains($0) || $0 == 0xC2 } ?? rest.endIndex
            let next = end == rest.startIndex ? end + 1 : end
            words += rest[..<next]
            rest = rest[next...]
        }
        if !words.isEmpty { append(words) }
    }

    private mutating func append(_ words: [UInt8]) {
        let span = MarkdownSpan(
            String(decoding: words, as: UTF8.self), isCode: codeDepth > 0, style: style, link: link)
        if let last = spans.last, last.isCode == span.isCode, last.style == span.style, last.link == span.link {
            spans[spans.count - 1].text += span.text
        } else {
            spans.append(span)
        }
        isLineEmpty = false
    }

    /// Puts what is pending before the next words.
    private mutating func separate(_ words: inout [UInt8]) {
        switch pending {
        case .paragraph: endParagraph()
        case .line: if !isLineEmpty { newLine() }
        case .none: if hasTrailingBreak { newLine() }
        }
        if isBlankPending, !isLineEmpty {
            // A blank between two links is in neither, one in a link is in it.
            if let last = spans.last, last.link != link || last.style != style || last.isCode != (codeDepth > 0) {
                spans.append(
                    MarkdownSpan(
                        " ", style: last.style.intersection(style), link: last.link == link ? link : nil))
            } else {
                words.append(0x20)
            }
        }
        pending = .none
        isBlankPending = false
        hasTrailingBreak = false
    }

    private mutating func newLine() {
        spans.append(.lineBreak)
        isLineEmpty = true
    }

    private mutating func breakLine() {
        if pending == .paragraph { endParagraph() }
        if (pending == .line && !isLineEmpty) || hasTrailingBreak { newLine() }
        pending = .none
        hasTrailingBreak = false
        isBlankPending = false
        // At the end of a block it shows nothing; on a line of its own it is an empty one.
        if isLineEmpty { if !spans.isEmpty { newLine() } } else { hasTrailingBreak = true }
    }

    private mutating func need(_ kind: Break) {
        if kind.rawValue > pending.rawValue { pending = kind }
        hasTrailingBreak = false
    }

    private mutating func endParagraph() {
        if !spans.isEmpty { blocks.append(.paragraph(spans)) }
        spans = []
        pending = .none
        isLineEmpty = true
        isBlankPending = false
        hasTrailingBreak = false
    }

    // MARK: Links and pictures

    private mutating func readLink(_ node: HTMLDocument.Node) {
        guard let target = node.attributes["href"].flatMap(Self.safeTarget) else { return readChildren(node) }
        let outer = link
        link = target
        readChildren(node)
        link = outer
    }

    private mutating func readPicture(_ node: HTMLDocument.Node) {
        guard let name = node.attributes["alt"], name.utf8.contains(where: { $0 > 0x20 }) else { return }
        add(Array(name.utf8)[...])
    }

    /// Lets through what leads to the web, to a mailbox or to a telephone.
    static func safeTarget(_ text: String) -> String? {
        let target = String(decoding: text.utf8.filter { $0 > 0x20 && $0 != 0x7F }, as: UTF8.self)
        let start = target.prefix(9).lowercased()
        let isSafe = ["http://", "https://", "mailto:", "tel:", "ftp://"].contains { start.hasPrefix($0) }
        return isSafe && target.utf8.count <= 2048 ? target : nil
    }

    // MARK: Blocks

    /// What `node` holds, as blocks of their own.
    private mutating func inside(_ node: HTMLDocument.Node) -> [MarkdownBlock] {
        let outer = (blocks, spans)
        blocks = []
        spans = []
        endParagraph()
        readChildren(node)
        endParagraph()
        let inside = blocks
        (blocks, spans) = outer
        isLineEmpty = true
        return inside
    }

    private mutating func nest(_ node: HTMLDocument.Node, _ make: ([MarkdownBlock]) -> MarkdownBlock) {
        endParagraph()
        let inside = inside(node)
        if !inside.isEmpty { blocks.append(make(inside)) }
    }

    private mutating func readHeading(_ node: HTMLDocument.Node) {
        endParagraph()
        let level = Int(node.name.utf8.last.map { $0 - 0x30 } ?? 1)
        let inside = inside(node)
        // Headings of mails hold whole layouts now and then.
        if inside.count == 1, case .paragraph(let spans) = inside[0] {
            blocks.append(.heading(level, spans))
        } else {
            blocks += inside
        }
    }

    private mutating func readList(_ node: HTMLDocument.Node) {
        endParagraph()
        var items: [[MarkdownBlock]] = []
        for child in node.children {
            let childNode = document.nodes[child]
            if childNode.name == "li" {
                let item = inside(childNode)
                if !item.isEmpty { items.append(item) }
            } else if childNode.isText {
                guard range.contains(child) else { continue }
                let wrapper = document.textBytes(of: child)
                guard wrapper.contains(where: { $0 > 0x20 }) else { continue }
                items.append([.literal(String(decoding: wrapper, as: UTF8.self))])
            } else {
                // A list in a list belongs to the item before it, wherever it stands.
                let outer = blocks
                blocks = []
                read(child)
                endParagraph()
                if items.isEmpty, !blocks.isEmpty { items.append([]) }
                if !items.isEmpty { items[items.count - 1] += blocks }
                blocks = outer
            }
        }
        guard !items.isEmpty else { return }
        let start = node.name == "ol" ? node.attributes["start"].flatMap { Int($0) } ?? 1 : nil
        blocks.append(.list(start: start, items: items))
    }

    private mutating func readCode(_ index: Int, _ node: HTMLDocument.Node) {
        endParagraph()
        var text: [UInt8] = []
        collect(node, &text)
        if text.first == 0x0A { text.removeFirst() }
        while let last = text.last, last <= 0x20 { text.removeLast() }
        if !text.isEmpty { blocks.append(.code(String(decoding: text, as: UTF8.self))) }
    }

    private func collect(_ node: HTMLDocument.Node, _ text: inout [UInt8]) {
        for child in node.children {
            let childNode = document.nodes[child]
            if childNode.isText {
                if range.contains(child) { text += document.textBytes(of: child) }
            } else if childNode.name == "br" {
                text.append(0x0A)
            } else if !Self.isHidden(childNode) {
                collect(childNode, &text)
            }
        }
    }

    // MARK: Tables

    /// The words of a cell, which has one line.
    private mutating func words(_ node: HTMLDocument.Node) -> [MarkdownSpan] {
        var words: [MarkdownSpan] = []
        for block in inside(node) {
            if case .paragraph(let spans) = block { words += (words.isEmpty ? [] : [MarkdownSpan(" ")]) + spans }
        }
        return words
    }

    private mutating func readTable(_ index: Int, _ node: HTMLDocument.Node) {
        let rows = HTMLTable.rows(document, index)
        guard rows.contains(where: { $0.contains { range.contains($0) } }), HTMLTable.isData(document, index, rows)
        else {
            need(.line)
            readChildren(node)
            return need(.line)
        }
        endParagraph()
        for child in node.children where document.nodes[child].name == "caption" { read(child) }
        endParagraph()
        var cells: [[[MarkdownSpan]]] = []
        for row in rows { cells.append(row.map { words(document.nodes[$0]) }) }
        blocks.append(.table(cells))
    }
}
