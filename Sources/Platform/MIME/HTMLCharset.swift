/// What a page says of its own charset (HTML, 13.2.3.2: prescanning a byte stream).
enum HTMLCharset {
    private static let prescannedBytes = 1024

    /// The label in the first `<meta charset=…>` or `<meta … content="text/html; charset=…">`.
    static func label(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = MailBytes.lowercased(bytes.prefix(prescannedBytes).map { $0 < 0x80 ? $0 : 0x3F })
        var rest = text[...]
        while let tag = rest.firstRange(of: "<meta") {
            let end = rest[tag.upperBound...].firstIndex(of: ">") ?? rest.endIndex
            let inside = rest[tag.upperBound..<end]
            rest = rest[end...]
            guard let word = inside.firstRange(of: "charset") else { continue }
            var value = inside[word.upperBound...].drop { $0.isWhitespace }
            guard value.first == "=" else { continue }
            value = value.dropFirst().drop { $0.isWhitespace || $0 == "\"" || $0 == "'" }
            let label = value.prefix { !$0.isWhitespace && !"\"';/>".contains($0) }
            // A page that is read as bytes of ASCII cannot be in UTF-16, whatever it says.
            if !label.isEmpty { return label.hasPrefix("utf-16") ? "utf-8" : String(label) }
        }
        return nil
    }
}
