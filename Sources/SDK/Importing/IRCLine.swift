import ChatModel
import Telemetry

/// One line of an IRC log.
///
/// What somebody said is told from what the server reported by the forms of an ``IRCFormat``. Whatever else stands in a
/// log is kept whole, as a report.
struct IRCLine: Equatable {
    var kind: Message.Kind
    /// Who said it, or whom the report is about; nil when the line names nobody.
    var nick: String?
    var text: String
    var time: IRCTime
    /// Whether the line has a form of the log's format.
    var fits: Bool
    /// Whether it speaks of the log and not of the channel, as `--- Log opened …` does.
    var isHeader: Bool

    /// - Parameter line: Without its end; not blank.
    init(_ line: String, _ format: IRCFormat) {
        (kind, nick, text, time, fits, isHeader) = (.system, nil, line, IRCTime(), false, false)
        let bytes = Array(line.utf8)
        switch format {
        case .irssi: readIrssi(bytes[...])
        case .weechat: readWeechat(bytes[...])
        case .znc: readBracketed(bytes[...], report: Self.stars)
        case .bracketed: readBracketed(bytes[...], report: nil)
        }
    }

    private static let equals = Array("===".utf8)
    private static let stars = Array("***".utf8)
    private static let dashes = Array("-!-".utf8)
    private static let log = Array("--- ".utf8)
    private static let dated = ["Log opened ", "Log closed ", "Day changed "].map { Array($0.utf8) }

    // MARK: Formats

    /// - Parameter report: What reports of the server begin with behind the time; when nil, they begin with `===` and
    ///   have none.
    private mutating func readBracketed(_ bytes: ArraySlice<UInt8>, report mark: [UInt8]?) {
        var rest = bytes
        if rest.first == UInt8(ascii: "[") {
            var clock = rest.dropFirst()
            if let second = IRCTime.clock(&clock), clock.first == UInt8(ascii: "]") {
                time.second = second
                rest = clock.dropFirst().drop { $0 == 0x20 }
            }
        }
        if time.second != nil {
            if let mark, rest.starts(with: mark) { return report(rest.dropFirst(mark.count)) }
            if let spoken = Self.spoken(rest) { say(spoken) }
        } else if mark == nil, bytes.starts(with: Self.equals) {
            report(bytes.dropFirst(Self.equals.count))
        }
    }

    private mutating func readIrssi(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        if rest.starts(with: Self.log) {
            let header = rest.dropFirst(Self.log.count)
            let date = Self.date(header)
            isHeader = date != nil || Self.dated.contains { header.starts(with: $0) }
            (time, fits) = (date ?? IRCTime(), date != nil)
            return
        }
        guard let second = IRCTime.clock(&rest), rest.first == 0x20 else { return }
        time.second = second
        rest = rest.drop { $0 == 0x20 }
        if rest.starts(with: Self.dashes) { return report(rest.dropFirst(Self.dashes.count)) }
        if let spoken = Self.spoken(rest) { say(spoken) }
    }

