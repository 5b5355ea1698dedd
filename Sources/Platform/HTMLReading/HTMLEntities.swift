import Markdown

/// The names of HTML 5 for characters; libxml2 knows those of HTML 4.
enum HTMLEntities {
    private static let maximumName = 32

    /// `html` with entities that are not `isKnown` written by their numbers.
    static func known(_ html: String, _ isKnown: (String) -> Bool) -> String {
        var bytes = html.utf8[...]
        var result: [UInt8] = []
        var seen: [String: String?] = [:]
        while let mark = bytes.firstIndex(of: UInt8(ascii: "&")) {
            let name = bytes[mark...].dropFirst().prefix(maximumName).prefix { isNameByte($0) }
            guard !name.isEmpty, name.endIndex < bytes.endIndex, bytes[name.endIndex] == UInt8(ascii: ";"),
                let text = String(name)
            else {
                result += bytes[...mark]
                bytes = bytes[bytes.index(after: mark)...]
                continue
            }
            let number = seen[text] ?? (isKnown(text) ? nil : MarkdownEntity.numbers(named: text))
            if seen.count < 256 { seen[text] = number }
            if let number {
                result += bytes[..<mark]
                result += number.utf8
                bytes = bytes[bytes.index(after: name.endIndex)...]
            } else {
                result += bytes[..<name.endIndex]
                bytes = bytes[name.endIndex...]
            }
        }
        guard !result.isEmpty else { return html }
        result += bytes
        return String(decoding: result, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
    }
}
