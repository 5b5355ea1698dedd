import Markdown

/// Reads one line of Slack's markup; every byte is looked at a bounded number of times.
struct SlackLineReader {
    private let bytes: [UInt8]
    private let markup: SlackMarkup
    private var index = 0
    private var spans: [MarkdownSpan] = []
    private var pending: [UInt8] = []
    private var style: MarkdownStyle = []
    /// Where open marks end, by mark.
    private var ends: [UInt8: Int] = [:]
    /// Up to where there is no closing mark, by mark: what one search has found out, the next need not.
    private var barren: [UInt8: Int] = [:]

    static func spans(_ line: ArraySlice<UInt8>, _ markup: SlackMarkup) -> [MarkdownSpan] {
        var reader = SlackLineReader(line, markup)
        reader.run()
        return reader.spans
    }

    /// What is seen of code: entities decoded, links as their words, all else as it stands.
    static func code(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.first {
            if let (decoded, length) = SlackMarkup.entity(rest) {
                result.append(decoded)
                rest = rest.dropFirst(length)
            } else if byte == UInt8(ascii: "<"), let end = angleEnd(rest),
                case .link(let url, let label)? = SlackReference(rest[(rest.startIndex + 1)..<end]),
                SlackReference.isLink(url)
            {
                result += (label ?? url).utf8
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
                rest.removeFirst()
            }
        }
        return result
    }

    private init(_ line: ArraySlice<UInt8>, _ markup: SlackMarkup) {
        bytes = line.last == 0x0D ? Array(line.dropLast()) : Array(line)
        self.markup = markup
    }

