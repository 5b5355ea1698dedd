/// Reads one YAML document into a tree, safely.
///
/// Tags, anchors, aliases, several documents, keys that are not text and repeated keys are refused, and a merge key
/// (`<<`) is a key like any other: what a file says is what stands there. Size and encoding are checked before libyaml
/// sees a byte, and a byte order mark is skipped (YAML 1.2, section 5.2); depth and number of nodes are checked at each event, so that hostile input costs milliseconds.
package enum YAMLParser {
    /// Reads `text`; nil when it holds nothing but blanks and comments.
    package static func parse(_ text: String, limits: YAMLLimits = .standard) throws(YAMLError) -> YAMLNode? {
        try checkSize(text.utf8.count, limits)
        return try parse(checked: Array(text.utf8), limits)
    }

    /// Reads UTF-8 bytes as they came from a file; nil when they hold nothing but blanks and comments.
    package static func parse(bytes: [UInt8], limits: YAMLLimits = .standard) throws(YAMLError) -> YAMLNode? {
        try checkSize(bytes.count, limits)
        if let encoding = otherEncoding(of: bytes) {
            throw YAMLError(line: 1, column: 1, message: "the text is \(encoding); save it as UTF-8")
        }
        if let (mark, byte) = firstInvalidCharacter(of: bytes) {
            let shown = String(byte, radix: 16, uppercase: true)
            throw YAMLError(mark, "the text is not valid UTF-8 from here (byte 0x\(shown)); save it as UTF-8")
        }
        return try parse(checked: bytes, limits)
    }

    private static func checkSize(_ count: Int, _ limits: YAMLLimits) throws(YAMLError) {
        guard count <= limits.bytes else {
            throw YAMLError(
                line: 1, column: 1, message: "the text has \(count) bytes; at most \(limits.bytes) are read")
        }
    }

    private static func parse(checked bytes: [UInt8], _ limits: YAMLLimits) throws(YAMLError) -> YAMLNode? {
        // libyaml counts the mark as a column, and then the first key stands to the right of the others.
        let bytes = bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(byteOrderMark.count)) : bytes
        if let offset = bytes.firstIndex(of: 0) {
            throw YAMLError(mark(at: offset, of: bytes), "the text holds a NUL character")
        }
        let events = EventReader(bytes)
        var builder = TreeBuilder(events: events, limits: limits)
        return try builder.document()
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// What the first bytes say of UTF-16 and UTF-32, by a byte order mark or by the zeros beside an ASCII character.
    ///
    /// The table of YAML 1.2, section 5.2.
    private static func otherEncoding(of bytes: [UInt8]) -> String? {
        let first = bytes.prefix(4) + repeatElement(1, count: max(0, 4 - bytes.count))
        switch (first[0], first[1], first[2], first[3]) {
        case (0x00, 0x00, 0xFE, 0xFF), (0x00, 0x00, 0x00, _), (0xFF, 0xFE, 0x00, 0x00), (_, 0x00, 0x00, 0x00):
            return "UTF-32"
        case (0xFE, 0xFF, _, _), (0x00, 1..., _, _), (0xFF, 0xFE, _, _), (1..., 0x00, _, _): return "UTF-16"
        default: return nil
        }
    }

    private static func firstInvalidCharacter(of bytes: [UInt8]) -> (YAMLMark, byte: UInt8)? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var (line, column, offset) = (1, 1, 0)
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
            if offset == 0, scalar == "\u{FEFF}" { column = 1 }
            offset += UTF8.width(scalar)
        }
        return (YAMLMark(line: line, column: column), bytes[offset])
    }

    private static func mark(at offset: Int, of bytes: [UInt8]) -> YAMLMark {
        let before = bytes[..<offset]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return YAMLMark(line: line, column: String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1)
    }
}
