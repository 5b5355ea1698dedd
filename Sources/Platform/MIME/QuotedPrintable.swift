/// Writes text in lines of at most 76 bytes of ASCII (RFC 2045, section 6.7).
enum QuotedPrintable {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func escape(_ byte: UInt8) -> String {
        String(decoding: [0x3D, digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
    }

    /// Every line of `text` ended by CRLF, the last one too.
    static func encoded(_ text: String) -> String {
        let clean = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\0", with: "")
        var lines = clean.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true, lines.count > 1 { lines.removeLast() }
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + text.utf8.count / 4)
        for line in lines {
            append(line.utf8, &result)
            result += [0x0D, 0x0A]
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func append(_ line: Substring.UTF8View, _ result: inout [UInt8]) {
        var length = 0
        var index = line.startIndex
        let isFrom = line.starts(with: "From ".utf8)
        while index < line.endIndex {
            let byte = line[index]
            let start = index
            index = line.index(after: index)
            let isLast = index == line.endIndex
            // A space at the end gets lost on the way, a dot or `From ` at the start are read as more than text.
            let isPlain =
                (0x21..<0x7F).contains(byte) && byte != 0x3D && !(byte == 0x2E && start == line.startIndex)
                && !(isFrom && start == line.startIndex) || (byte == 0x20 || byte == 0x09) && !isLast
            let width = isPlain ? 1 : 3
            if length + width > 75, !(isLast && length + width <= 76) {
                result += [0x3D, 0x0D, 0x0A]
                length = 0
            }
            if isPlain {
                result.append(byte)
            } else {
                result += [0x3D, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
            length += width
        }
    }
}
