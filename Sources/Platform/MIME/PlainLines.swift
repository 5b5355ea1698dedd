/// Line ends and control characters of texts, byte by byte: characters of Swift cost more than all else here.
package enum PlainLines {
    /// With line feeds alone at the ends of lines.
    static func normalized(_ text: String) -> String {
        guard text.utf8.contains(0x0D) else { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var wasReturn = false
        for byte in text.utf8 {
            if byte == 0x0D {
                bytes.append(0x0A)
            } else if byte != 0x0A || !wasReturn {
                bytes.append(byte)
            }
            wasReturn = byte == 0x0D
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func split(_ text: String) -> [Substring] {
        var text = text
        let ends = text.withUTF8 { bytes in bytes.indices.filter { bytes[$0] == 0x0A } + [bytes.count] }
        var lines: [Substring] = []
        lines.reserveCapacity(ends.count)
        var start = text.utf8.startIndex
        for end in ends {
            let index = text.utf8.index(text.utf8.startIndex, offsetBy: end)
            lines.append(Substring(text.utf8[start..<index]))
            if end < text.utf8.count { start = text.utf8.index(after: index) }
        }
        return lines
    }

    /// Without control characters but line feeds and tabs, and without white space at both ends.
    package static func printable(_ text: String) -> String {
        if isPrintable(text) { return text.trimmingSpaces }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var previous: UInt8 = 0
        for byte in text.utf8 {
            defer { previous = byte }
            if byte == 0x0A, previous == 0x0D { continue }
            if byte == 0x0D {
                bytes.append(0x0A)
            } else if byte < 0x20 ? byte == 0x0A || byte == 0x09 : byte != 0x7F {
                // The second half of the controls is two bytes long.
                if previous == 0xC2, byte < 0xA0 { bytes.removeLast() } else { bytes.append(byte) }
            }
        }
        return String(decoding: bytes, as: UTF8.self).trimmingSpaces
    }

    /// Most texts are.
    private static func isPrintable(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { bytes in
            for index in bytes.indices {
                let byte = bytes[index]
                if byte < 0x80 {
                    if byte < 0x20 ? byte != 0x0A && byte != 0x09 : byte == 0x7F { return false }
                } else if byte < 0xA0, index > 0, bytes[index - 1] == 0xC2 {
                    return false
                }
            }
            return true
        } ?? false
    }
}
