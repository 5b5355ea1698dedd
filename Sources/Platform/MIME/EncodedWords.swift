/// Reads words such as `=?utf-8?B?w7w=?=` in headers (RFC 2047).
///
/// Each word's transfer encoding is undone by itself; then neighbours of one charset become text together, so that
/// padding in one word ends nothing, and a character that was cut in two by a careless program is whole again.
enum EncodedWords {
    private struct Word {
        var charset: String
        var bytes: [UInt8]
        var end: Int
    }

    /// - Parameter charset: What the bytes that are no word and no UTF-8 are read as.
    static func decode(_ value: ArraySlice<UInt8>, charset: String? = nil) -> String {
        var result = ""
        var plainStart = value.startIndex
        var pending: Word?
        var index = value.startIndex
        func flushWord() {
            if let word = pending { result += Charset.decode(word.bytes[...], label: word.charset) }
            pending = nil
        }
        func flushPlain(_ end: Int) {
            if plainStart < end { result += raw(value[plainStart..<end], charset: charset) }
        }
        while index < value.endIndex {
            guard value[index] == UInt8(ascii: "="), let word = word(value, at: index) else {
                index += 1
                continue
            }
            let isBetweenWords =
                pending != nil
                && value[plainStart..<index].allSatisfy { MailBytes.isSpace($0) || MailBytes.isBreak($0) }
            if isBetweenWords {
                if pending?.charset == word.charset {
                    pending?.bytes += word.bytes
                } else {
                    flushWord()
                    pending = word
                }
            } else {
                flushWord()
                flushPlain(index)
                pending = word
            }
            index = word.end
            plainStart = index
        }
        flushWord()
        flushPlain(value.endIndex)
        return result
    }

    /// Bytes of a header that are no encoded word: UTF-8 (RFC 6532), else what the mail says of its body.
    static func raw(_ bytes: ArraySlice<UInt8>, charset: String?) -> String {
        String(validating: bytes, as: UTF8.self) ?? Charset.decode(bytes, label: charset ?? "windows-1252")
    }

    /// A longer word is text: RFC 2047 allows 75 bytes, programs write whole lines.
    private static let maximumBytes = 2000

    private static func word(_ value: ArraySlice<UInt8>, at start: Int) -> Word? {
        let end = min(value.endIndex, start + maximumBytes)
        var index = start + 1
        guard index < end, value[index] == UInt8(ascii: "?") else { return nil }
        index += 1
        let charsetStart = index
        while index < end, value[index] != UInt8(ascii: "?") {
            guard value[index] > 0x20, value[index] < 0x7F, index - charsetStart < 60 else { return nil }
            index += 1
        }
        guard index + 2 < end, index > charsetStart, value[index + 2] == UInt8(ascii: "?") else { return nil }
        // What follows an asterisk is a language (RFC 2231, section 5).
        let charset = MailBytes.lowercased(value[charsetStart..<index].prefix { $0 != UInt8(ascii: "*") })
        let kind = value[index + 1] | 0x20
        guard kind == UInt8(ascii: "b") || kind == UInt8(ascii: "q") else { return nil }
        index += 3
        let textStart = index
        while index + 1 < end {
            if value[index] == UInt8(ascii: "?"), value[index + 1] == UInt8(ascii: "=") {
                let text = value[textStart..<index]
                let bytes = kind == UInt8(ascii: "b") ? TransferDecoder.base64(text) : quoted(text)
                return Word(charset: charset, bytes: bytes, end: index + 2)
            }
            // The next word begins: this one has no end.
            if value[index] == UInt8(ascii: "="), value[index + 1] == UInt8(ascii: "?"), index > textStart,
                index + 2 >= end || value[index + 2] != UInt8(ascii: "=")
            {
                return nil
            }
            index += 1
        }
        return nil
    }

    private static func quoted(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "="), index + 2 < text.endIndex,
                let high = TransferDecoder.hexDigit(text[index + 1]),
                let low = TransferDecoder.hexDigit(text[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
                continue
            }
            if !MailBytes.isBreak(byte) { result.append(byte == UInt8(ascii: "_") ? 0x20 : byte) }
            index += 1
        }
        return result
    }
}
