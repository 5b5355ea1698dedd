/// Markdown that is being written, line by line.
struct MarkdownOutput {
    private(set) var bytes: [UInt8] = []
    /// Unicode scalars so far.
    private(set) var count = 0
    /// What each line begins with: marks of quotes, the indentation of lists.
    var prefix: [UInt8] = []
    /// Where what the line says begins, behind its prefix and the mark of a list.
    private(set) var lineStart = 0
    /// Scalars beyond which no more text is taken; marks that are open are still closed.
    let softLimit: Int
    /// Whether something was left out.
    var isFull = false

    init(softLimit: Int) { self.softLimit = softLimit }

    /// Whether there is room for `text`.
    func fits(_ text: some Collection<UInt8>, and more: Int = 0) -> Bool {
        count + more + text.count(where: { $0 & 0xC0 != 0x80 }) <= softLimit
    }

    var isLineStart: Bool { bytes.count == lineStart }

    mutating func append(_ text: some Collection<UInt8>) {
        bytes.append(contentsOf: text)
        for byte in text where byte & 0xC0 != 0x80 { count += 1 }
    }

    mutating func append(ascii text: ArraySlice<UInt8>) {
        bytes.append(contentsOf: text)
        count += text.count
    }

    mutating func append(_ text: String) { append(text.utf8) }

    mutating func append(_ scalar: Unicode.Scalar) {
        bytes.append(contentsOf: UTF8.encode(scalar)!)
        count += 1
    }

    mutating func append(byte: UInt8) {
        bytes.append(byte)
        count += 1
    }

    /// The mark of a list's item: what follows is at the start of a line.
    mutating func beginItem(_ mark: String) {
        append(mark)
        lineStart = bytes.count
    }

    mutating func startLine() {
        append(prefix)
        lineStart = bytes.count
    }

    /// Ends the line that stands, and `blankLines` after it.
    mutating func breakLine(blankLines: Int = 0) {
        for _ in 0...blankLines {
            trimLine()
            append(byte: 0x0A)
            startLine()
        }
    }

    /// Blanks at the end of a line mean something in Markdown, or nothing.
    private mutating func trimLine() {
        while let last = bytes.last, last == 0x20 || last == 0x09 {
            bytes.removeLast()
            count -= 1
        }
    }

    /// Nil at the start of a line.
    var last: Unicode.Scalar? {
        isLineStart ? nil : scalar(endingAt: bytes.count)
    }

    private func scalar(endingAt end: Int) -> Unicode.Scalar? {
        var start = end - 1
        while start > lineStart, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars.first
    }

    /// The last scalar before marks of strikethrough: cmark-gfm looks through them, other readers do not.
    var lastBehindTildes: Unicode.Scalar? {
        var end = bytes.count
        while end > lineStart, bytes[end - 1] == UInt8(ascii: "~") { end -= 1 }
        guard end > lineStart else { return nil }
        return scalar(endingAt: end)
    }

    /// Writes the scalar before the last marks of strikethrough by its number: to the rules of emphasis it is punctuation then.
    mutating func encodeLastBehindTildes() {
        guard let last = lastBehindTildes else { return }
        var tildes = 0
        while bytes.last == UInt8(ascii: "~") {
            bytes.removeLast()
            tildes += 1
        }
        bytes.removeLast(UTF8.width(last))
        count -= 1 + tildes
        append("&#\(last.value);" + String(repeating: "~", count: tildes))
    }

    /// Puts a backslash before the last byte.
    mutating func escapeLast() {
        bytes.insert(UInt8(ascii: "\\"), at: bytes.count - 1)
        count += 1
    }

    mutating func finish() -> String {
        while let last = bytes.last, last == 0x20 || last == 0x09 || last == 0x0A { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
