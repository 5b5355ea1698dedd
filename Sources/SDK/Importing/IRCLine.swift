import ChatModel

/// One line of an IRC log, told apart by how the common clients write them.
///
/// `[HH:MM] <nick> text`, `[HH:MM] * nick does`, `[HH:MM] -nick:#channel- text` (a notice),
/// `[HH:MM] (nick/#channel) text`, and `=== …` for what the server reported. Whatever else stands in a log is kept whole,
/// as a report.
struct IRCLine: Equatable {
    var kind: Message.Kind
    /// Who said it, or whom the report is about; nil when the line names nobody.
    var nick: String?
    var text: String
    /// Minutes since midnight; nil when the line has no time.
    var minute: Int?

    /// - Parameter line: Without its end; not blank.
    init(_ line: String) {
        let bytes = Array(line.utf8)
        var rest = bytes[...]
        minute = Self.time(&rest)
        if minute != nil, let (kind, nick, text) = Self.spoken(rest), Self.isReadable(text) {
            self.kind = kind
            self.nick = Self.text(nick)
            self.text = Self.text(text)
            return
        }
        kind = .system
        nick = nil
        text = line
        guard minute == nil, bytes.starts(with: Self.reportMark) else { return }
        let report = bytes.dropFirst(Self.reportMark.count).drop { $0 == 0x20 }
        guard Self.isReadable(report) else { return }
        text = Self.text(report)
        nick = Self.subject(report)
    }

    private static let reportMark = Array("===".utf8)

    // MARK: Parts

    /// `[HH:MM]` or `[HH:MM:SS]` and the spaces behind it.
    private static func time(_ rest: inout ArraySlice<UInt8>) -> Int? {
        let start = rest.startIndex
        guard rest.first == UInt8(ascii: "["), let hour = number(rest, start + 1, below: 24),
            rest.count > 5, rest[start + 3] == UInt8(ascii: ":"), let minute = number(rest, start + 4, below: 60)
        else { return nil }
        var end = start + 6
        if end < rest.endIndex, rest[end] == UInt8(ascii: ":"), number(rest, end + 1, below: 61) != nil { end += 3 }
        guard end < rest.endIndex, rest[end] == UInt8(ascii: "]") else { return nil }
        rest = rest[(end + 1)...].drop { $0 == 0x20 }
        return hour * 60 + minute
    }

    private static func number(_ bytes: ArraySlice<UInt8>, _ index: Int, below limit: Int) -> Int? {
        guard index + 1 < bytes.endIndex else { return nil }
        let (high, low) = (bytes[index], bytes[index + 1])
        guard (0x30...0x39).contains(high), (0x30...0x39).contains(low) else { return nil }
        let value = Int(high - 0x30) * 10 + Int(low - 0x30)
        return value < limit ? value : nil
    }

    private typealias Spoken = (kind: Message.Kind, nick: ArraySlice<UInt8>, text: ArraySlice<UInt8>)

    private static func spoken(_ line: ArraySlice<UInt8>) -> Spoken? {
        switch line.first {
        case UInt8(ascii: "<"):
            guard let end = line.firstIndex(of: UInt8(ascii: ">")) else { return nil }
            return checked(.text, line[(line.startIndex + 1)..<end], line[(end + 1)...])
        case UInt8(ascii: "*"):
            let rest = line.dropFirst().drop { $0 == 0x20 }
            guard line.dropFirst().first == 0x20, let end = rest.firstIndex(of: 0x20) else { return nil }
            return checked(.action, rest[..<end], rest[end...])
        case UInt8(ascii: "-"):
            return addressed(.notice, line.dropFirst(), separator: ":", end: "-")
        case UInt8(ascii: "("):
            return addressed(.text, line.dropFirst(), separator: "/", end: ")")
        default: return nil
        }
    }

    /// `nick:#channel- text`; the nick may hold the closing sign, so the channel is looked for first.
    private static func addressed(
        _ kind: Message.Kind, _ line: ArraySlice<UInt8>, separator: String, end: String
    ) -> Spoken? {
        let mark = Array((separator + "#").utf8)
        guard let separator = mark.first, let closing = end.utf8.first else { return nil }
        var index = line.startIndex
        while let place = line[index...].firstIndex(of: separator) {
            if line[place...].starts(with: mark) {
                let target = line[place...].prefix { $0 != 0x20 }
                guard target.last == closing else { return nil }
                return checked(kind, line[..<place], line[target.endIndex...])
            }
            index = place + 1
        }
        return nil
    }

    private static func checked(
        _ kind: Message.Kind, _ nick: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>
    ) -> Spoken? {
        // The mark of an operator is not of the name.
        let name = nick.drop { "@+%~&! ".utf8.contains($0) }
        return name.isEmpty ? nil : (kind, name, text.first == 0x20 ? text.dropFirst() : text)
    }

    /// Who joined, left, quit or was renamed.
    private static func subject(_ report: ArraySlice<UInt8>) -> String? {
        if let place = place(of: " is now known as ", in: report), place > report.startIndex {
            return text(report[..<place])
        }
        for verb in ["]  has joined ", "]  has left ", "]  has quit", "] has joined ", "] has left ", "] has quit"] {
            guard let end = place(of: verb, in: report) else { continue }
            // The last bracket before the verb opens the address; a nick may hold brackets too.
            guard let start = report[..<end].lastIndex(of: UInt8(ascii: "[")), start > report.startIndex + 1 else {
                return nil
            }
            let nick = text(report[..<(start - 1)])
            return report[start - 1] == 0x20 && isReadable(report[..<(start - 1)]) ? nick : nil
        }
        return nil
    }

    private static func place(of pattern: String, in bytes: ArraySlice<UInt8>) -> Int? {
        let pattern = Array(pattern.utf8)
        guard let first = pattern.first else { return nil }
        var index = bytes.startIndex
        while let candidate = bytes[index...].firstIndex(of: first) {
            if bytes[candidate...].starts(with: pattern) { return candidate }
            index = candidate + 1
        }
        return nil
    }

    /// Whether there is anything but white space; a message without a text is not taken.
    private static func isReadable(_ bytes: ArraySlice<UInt8>) -> Bool {
        text(bytes).unicodeScalars.contains { !$0.properties.isWhitespace }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
