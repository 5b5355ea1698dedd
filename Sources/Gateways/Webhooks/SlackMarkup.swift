/// Turns Slack's markup into Markdown.
///
/// `<url|label>`, mentions, `*bold*` and `~strike~` are rewritten, the three entities are decoded; code is left alone but
/// for its entities. What looks like a mark and is none stays as it was written.
struct SlackMarkup {
    /// Something that is mentioned by its id.
    enum Reference: Hashable {
        case user(String)
        case channel(String)
    }

    /// Whether `*` and `~` are marks.
    var hasFormatting = true
    /// The name of what is mentioned; nil to show the id.
    var resolve: (Reference) -> String? = { _ in nil }

    func markdown(_ text: String) -> String {
        var scan = Scan(bytes: Array(text.utf8), markup: self)
        return scan.run()
    }

    /// Everything in `text` that is mentioned by its id alone.
    static func references(in text: String) -> Set<Reference> {
        var found: Set<Reference> = []
        withoutActuallyEscaping({ (reference: Reference) -> String? in
            found.insert(reference)
            return nil
        }) { resolve in
            _ = SlackMarkup(resolve: resolve).markdown(text)
        }
        return found
    }

    /// What stands for the inside of `<…>`; nil when it is no such thing.
    func replacement(_ inside: String) -> String? {
        let parts = inside.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let label = parts.count == 2 && !parts[1].isEmpty ? Self.decode(parts[1]) : nil
        let target = parts[0]
        switch target.first {
        case "@":
            let id = String(target.dropFirst())
            guard Self.isID(id) else { return nil }
            let name = label ?? resolve(.user(id)) ?? id
            return name.hasPrefix("@") ? name : "@\(name)"
        case "#":
            let id = String(target.dropFirst())
            guard Self.isID(id) else { return nil }
            let name = label ?? resolve(.channel(id)) ?? id
            return name.hasPrefix("#") ? name : "#\(name)"
        case "!": return special(String(target.dropFirst()), label)
        default: return link(Self.decode(target), label)
        }
    }

    private func special(_ name: String, _ label: String?) -> String? {
        switch name {
        case "here", "channel", "everyone": "@\(name)"
        case _ where name.hasPrefix("subteam^"):
            label.map { $0.hasPrefix("@") ? $0 : "@\($0)" } ?? "@\(name.dropFirst(8))"
        case _ where name.hasPrefix("date^"): label
        default: nil
        }
    }

