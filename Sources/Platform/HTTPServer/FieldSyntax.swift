/// The characters that HTTP allows where (RFC 9110, section 5).
enum FieldSyntax {
    /// Whether `text` is a token (RFC 9110, section 5.6.2), as the name of a field must be.
    static func isToken(_ text: some Collection<UInt8>) -> Bool { !text.isEmpty && text.allSatisfy { tokens[$0] } }

    static func isTokenByte(_ byte: UInt8) -> Bool { tokens[byte] }

    /// Whether `text` has no control character but the tab.
    static func isValue(_ text: some Collection<UInt8>) -> Bool {
        text.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }

    /// Whether `text` can be the value of `Host`: a name, an IPv4 address or an IPv6 address in brackets, and perhaps a
    /// port (RFC 3986, section 3.2.2).
    static func isHost(_ text: some Collection<UInt8>) -> Bool {
        var rest = text[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let address = rest[rest.index(after: rest.startIndex)..<end]
            guard !address.isEmpty, address.allSatisfy({ isHexDigit($0) || $0 == 0x3A || $0 == 0x2E }) else {
                return false
            }
            rest = rest[rest.index(after: end)...]
            guard rest.first ?? 0x3A == 0x3A else { return false }
        }
        let colon = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
        guard rest[..<colon].allSatisfy({ hosts[$0] }) else { return false }
        let port = rest[colon...].dropFirst()
        return port.count <= 5 && port.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Whether a line before a chunk has the form that section 7.1 of RFC 9112 gives it, extensions included.
    ///
    /// - Parameter line: Without its line end.
    static func isChunkLine(_ line: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        func skip(_ isWanted: (UInt8) -> Bool) -> Bool {
            let start = index
            while index < line.count, isWanted(line[index]) { index += 1 }
            return index > start
        }
        func skipBlanks() { _ = skip { $0 == 0x20 || $0 == 0x09 } }
        func take(_ character: Unicode.Scalar) -> Bool {
            guard index < line.count, line[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }
        func quotedString() -> Bool {
            while index < line.count {
                let byte = line[index]
                index += 1
                switch byte {
                case UInt8(ascii: "\""): return true
                case UInt8(ascii: "\\"):
                    guard index < line.count, isValue(CollectionOfOne(line[index])) else { return false }
                    index += 1
                default: guard isValue(CollectionOfOne(byte)) else { return false }
                }
            }
            return false
        }
        guard skip(isHexDigit) else { return false }
        while index < line.count {
            skipBlanks()
            guard take(";") else { return false }
            skipBlanks()
            guard skip(isTokenByte) else { return false }
            let end = index
            skipBlanks()
            guard take("=") else {
                index = end
                continue
            }
            skipBlanks()
            guard take("\"") ? quotedString() : skip(isTokenByte) else { return false }
        }
        return true
    }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    /// Which bytes a set holds, by two words for ASCII.
    private struct ByteSet {
        private var low: UInt64 = 0
        private var high: UInt64 = 0

        init(letters: Bool = true, _ others: String) {
            var bytes = Array(others.utf8)
            bytes += 0x30...0x39
            if letters { bytes += Array(0x41...0x5A) + Array(0x61...0x7A) }
            for byte in bytes {
                if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
            }
        }

        subscript(byte: UInt8) -> Bool {
            byte < 64 ? low >> UInt64(byte) & 1 != 0 : byte < 128 && high >> UInt64(byte - 64) & 1 != 0
        }
    }

    private static let tokens = ByteSet("!#$%&'*+-.^_`|~")
    private static let hosts = ByteSet("-._~%!$&'()*+,;=")
}
