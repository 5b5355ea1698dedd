/// Writes header lines that every reader can read: ASCII, folded, with encoded words of at most 75 bytes (RFC 2047).
enum HeaderWriter {
    private static let maximumLine = 78
    private static let maximumWord = 75

    /// Text for people, as in `Subject`.
    static func text(_ name: String, _ value: String) -> String {
        let value = MailBytes.oneLine(value)
        return fold("\(name):", isPlain(value) ? words(value) : encodedWords(value, first: name.utf8.count + 2))
    }

    static func addresses(_ name: String, _ addresses: [MailAddress]) -> String {
        guard !addresses.isEmpty else { return "" }
        var pieces: [String] = []
        for (place, address) in addresses.enumerated() {
            let end = place < addresses.count - 1 ? "," : ""
            let display = MailBytes.oneLine(address.name).trimmingSpaces
            guard !display.isEmpty else {
                pieces.append(address.address + end)
                continue
            }
            pieces += phrase(display, first: name.utf8.count + 2)
            pieces.append("<\(address.address)>" + end)
        }
        return fold("\(name):", pieces)
    }

    /// Words that programs read, as in `References`; nothing when there are none.
    static func list(_ name: String, _ items: [String]) -> String { items.isEmpty ? "" : fold("\(name):", items) }

    // MARK: Pieces

    /// A display name: as it is, in quotes, or encoded.
    private static func phrase(_ name: String, first: Int) -> [String] {
        guard isPlain(name), name.utf8.count < 200 else { return encodedWords(name, first: first) }
        if name.utf8.allSatisfy({ isAtom($0) || $0 == 0x20 }) { return words(name) }
        return ["\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""]
    }

    private static func isAtom(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
        }
    }

    /// Whether a value needs no encoding: ASCII in which nothing looks like an encoded word, in words that fit a line.
    private static func isPlain(_ value: String) -> Bool {
        value.utf8.allSatisfy { (0x20..<0x7F).contains($0) } && !value.contains("=?")
            && value.split(separator: " ").allSatisfy { $0.utf8.count < 900 }
    }

    private static func words(_ value: String) -> [String] {
        // Several spaces in a row stay, at the end of the word before them.
        var words: [String] = []
        for word in value.split(separator: " ", omittingEmptySubsequences: false) {
            if word.isEmpty, let last = words.popLast() { words.append(last + " ") } else { words.append(String(word)) }
        }
        return words
    }

    /// In base64 or as quoted letters, whichever is shorter; no character is cut in two.
    private static func encodedWords(_ value: String, first: Int) -> [String] {
        let special = value.utf8.count { !isQuotable($0) }
        let usesQuoted = special * 3 < value.utf8.count
        var words: [String] = []
        var piece: [UInt8] = []
        var length = 0
        let overhead = "=?utf-8?q??=".utf8.count
        // The first word stands behind the header's name.
        var room = max(30, min(maximumWord, maximumLine - first)) - overhead
        func flush() {
            guard !piece.isEmpty else { return }
            words.append("=?utf-8?\(usesQuoted ? "q?" + quoted(piece) : "b?" + Base64.encoded(piece))?=")
            piece = []
            length = 0
            room = maximumWord - overhead
        }
        for character in value {
            // A character of many scalars is cut between them if it fits no word.
            for scalar in character.utf8.count > 40 ? character.unicodeScalars.map(Character.init) : [character] {
                let bytes = Array(String(scalar).utf8)
                let added = usesQuoted ? bytes.reduce(0) { $0 + (isQuotable($1) || $1 == 0x20 ? 1 : 3) } : bytes.count
                let total = usesQuoted ? length + added : (piece.count + added + 2) / 3 * 4
                if total > room { flush() }
                piece += bytes
                length += added
            }
        }
        flush()
        return words
    }

    /// What may stand for itself in an encoded word, in a phrase too (RFC 2047, section 5).
    private static func isQuotable(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!*+-/".utf8.contains(byte)
        }
    }

    private static func quoted(_ bytes: [UInt8]) -> String {
        var result = ""
        for byte in bytes {
            if byte == 0x20 {
                result += "_"
            } else if isQuotable(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += QuotedPrintable.escape(byte)
            }
        }
        return result
    }

    private static func fold(_ start: String, _ pieces: [String]) -> String {
        var result = start
        var length = start.utf8.count
        for piece in pieces {
            // A line of white space alone would end the head for some readers.
            let breaks = length + 1 + piece.utf8.count > maximumLine && length > start.utf8.count && !piece.isEmpty
            if breaks {
                result += "\r\n"
                length = 0
            }
            result += " " + piece
            length += 1 + piece.utf8.count
        }
        return result + "\r\n"
    }
}

/// Base64 without line ends (RFC 4648, section 4).
enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for (place, byte) in group.enumerated() { bits |= UInt32(byte) << UInt32(16 - 8 * place) }
            for place in 0..<4 {
                let isPadding = place > group.count
                result.append(isPadding ? UInt8(ascii: "=") : letters[Int(bits >> UInt32(18 - 6 * place)) & 63])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