    private func link(_ url: String, _ label: String?) -> String? {
        guard let colon = url.firstIndex(of: ":") else { return nil }
        let scheme = url[..<colon].lowercased()
        guard let first = scheme.first, first.isLetter, scheme.utf8.count <= 16,
            scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+.-".contains($0)) }),
            !url.contains(where: \.isWhitespace)
        else { return nil }
        // A reader who follows a link must not run a script by it.
        guard
            ["http", "https", "mailto", "tel", "ftp", "ftps", "sftp", "ssh", "git", "slack", "xmpp", "sip"].contains(
                scheme)
        else { return label ?? url }
        guard let label, label != url else { return "<\(url)>" }
        var escaped = ""
        for character in label {
            if "[]\\".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        let target = url.map { character in
            switch character {
            case "(": "%28"
            case ")": "%29"
            default: String(character)
            }
        }.joined()
        return "[\(escaped)](\(target))"
    }

    private static func isID(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// Decodes the three entities, once.
    static func decode(_ text: some StringProtocol) -> String {
        var scan = Scan(bytes: Array(text.utf8), markup: SlackMarkup())
        return scan.decoded()
    }
}

extension SlackMarkup {
    /// One pass over a text; every byte is looked at a bounded number of times.
    private struct Scan {
        let bytes: [UInt8]
        let markup: SlackMarkup
        private var index = 0
        private var output: [UInt8] = []
        /// Where open marks end, by mark.
        private var ends: [UInt8: Int] = [:]
        /// Up to where there is no closing mark, by mark: what one search has found out, the next need not.
        private var barren: [UInt8: Int] = [:]

        private static let entities: [(name: [UInt8], byte: UInt8)] = [
            (Array("&amp;".utf8), UInt8(ascii: "&")), (Array("&lt;".utf8), UInt8(ascii: "<")),
            (Array("&gt;".utf8), UInt8(ascii: ">")),
        ]

        init(bytes: [UInt8], markup: SlackMarkup) {
            self.bytes = bytes
            self.markup = markup
            output.reserveCapacity(bytes.count + bytes.count / 8)
        }

        mutating func run() -> String {
            while index < bytes.count {
                let byte = bytes[index]
                switch byte {
                case UInt8(ascii: "`"): copyCode()
                case UInt8(ascii: "<"): readAngle()
                case UInt8(ascii: "&"): copyDecoded()
                case UInt8(ascii: "*"), UInt8(ascii: "~"): readMark(byte)
                default: copy()
                }
            }
            return String(decoding: output, as: UTF8.self)
        }

        mutating func decoded() -> String {
            while index < bytes.count { copyDecoded() }
            return String(decoding: output, as: UTF8.self)
        }

        private mutating func copy() {
            output.append(bytes[index])
            index += 1
        }

        private mutating func copyDecoded() {
            if bytes[index] == UInt8(ascii: "&") {
                for entity in Self.entities where bytes[index...].starts(with: entity.name) {
                    output.append(entity.byte)
                    index += entity.name.count
                    return
                }
            }
            copy()
        }

        // MARK: Code

        private mutating func copyCode() {
            let end = codeEnd(index)
            while index < end { copyDecoded() }
        }

        /// The end of the code that begins at `start`, or of the back-ticks alone when none does.
        private func codeEnd(_ start: Int) -> Int {
            var length = 0
            while start + length < bytes.count, length < 3, bytes[start + length] == UInt8(ascii: "`") { length += 1 }
            let isBlock = length == 3
            let wanted = isBlock ? 3 : 1
            var position = start + wanted
            var run = 0
            while position < bytes.count {
                if !isBlock, bytes[position] == 0x0A { break }
                run = bytes[position] == UInt8(ascii: "`") ? run + 1 : 0
                position += 1
                if run == wanted { return position }
            }
            return isBlock ? bytes.count : start + wanted
        }

        // MARK: Angles

        private mutating func readAngle() {
            guard let end = angleEnd(index),
                let text = markup.replacement(String(decoding: bytes[(index + 1)..<end], as: UTF8.self))
            else { return copy() }
            output += text.utf8
            index = end + 1
        }

        private func angleEnd(_ start: Int) -> Int? {
            var position = start + 1
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: ">"): return position > start + 1 ? position : nil
                case UInt8(ascii: "<"), 0x0A: return nil
                default: position += 1
                }
            }
            return nil
        }

        // MARK: Marks

        private mutating func readMark(_ mark: UInt8) {
            guard markup.hasFormatting else { return copy() }
            if ends[mark] == index {
                ends[mark] = nil
                output += [mark, mark]
                index += 1
            } else if ends[mark] == nil, let end = markEnd(mark) {
                ends[mark] = end
                output += [mark, mark]
                index += 1
            } else {
                // A run of the same mark is Markdown already, or decoration.
                let current = mark
                while index < bytes.count, bytes[index] == current, ends[mark] != index { copy() }
            }
        }

        /// Where the mark that begins here closes, on the same line.
        private mutating func markEnd(_ mark: UInt8) -> Int? {
            guard index == 0 || !Self.isWord(bytes[index - 1]), index + 1 < bytes.count, bytes[index + 1] != mark,
                !Self.isSpace(bytes[index + 1]), index == 0 || bytes[index - 1] != mark,
                index >= barren[mark] ?? 0
            else { return nil }
            var position = index + 1
            while position < bytes.count, bytes[position] != 0x0A {
                switch bytes[position] {
                case UInt8(ascii: "`"): position = codeEnd(position)
                case UInt8(ascii: "<"): position = (angleEnd(position) ?? position) + 1
                case mark
                where !Self.isSpace(bytes[position - 1]) && bytes[position - 1] != mark
                    && (position + 1 == bytes.count
                        || !(Self.isWord(bytes[position + 1]) || bytes[position + 1] == mark)):
                    return position
                default: position += 1
                }
            }
            barren[mark] = position
            return nil
        }

        private static func isSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
        }

        /// Letters and digits, and everything outside ASCII.
        private static func isWord(_ byte: UInt8) -> Bool {
            byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
    }
}
