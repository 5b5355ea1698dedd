extension String {
    /// Appends `text` as a JSON string (RFC 8259, section 7).
    ///
    /// Runs of characters that need no escape are copied as a whole: this is on the way of every message.
    package mutating func appendJSON(_ text: String) {
        append("\"")
        var start = text.utf8.startIndex
        let bytes = text.utf8
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            let escape: String? =
                switch byte {
                case UInt8(ascii: "\""): "\\\""
                case UInt8(ascii: "\\"): "\\\\"
                case UInt8(ascii: "\n"): "\\n"
                case UInt8(ascii: "\r"): "\\r"
                case UInt8(ascii: "\t"): "\\t"
                case 0..<0x20, 0x7F: Self.hexEscape(byte)
                default: nil
                }
            index = bytes.index(after: index)
            if let escape {
                append(contentsOf: text[start..<bytes.index(before: index)])
                append(escape)
                start = index
            }
        }
        append(contentsOf: text[start...])
        append("\"")
    }

    private static func hexEscape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
