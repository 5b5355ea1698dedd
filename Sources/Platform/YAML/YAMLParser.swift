/// Reads one YAML document into a tree, safely.
///
/// Tags, anchors, aliases, several documents, keys that are not text and repeated keys are refused, and a merge key
/// (`<<`) is a key like any other: what a file says is what stands there. Size and encoding are checked before libyaml
/// sees a byte; depth and number of nodes are checked at each event, so that hostile input costs milliseconds.
package enum YAMLParser {
    /// Reads `text`; nil when it holds nothing but blanks and comments.
    package static func parse(_ text: String, limits: YAMLLimits = .standard) throws(YAMLError) -> YAMLNode? {
        try checkSize(text.utf8.count, limits)
        return try parse(checked: Array(text.utf8), limits)
    }

    /// Reads UTF-8 bytes as they came from a file; nil when they hold nothing but blanks and comments.
    package static func parse(bytes: [UInt8], limits: YAMLLimits = .standard) throws(YAMLError) -> YAMLNode? {
        try checkSize(bytes.count, limits)
        if let mark = firstInvalidCharacter(of: bytes) { throw YAMLError(mark, "the text is not valid UTF-8") }
        return try parse(checked: bytes, limits)
    }

    private static func checkSize(_ count: Int, _ limits: YAMLLimits) throws(YAMLError) {
        guard count <= limits.bytes else {
            throw YAMLError(
                line: 1, column: 1, message: "the text has \(count) bytes; at most \(limits.bytes) are read")
        }
    }

    private static func parse(checked bytes: [UInt8], _ limits: YAMLLimits) throws(YAMLError) -> YAMLNode? {
        if let offset = bytes.firstIndex(of: 0) {
            throw YAMLError(mark(at: offset, of: bytes), "the text holds a NUL character")
        }
        let events = EventReader(bytes)
        var builder = TreeBuilder(events: events, limits: limits)
        return try builder.document()
    }

    private static func firstInvalidCharacter(of bytes: [UInt8]) -> YAMLMark? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return YAMLMark(line: line, column: column)
    }

    private static func mark(at offset: Int, of bytes: [UInt8]) -> YAMLMark {
        let before = bytes[..<offset]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return YAMLMark(line: line, column: String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1)
    }
}