    private mutating func readWeechat(_ bytes: ArraySlice<UInt8>) {
        let tab = UInt8(ascii: "\t")
        let fields = bytes.split(separator: tab, maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, let moment = Self.moment(fields[0]) else { return }
        time = moment
        let prefix = fields[1].drop { $0 == 0x20 }
        switch Self.text(prefix) {
        case "*":
            guard let end = fields[2].firstIndex(of: 0x20),
                let spoken = Self.checked(.action, fields[2][..<end], fields[2][end...])
            else { return }
            say(spoken)
        case "-->", "<--", "--", "=!=", "": report(fields[2])
        case let nick where nick.contains(" "): return
        default: if let spoken = Self.checked(.text, prefix, fields[2]) { say(spoken) }
        }
    }

    private mutating func say(_ spoken: Spoken) {
        // A line without a text is kept as it is.
        guard Self.isReadable(spoken.text) else { return }
        (kind, nick, text, fits) = (spoken.kind, Self.text(spoken.nick), Self.text(spoken.text), true)
    }

    private mutating func report(_ report: ArraySlice<UInt8>) {
        let report = report.drop { $0 == 0x20 }
        guard Self.isReadable(report) else { return }
        (text, nick, fits) = (Self.text(report), Self.subject(report), true)
    }

    // MARK: Dates

    /// `Log opened Sun Feb 01 10:00:00 2026`, `Day changed Mon Feb 02 2026`.
    private static func date(_ header: ArraySlice<UInt8>) -> IRCTime? {
        let words = text(header).split(separator: " ")
        guard words.count >= 6, ["Log", "Day"].contains(words[0]), ["opened", "closed", "changed"].contains(words[1]),
            let month = months.firstIndex(of: words[3].lowercased()), let day = Int(words[4])
        else { return nil }
        var second = 0
        if words.count > 6 {
            var clock = Array(words[5].utf8)[...]
            guard let read = IRCTime.clock(&clock), clock.isEmpty else { return nil }
            second = read
        }
        guard let year = words.last, year.utf8.count == 4,
            let days = Self.days("\(year)-\(padded(month + 1))-\(padded(day))")
        else { return nil }
        return IRCTime(day: days, second: second)
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Days since 1970 of `YYYY-MM-DD`.
    static func days(_ date: some StringProtocol) -> Int64? {
        guard date.utf8.count == 10, let time = Timestamp.parse("\(date)T00:00:00Z") else { return nil }
        return time / 86_400_000
    }

    /// `2026-02-01 10:00:00`, with a `T` for the space and a zone at the end where there is one.
    private static func moment(_ field: ArraySlice<UInt8>) -> IRCTime? {
        guard field.count >= 16, let day = days(text(field.prefix(10))) else { return nil }
        var rest = field.dropFirst(10)
        guard rest.first == 0x20 || rest.first == UInt8(ascii: "T") else { return nil }
        rest = rest.dropFirst()
        guard let second = IRCTime.clock(&rest) else { return nil }
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst().drop { (0x30...0x39).contains($0) } }
        rest = rest.drop { $0 == 0x20 }
        let offset = IRCTime.offset(&rest)
        return rest.isEmpty ? IRCTime(day: day, second: second, offset: offset) : nil
    }

    // MARK: Parts

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
            return addressed(.notice, line.dropFirst(), separator: ":", end: "-") ?? notice(line.dropFirst())
        case UInt8(ascii: "("):
            return addressed(.text, line.dropFirst(), separator: "/", end: ")")
        default: return nil
        }
    }

    /// `nick- text` and `nick(user@host)- text`.
    private static func notice(_ line: ArraySlice<UInt8>) -> Spoken? {
        let target = line.prefix { $0 != 0x20 }
        guard target.last == UInt8(ascii: "-"), target.count > 1, !target.contains(UInt8(ascii: ":")) else {
            return nil
        }
        let nick = target.dropLast().prefix { $0 != UInt8(ascii: "(") }
        return checked(.notice, nick, line[target.endIndex...])
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
        for verb in ["Joins: ", "Parts: ", "Quits: "] where report.starts(with: Array(verb.utf8)) {
            let nick = report.dropFirst(verb.utf8.count).prefix { $0 != 0x20 }
            return nick.isEmpty ? nil : text(nick)
        }
        for (opening, closing) in [("[", "]"), ("(", ")")] {
            for verb in ["  has joined ", "  has left ", "  has quit", " has joined ", " has left ", " has quit"] {
                guard let end = place(of: closing + verb, in: report), let sign = opening.utf8.first else { continue }
                // The last bracket before the verb opens the address; a nick may hold brackets too.
                guard let start = report[..<end].lastIndex(of: sign), start > report.startIndex + 1 else {
                    return nil
                }
                let nick = text(report[..<(start - 1)])
                return report[start - 1] == 0x20 && isReadable(report[..<(start - 1)]) ? nick : nil
            }
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
