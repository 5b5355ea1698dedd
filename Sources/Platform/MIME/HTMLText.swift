/// Makes readable text of HTML, for mails that have nothing else.
///
/// Reads every byte once. What it gives is text, not HTML: whoever shows it escapes it like any other.
package enum HTMLText {
    package static func plain(_ html: String) -> String {
        var scanner = HTMLScanner(Array(html.utf8))
        scanner.run()
        return scanner.result
    }
}

private struct HTMLScanner {
    private static let maximumAddressBytes = 2048
    private static let maximumQuoteDepth = 5
    /// Elements whose content is not there to be read.
    private static let hidden: Set<String> = ["script", "style", "title", "template", "iframe", "object", "svg"]
    private static let paragraphs: Set<String> = [
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre",
    ]
    private static let blocks: Set<String> = [
        "div", "li", "tr", "section", "article", "header", "footer", "address", "dd", "dt", "dl", "hr", "form", "body",
        "center", "main", "aside", "figure",
    ]

    private let bytes: [UInt8]
    private var index = 0
    private var output: [UInt8] = []
    private var isSpacePending = false
    // How many line ends stand at the end of the output; the start counts as a fresh page.
    private var lineEnds = 2
    private var quoteDepth = 0
    private var preDepth = 0
    private var link: (address: [UInt8], start: Int)?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var result: String {
        var output = output[...]
        while let last = output.last, last == 0x0A || last == 0x20 { output.removeLast() }
        return String(decoding: output, as: UTF8.self)
    }

