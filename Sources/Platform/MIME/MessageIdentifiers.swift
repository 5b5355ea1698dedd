/// Finds message identifiers in a header, past comments, line breaks and what programs do to them.
enum MessageIdentifiers {
    private static let maximumBytes = 2000

    /// Without angle brackets.
    static func all(_ value: ArraySlice<UInt8>, limit: Int) -> [String] {
        var found: [String] = []
        var index = value.startIndex
        while index < value.endIndex, found.count < limit {
            guard let open = value[index...].firstIndex(of: UInt8(ascii: "<")) else { break }
            let reach = value[(open + 1)...].prefix(maximumBytes)
            guard let close = reach.firstIndex(where: { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") }) else {
                index = open + 1
                if reach.count < maximumBytes { break }
                continue
            }
            if value[close] == UInt8(ascii: "<") {
                index = close
                continue
            }
            let text = clean(value[(open + 1)..<close])
            if !text.isEmpty { found.append(text) }
            index = close + 1
        }
        guard found.isEmpty else { return found }
        // Without brackets: words that could be identifiers.
        return value.prefix(maximumBytes).split(whereSeparator: { MailBytes.isSpace($0) || $0 == UInt8(ascii: ",") })
            .lazy.map(clean).filter { $0.contains("@") }.prefix(limit).map { $0 }
    }

    private static func clean(_ bytes: ArraySlice<UInt8>) -> String {
        MailBytes.oneLine(EncodedWords.raw(MailBytes.trimmed(bytes), charset: nil)).trimmingSpaces
    }
}
