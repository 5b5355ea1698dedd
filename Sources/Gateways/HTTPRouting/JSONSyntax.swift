/// Looks at JSON text (RFC 8259) for what Foundation's decoder does not tell: how deep it is, where it breaks, and what
/// stands where.
struct JSONSyntax {
    /// Deeper texts are refused before they are decoded.
    static let maximumDepth = 64

    enum Kind: String {
        case string = "a string"
        case number = "a number"
        case boolean = "true or false"
        case null = "null"
        case array = "a list"
        case object = "an object"
    }

    struct Failure: Error, Equatable {
        /// Bytes before the place.
        let offset: Int
        let expectation: String
    }

    /// Whether brackets nest no deeper than ``maximumDepth``; one pass, no memory.
    static func isShallow(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var depth = 0
            var isInString = false
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if isInString {
                    if byte == UInt8(ascii: "\\") { index += 1 }
                    if byte == UInt8(ascii: "\"") { isInString = false }
                } else if byte == UInt8(ascii: "\"") {
                    isInString = true
                } else if byte | 0x20 == UInt8(ascii: "{") {
                    // `[` and `{` differ in one bit.
                    depth += 1
                    if depth > maximumDepth { return false }
                } else if byte | 0x20 == UInt8(ascii: "}") {
                    depth -= 1
                }
                index += 1
            }
            return true
        }
    }

    private let bytes: [UInt8]
    private let visit: (_ path: [String], _ kind: Kind, _ text: Range<Int>) -> Void
    private var index = 0
    private var path: [String] = []

    /// Walks over the whole text and calls `visit` for each value after its parts.
    ///
    /// - Throws: ``Failure`` at the first byte that does not belong there.
    static func walk(
        _ bytes: [UInt8], visit: (_ path: [String], _ kind: Kind, _ text: Range<Int>) -> Void = { _, _, _ in }
    ) throws(Failure) {
        try withoutActuallyEscaping(visit) { (visit) throws(Failure) in
            var syntax = JSONSyntax(bytes: bytes, visit: visit)
            syntax.skipSpace()
            try syntax.value(depth: 0)
            syntax.skipSpace()
            if syntax.index < bytes.count { throw syntax.fail("the end") }
        }
    }

    private init(bytes: [UInt8], visit: @escaping ([String], Kind, Range<Int>) -> Void) {
        self.bytes = bytes
        self.visit = visit
    }

    private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func fail(_ expectation: String) -> Failure { Failure(offset: index, expectation: expectation) }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func value(depth: Int) throws(Failure) {
        guard depth <= Self.maximumDepth else { throw fail("less nesting") }
        let start = index
        let kind: Kind
        switch byte ?? 0 {
        case UInt8(ascii: "{"):
            try object(depth: depth)
            kind = .object
        case UInt8(ascii: "["):
            try array(depth: depth)
            kind = .array
        case UInt8(ascii: "\""):
            _ = try string()
            kind = .string
        case UInt8(ascii: "t"):
            try literal("true")
            kind = .boolean
        case UInt8(ascii: "f"):
            try literal("false")
            kind = .boolean
        case UInt8(ascii: "n"):
            try literal("null")
            kind = .null
        case UInt8(ascii: "-"), 0x30...0x39:
            try number()
            kind = .number
        default: throw fail("a value")
        }
        visit(path, kind, start..<index)
    }

    private mutating func object(depth: Int) throws(Failure) {
        index += 1
        skipSpace()
        if take("}") { return }
        while true {
            guard byte == UInt8(ascii: "\"") else { throw fail("a name in double quotes") }
            path.append(try string())
            skipSpace()
            guard take(":") else { throw fail("a colon") }
            skipSpace()
            try value(depth: depth + 1)
            path.removeLast()
            skipSpace()
            if take("}") { return }
            guard take(",") else { throw fail("a comma or }") }
            skipSpace()
        }
    }

    private mutating func array(depth: Int) throws(Failure) {
        index += 1
        skipSpace()
        if take("]") { return }
        var position = 0
        while true {
            path.append("\(position)")
            try value(depth: depth + 1)
            path.removeLast()
            position += 1
            skipSpace()
            if take("]") { return }
            guard take(",") else { throw fail("a comma or ]") }
            skipSpace()
        }
    }

    /// Returns the text between the quotes with its escapes as they are: enough to name a member.
    private mutating func string() throws(Failure) -> String {
        index += 1
        let start = index
        while let byte {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: bytes[start..<(index - 1)], as: UTF8.self)
            case UInt8(ascii: "\\"):
                index += 1
                guard let escape = self.byte, "\"\\/bfnrtu".utf8.contains(escape) else {
                    throw fail("one of \" \\ / b f n r t u")
                }
                index += 1
                guard escape == UInt8(ascii: "u") else { continue }
                for _ in 0..<4 {
                    guard let digit = self.byte, Character(UnicodeScalar(digit)).isHexDigit else {
                        throw fail("a hexadecimal digit")
                    }
                    index += 1
                }
            case 0..<0x20: throw fail("no bare control character")
            default: index += 1
            }
        }
        throw fail("a closing quote")
    }

    private mutating func number() throws(Failure) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            try digits()
        }
    }

    private mutating func digits() throws(Failure) {
        let start = index
        while let byte, (0x30...0x39).contains(byte) { index += 1 }
        if index == start { throw fail("a digit") }
    }

    private mutating func literal(_ text: StaticString) throws(Failure) {
        for expected in text.description.utf8 {
            guard byte == expected else { throw fail("`\(text)`") }
            index += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard byte == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }
}
