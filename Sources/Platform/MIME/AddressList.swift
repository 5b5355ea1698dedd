/// Reads a list of addresses (RFC 5322, section 3.4), in one pass and however it is written.
struct AddressList {
    private let charset: String?
    private let limit: Int
    private(set) var addresses: [MailAddress] = []
    /// Whether there were more than the limit.
    private(set) var isCut = false
    private var phrase: [UInt8] = []
    private var comment: [UInt8] = []
    private var angle: [UInt8]?

    /// - Parameter charset: What bytes outside ASCII are read as that are no UTF-8.
    init(_ value: ArraySlice<UInt8>, charset: String?, limit: Int) {
        self.charset = charset
        self.limit = limit
        // Some programs encode the whole of it, address and all.
        let isEncoded = !value.contains(UInt8(ascii: "@")) && value.starts(with: [0x3D, 0x3F])
        read(isEncoded ? Array(EncodedWords.decode(value, charset: charset).utf8)[...] : value)
        finishAddress()
    }

    private mutating func read(_ value: ArraySlice<UInt8>) {
        var index = value.startIndex
        while index < value.endIndex, !isCut {
            let byte = value[index]
            switch byte {
            case UInt8(ascii: "\""): readQuoted(value, &index)
            case UInt8(ascii: "("): readComment(value, &index)
            case UInt8(ascii: "<"): readAngle(value, &index)
            case UInt8(ascii: ","), UInt8(ascii: ";"): finishAddress()
            // The name of a group; its members follow as others do.
            case UInt8(ascii: ":") where angle == nil && !phrase.contains(UInt8(ascii: "@")): phrase = []
            case UInt8(ascii: "=") where Self.wordEnd(value, index) != nil:
                let end = Self.wordEnd(value, index) ?? index
                phrase += value[index..<end]
                index = end - 1
            default: phrase.append(byte)
            }
            index += 1
        }
    }

    /// Leaves `index` at the closing quote.
    private mutating func readQuoted(_ value: ArraySlice<UInt8>, _ index: inout Int) {
        index += 1
        let isLocalPart = phrase.allSatisfy(MailBytes.isSpace)
        var text: [UInt8] = []
        while index < value.endIndex, value[index] != UInt8(ascii: "\"") {
            if value[index] == UInt8(ascii: "\\"), index + 1 < value.endIndex { index += 1 }
            text.append(value[index])
            index += 1
        }
        // `"john doe"@example.org` keeps its quotes, being an address.
        if isLocalPart, index + 1 < value.endIndex, value[index + 1] == UInt8(ascii: "@") {
            phrase += [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")]
        } else {
            phrase += text
        }
    }

    private mutating func readComment(_ value: ArraySlice<UInt8>, _ index: inout Int) {
        var depth = 0
        let start = comment.isEmpty
        while index < value.endIndex {
            switch value[index] {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                if depth == 0 { return }
            case UInt8(ascii: "\\") where index + 1 < value.endIndex:
                index += 1
                if start { comment.append(value[index]) }
            default: if start { comment.append(value[index]) }
            }
            index += 1
        }
    }

    private mutating func readAngle(_ value: ArraySlice<UInt8>, _ index: inout Int) {
        index += 1
        let start = index
        while index < value.endIndex, value[index] != UInt8(ascii: ">"), value[index] != UInt8(ascii: "<") {
            index += 1
        }
        var address = value[start..<index]
        if index < value.endIndex, value[index] == UInt8(ascii: "<") { index -= 1 }
        // A route before the address has had no meaning for long.
        if address.first == UInt8(ascii: "@"), let colon = address.firstIndex(of: UInt8(ascii: ":")) {
            address = address[(colon + 1)...]
        }
        angle = address.filter { !MailBytes.isSpace($0) && !MailBytes.isBreak($0) }
    }

    private mutating func finishAddress() {
        defer { (phrase, comment, angle) = ([], [], nil) }
        let text: [UInt8]
        var name: [UInt8]
        if let angle {
            (text, name) = (angle, phrase)
        } else {
            (text, name) = (phrase.filter { !MailBytes.isSpace($0) }, comment)
            guard text.contains(UInt8(ascii: "@")) || !text.isEmpty && name.isEmpty else { return }
        }
        guard !text.isEmpty else { return }
        guard addresses.count < limit else {
            isCut = true
            return
        }
        name = Array(MailBytes.trimmed(name[...]))
        addresses.append(
            MailAddress(
                name: MailBytes.oneLine(EncodedWords.decode(name[...], charset: charset)).trimmingSpaces,
                address: MailBytes.oneLine(EncodedWords.raw(text.prefix(1000), charset: charset))))
    }

    /// Where the encoded word ends that begins here: no comma in it ends an address.
    private static func wordEnd(_ value: ArraySlice<UInt8>, _ start: Int) -> Int? {
        guard start + 1 < value.endIndex, value[start + 1] == UInt8(ascii: "?") else { return nil }
        let end = min(value.endIndex, start + 200)
        var index = start + 2
        var marks = 0
        while index < end {
            if value[index] == UInt8(ascii: "?") {
                marks += 1
                if marks > 2, index + 1 < end, value[index + 1] == UInt8(ascii: "=") { return index + 2 }
            }
            if value[index] == UInt8(ascii: "<") || value[index] == UInt8(ascii: "\"") { return nil }
            index += 1
        }
        return nil
    }
}