    mutating func run() {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "<"): readTag()
            case UInt8(ascii: "&"): readEntity()
            case 0x09, 0x0A, 0x0D, 0x20: readSpace()
            default:
                put(bytes[index])
                index += 1
            }
        }
    }

    // MARK: Output

    private mutating func put(_ byte: UInt8) {
        if lineEnds > 0 {
            for _ in 0..<min(quoteDepth, Self.maximumQuoteDepth) { output += [UInt8(ascii: ">"), 0x20] }
        } else if isSpacePending {
            output.append(0x20)
        }
        isSpacePending = false
        lineEnds = 0
        output.append(byte)
    }

    private mutating func breakLine(atLeast count: Int) {
        isSpacePending = false
        while lineEnds < count {
            output.append(0x0A)
            lineEnds += 1
        }
    }

    private mutating func readSpace() {
        if preDepth > 0 {
            switch bytes[index] {
            case 0x0A:
                output.append(0x0A)
                lineEnds = min(2, lineEnds + 1)
            case 0x0D: break
            default: put(0x20)
            }
        } else {
            isSpacePending = true
        }
        index += 1
    }

    // MARK: Tags

    private mutating func readTag() {
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        if next == UInt8(ascii: "!") || next == UInt8(ascii: "?") {
            skipDeclaration()
            return
        }
        let isEnd = next == UInt8(ascii: "/")
        var cursor = index + (isEnd ? 2 : 1)
        let nameStart = cursor
        while cursor < bytes.count, Self.isNameByte(bytes[cursor]) { cursor += 1 }
        guard cursor > nameStart, cursor - nameStart <= 32 else {
            put(bytes[index])
            index += 1
            return
        }
        let name = String(decoding: bytes[nameStart..<cursor], as: UTF8.self).lowercased()
        let attributes = cursor
        // A tag without an end swallows the rest, as it does in a browser.
        let end = tagEnd(from: cursor)
        index = min(end + 1, bytes.count)
        if isEnd { close(name) } else { open(name, attributes..<min(end, bytes.count)) }
    }

    private mutating func open(_ name: String, _ attributes: Range<Int>) {
        if Self.hidden.contains(name) {
            skipContent(of: name)
            return
        }
        switch name {
        case "br":
            isSpacePending = false
            if lineEnds < 2 || preDepth > 0 {
                output.append(0x0A)
                lineEnds += 1
            }
        case "a": link = address(in: attributes).map { ($0, output.count) }
        case "td", "th": isSpacePending = true
        case "blockquote":
            breakLine(atLeast: 2)
            quoteDepth += 1
        case "pre":
            breakLine(atLeast: 2)
            preDepth += 1
        default: breakFor(name)
        }
        if name == "li" {
            put(UInt8(ascii: "-"))
            isSpacePending = true
        }
    }

    private mutating func close(_ name: String) {
        switch name {
        case "a": closeLink()
        case "blockquote":
            breakLine(atLeast: 2)
            quoteDepth = max(0, quoteDepth - 1)
        case "pre":
            preDepth = max(0, preDepth - 1)
            breakLine(atLeast: 2)
        default: breakFor(name)
        }
    }

    private mutating func breakFor(_ name: String) {
        if Self.paragraphs.contains(name) {
            breakLine(atLeast: 2)
        } else if Self.blocks.contains(name) {
            breakLine(atLeast: 1)
        }
    }

    private mutating func closeLink() {
        guard let link else { return }
        self.link = nil
        let text = output[min(link.start, output.count)...].drop { $0 == 0x20 || $0 == 0x0A }
        var bare = link.address[...]
        if bare.starts(with: "mailto:".utf8) { bare = bare.dropFirst(7) }
        // The address says what the text only claims.
        guard !text.isEmpty, !text.elementsEqual(link.address), !text.elementsEqual(bare) else { return }
        isSpacePending = true
        put(UInt8(ascii: "("))
        output += link.address
        output.append(UInt8(ascii: ")"))
    }

    private func address(in attributes: Range<Int>) -> [UInt8]? {
        var cursor = attributes.lowerBound
        while cursor < attributes.upperBound {
            while cursor < attributes.upperBound, !Self.isNameByte(bytes[cursor]) { cursor += 1 }
            let start = cursor
            while cursor < attributes.upperBound, Self.isNameByte(bytes[cursor]) { cursor += 1 }
            let name = bytes[start..<cursor]
            while cursor < attributes.upperBound, Self.isSpace(bytes[cursor]) { cursor += 1 }
            guard cursor < attributes.upperBound, bytes[cursor] == UInt8(ascii: "=") else { continue }
            cursor += 1
            while cursor < attributes.upperBound, Self.isSpace(bytes[cursor]) { cursor += 1 }
            guard cursor < attributes.upperBound else { return nil }
            let quote = bytes[cursor]
            let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
            if isQuoted { cursor += 1 }
            let valueStart = cursor
            while cursor < attributes.upperBound, isQuoted ? bytes[cursor] != quote : !Self.isSpace(bytes[cursor]) {
                cursor += 1
            }
            if name.count == 4, name.elementsEqual("href".utf8, by: { $0 | 0x20 == $1 }) {
                return Self.safeAddress(bytes[valueStart..<cursor])
            }
            cursor += 1
        }
        return nil
    }

    /// Lets through addresses that lead to the web or to a mailbox.
    private static func safeAddress(_ raw: ArraySlice<UInt8>) -> [UInt8]? {
        guard raw.count <= maximumAddressBytes else { return nil }
        let text = String(decoding: raw, as: UTF8.self).replacing("&amp;", with: "&")
        let trimmed = text.utf8.filter { $0 > 0x20 && $0 != 0x7F }
        let start = String(decoding: trimmed.prefix(8), as: UTF8.self).lowercased()
        return ["http://", "https://", "mailto:"].contains { start.hasPrefix($0) } ? Array(trimmed) : nil
    }

    private func tagEnd(from start: Int) -> Int {
        var cursor = start
        var quote: UInt8 = 0
        while cursor < bytes.count {
            let byte = bytes[cursor]
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: ">") {
                return cursor
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                // Only a value is quoted; an apostrophe elsewhere is a mistake of the writer.
                if cursor > start, bytes[cursor - 1] == UInt8(ascii: "=") || Self.isSpace(bytes[cursor - 1]) {
                    quote = byte
                }
            }
            cursor += 1
        }
        return bytes.count
    }

    private mutating func skipDeclaration() {
        let isComment = bytes[index...].starts(with: "<!--".utf8)
        let end: [UInt8] = isComment ? Array("-->".utf8) : Array(">".utf8)
        var cursor = index + (isComment ? 4 : 2)
        while cursor < bytes.count {
            if bytes[cursor] == end[0], bytes[cursor...].starts(with: end) {
                index = cursor + end.count
                return
            }
            cursor += 1
        }
        index = bytes.count
    }

    private mutating func skipContent(of name: String) {
        let name = Array(name.utf8)
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "<"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "/"),
                bytes[(index + 2)...].prefix(name.count).elementsEqual(name, by: { $0 | 0x20 == $1 })
            {
                index = min(tagEnd(from: index + 2 + name.count) + 1, bytes.count)
                return
            }
            index += 1
        }
    }

    // MARK: Entities

    private static let entities: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "copy": "©", "reg": "®",
        "trade": "™", "hellip": "…", "mdash": "—", "ndash": "–", "lsquo": "‘", "rsquo": "’", "ldquo": "“",
        "rdquo": "”", "laquo": "«", "raquo": "»", "bull": "•", "middot": "·", "euro": "€", "pound": "£", "yen": "¥",
        "sect": "§", "deg": "°", "times": "×", "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö",
        "Uuml": "Ü", "szlig": "ß", "eacute": "é", "egrave": "è", "ecirc": "ê", "agrave": "à", "acirc": "â",
        "ccedil": "ç", "ocirc": "ô", "ntilde": "ñ", "aring": "å", "oslash": "ø", "zwnj": "", "shy": "",
    ]

    private mutating func readEntity() {
        let start = index + 1
        var cursor = start
        while cursor < bytes.count, cursor - start < 10, bytes[cursor] != UInt8(ascii: ";") { cursor += 1 }
        guard cursor < bytes.count, bytes[cursor] == UInt8(ascii: ";") else {
            put(bytes[index])
            index += 1
            return
        }
        let name = String(decoding: bytes[start..<cursor], as: UTF8.self)
        guard let text = Self.entities[name] ?? Self.numeric(name) else {
            put(bytes[index])
            index += 1
            return
        }
        index = cursor + 1
        if text == " ", preDepth == 0 {
            isSpacePending = true
        } else {
            for byte in text.utf8 { put(byte) }
        }
    }

    private static func numeric(_ name: String) -> String? {
        guard name.first == "#" else { return nil }
        let digits = name.dropFirst()
        let isHex = digits.first == "x" || digits.first == "X"
        guard let value = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits),
            let scalar = Unicode.Scalar(value)
        else { return nil }
        // A control character would come back as something that no reader expects.
        return value < 0x20 || (0x7F...0xA0).contains(value) ? " " : String(scalar)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
