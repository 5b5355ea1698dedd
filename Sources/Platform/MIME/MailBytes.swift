/// What the readers of a mail look for in bytes, each in one pass.
enum MailBytes {
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }

    /// Where the line that holds `index` ends, behind its line feed; at most `end`.
    static func lineEnd(_ bytes: [UInt8], from index: Int, before end: Int) -> Int {
        bytes.withUnsafeBufferPointer { buffer in
            var index = index
            while index < end {
                if buffer[index] == 0x0A { return index + 1 }
                index += 1
            }
            return end
        }
    }

    /// The range without the line end that closes it.
    static func withoutLineEnd(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
        var end = range.upperBound
        if end > range.lowerBound, bytes[end - 1] == 0x0A { end -= 1 }
        if end > range.lowerBound, bytes[end - 1] == 0x0D { end -= 1 }
        return range.lowerBound..<end
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isSpace(first) || isBreak(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isSpace(last) || isBreak(last) { bytes = bytes.dropLast() }
        return bytes
    }

    static func lowercased(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// A header's value must not bring line breaks or other controls to where it is shown.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }) else {
            return text
        }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? " " : scalar)
        }
        return String(result)
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmingSpaces: String {
        var text = Substring(self).drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// At most so many bytes of UTF-8, and no character cut in two.
    package func cutToBytes(_ limit: Int) -> String {
        guard utf8.count > limit else { return String(self) }
        var bytes = Array(utf8.prefix(limit + 1))
        // What follows the first byte of a character begins with the bits 10.
        while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        return String(decoding: bytes, as: UTF8.self)
    }
}