    private mutating func run() {
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "`") where markup.hasFormatting: readCode()
            case UInt8(ascii: "<"): readAngle()
            case UInt8(ascii: "&"): readEntity()
            case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "_"): readMark(byte)
            case UInt8(ascii: ":") where markup.emoji != nil: readEmoji()
            case UInt8(ascii: "h"), UInt8(ascii: "H"), UInt8(ascii: "f"), UInt8(ascii: "F"):
                if let end = addressEnd(index) { take(to: end) } else { take(to: index + 1) }
            default: take(to: index + 1)
            }
        }
        flush()
    }

    // MARK: Output

    /// What stands literally, but for its entities.
    private mutating func take(to end: Int) {
        while index < end {
            if let (decoded, length) = SlackMarkup.entity(bytes[index...]) {
                pending.append(decoded)
                index += length
            } else {
                pending.append(bytes[index])
                index += 1
            }
        }
    }

    private mutating func flush() {
        guard !pending.isEmpty else { return }
        spans.append(MarkdownSpan(String(decoding: pending, as: UTF8.self), style: style))
        pending = []
    }

    private mutating func add(_ text: String, isCode: Bool = false, link: String? = nil) {
        flush()
        spans.append(MarkdownSpan(text, isCode: isCode, style: style, link: link))
    }

    private mutating func readEntity() {
        let length = SlackMarkup.entity(bytes[index...])?.1 ?? 1
        take(to: index + length)
    }

    /// `:name:`, where there is such an emoji.
    private mutating func readEmoji() {
        let name = bytes[(index + 1)...].prefix(64).prefix { byte in
            Self.isLetter(byte) || (0x30...0x39).contains(byte) || "_-+'".utf8.contains(byte)
        }
        guard !name.isEmpty, name.endIndex < bytes.count, bytes[name.endIndex] == UInt8(ascii: ":"),
            !name.allSatisfy({ (0x30...0x39).contains($0) }),
            let emoji = markup.emoji?(String(decoding: name, as: UTF8.self))
        else { return take(to: index + 1) }
        pending += emoji.utf8
        index = name.endIndex + 1
    }

    // MARK: Code

    private mutating func readCode() {
        guard let end = codeEnd(index) else { return take(to: index + 1) }
        let inside = bytes[(index + 1)..<(end - 1)]
        add(String(decoding: Self.code(inside), as: UTF8.self), isCode: true)
        index = end
    }

    /// The end of the code that begins at `start`; nil when none does.
    private func codeEnd(_ start: Int) -> Int? {
        guard start + 1 < bytes.count, bytes[start + 1] != UInt8(ascii: "`"),
            start == 0 || bytes[start - 1] != UInt8(ascii: "`"),
            let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "`")),
            bytes[(start + 1)..<end].contains(where: { $0 != 0x20 })
        else { return nil }
        return end + 1
    }

    // MARK: Angles

    private mutating func readAngle() {
        guard let end = Self.angleEnd(bytes[index...]), let reference = SlackReference(bytes[(index + 1)..<end]) else {
            return take(to: index + 1)
        }
        let shown = reference.shown(resolve: markup.resolve)
        add(shown.text, link: shown.link)
        index = end + 1
    }

    static func angleEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        var position = bytes.startIndex + 1
        while position < bytes.endIndex {
            switch bytes[position] {
            case UInt8(ascii: ">"): return position > bytes.startIndex + 1 ? position : nil
            case UInt8(ascii: "<"), 0x0A: return nil
            default: position += 1
            }
        }
        return nil
    }

    // MARK: Addresses

    private static let schemes = ["http://", "https://", "ftp://"].map { Array($0.utf8) }

    /// Where a bare address ends that begins at `start`: marks in it are part of it.
    private func addressEnd(_ start: Int) -> Int? {
        guard start == 0 || !Self.isLetter(bytes[start - 1]) else { return nil }
        let rest = bytes[start...]
        guard
            let scheme = Self.schemes.first(where: { scheme in
                rest.count > scheme.count && zip(rest, scheme).allSatisfy { $0 | 0x20 == $1 | 0x20 }
            })
        else { return nil }
        var end = start
        while end < bytes.count, bytes[end] > 0x20, bytes[end] != UInt8(ascii: "<"), bytes[end] != UInt8(ascii: ">"),
            bytes[end] != UInt8(ascii: "`"), bytes[end] != UInt8(ascii: "\"")
        {
            end += 1
        }
        var marks = [UInt8: Int]()
        for mark in "*_~".utf8 { marks[mark] = bytes[start..<end].count { $0 == mark } }
        while end > start, ".,:;!?'*_~".utf8.contains(bytes[end - 1]) {
            // A mark that has a partner in the address is part of it.
            if let count = marks[bytes[end - 1]] {
                if count % 2 == 0 { break }
                marks[bytes[end - 1]] = count - 1
            }
            end -= 1
        }
        return end > start + scheme.count ? end : nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    // MARK: Marks

    private static func style(_ mark: UInt8) -> MarkdownStyle {
        switch mark {
        case UInt8(ascii: "*"): .bold
        case UInt8(ascii: "_"): .italic
        default: .strike
        }
    }

    private mutating func readMark(_ mark: UInt8) {
        guard markup.hasFormatting else { return take(to: index + 1) }
        if ends[mark] == index {
            flush()
            ends[mark] = nil
            style.remove(Self.style(mark))
            index += 1
        } else if ends[mark] == nil, let end = markEnd(mark) {
            flush()
            ends[mark] = end
            style.insert(Self.style(mark))
            index += 1
        } else {
            // A run of the same mark is decoration.
            repeat { take(to: index + 1) } while index < bytes.count && bytes[index] == mark && ends[mark] != index
        }
    }

    /// Where the mark that begins here closes.
    private mutating func markEnd(_ mark: UInt8) -> Int? {
        guard index + 1 < bytes.count, bytes[index + 1] != mark, !isSpace(at: index + 1),
            index == 0 || (bytes[index - 1] != mark && !isWord(before: index)), index >= barren[mark] ?? 0
        else { return nil }
        var position = index + 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "`"): position = codeEnd(position) ?? position + 1
            case UInt8(ascii: "<"): position = (Self.angleEnd(bytes[position...]) ?? position) + 1
            case UInt8(ascii: "h"), UInt8(ascii: "H"), UInt8(ascii: "f"), UInt8(ascii: "F"):
                position = addressEnd(position) ?? position + 1
            case mark
            where !isSpace(before: position) && bytes[position - 1] != mark
                && (position + 1 == bytes.count || (bytes[position + 1] != mark && !isWord(at: position + 1))):
                return position
            default: position += 1
            }
        }
        barren[mark] = position
        return nil
    }

    // MARK: Characters

    /// Letters, digits and what belongs to them, of any script.
    private func isWord(at place: Int) -> Bool {
        guard let scalar = scalar(at: place) else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }

    private func isWord(before place: Int) -> Bool { isWord(at: start(before: place)) }

    private func isSpace(at place: Int) -> Bool { scalar(at: place)?.properties.isWhitespace ?? true }
    private func isSpace(before place: Int) -> Bool { isSpace(at: start(before: place)) }

    private func start(before place: Int) -> Int {
        var start = place - 1
        while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    private func scalar(at place: Int) -> Unicode.Scalar? {
        if bytes[place] < 0x80 { return Unicode.Scalar(bytes[place]) }
        return String(decoding: bytes[place...].prefix(4), as: UTF8.self).unicodeScalars.first
    }
}
