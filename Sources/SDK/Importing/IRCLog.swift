import Foundation

/// A log file: its lines, and the times at which they were said.
///
/// The day is in its lines, or in the file's name (`2004-12-25…`, `#channel_20041225.log`), otherwise the file's last
/// change tells it; times within it go on past midnight.
struct IRCLog {
    struct Entry {
        /// From 1, blank lines counted.
        let number: Int
        let line: IRCLine
        /// Milliseconds since 1970.
        let at: Int64
    }

    /// A step back of more seconds than this is the next day; less is a clock that was set, or the end of summer time.
    private static let backStep = 5400
    /// The format is told by so many lines at the beginning.
    private static let sample = 2000

    let path: String
    /// The name without its folders.
    let name: String
    let format: IRCFormat
    /// Whether neither a line nor the name says the day.
    private(set) var isDayGuessed = false
    private let bytes: Data
    private let day: Int64
    private let zone: LocalZone

    init(path: String, zone: LocalZone = .utc) throws(ImportError) {
        self.path = path
        name = path.split(separator: "/").last.map(String.init) ?? path
        do {
            bytes = Self.withoutMark(try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
            let named = Self.day(in: name)
            day = try named ?? Self.dayOfChange(path)
            isDayGuessed = named == nil
        } catch {
            throw ImportError(.usage, "\(path) cannot be read: \(error.localizedDescription)")
        }
        self.zone = zone
        let sample = Self.sample(of: bytes)
        switch IRCFormat.find(sample) {
        case .known(let format): self.format = format
        case .unknown(let line):
            let text = sample.first { $0.number == line }?.text ?? ""
            throw ImportError(
                .usage,
                "\(path):\(line) is no line of a log that is known: \"\(text.prefix(80))\". Known are "
                    + "\(IRCFormat.known).")
        }
        if isDayGuessed { isDayGuessed = !sample.contains { IRCLine($0.text, format).time.day != nil } }
    }

    /// For lines from elsewhere.
    ///
    /// - Parameter day: Days since 1970; the name's when nil.
    init(name: String, bytes: [UInt8], day: Int64? = nil, zone: LocalZone = .utc) {
        path = name
        self.name = name
        self.bytes = Self.withoutMark(Data(bytes))
        self.day = day ?? Self.day(in: name) ?? 0
        self.zone = zone
        format = if case .known(let format) = IRCFormat.find(Self.sample(of: self.bytes)) { format } else { .bracketed }
    }

    /// What stood in a log.
    struct Tally: Equatable {
        /// All lines.
        var lines = 0
        var blank = 0
        /// Lines about the log itself, which say a date.
        var headers = 0
        /// Lines that have no form of the format, and are kept whole.
        var misfits = 0
    }

    /// Calls `body` with each line that becomes a message.
    @discardableResult
    func forEach(_ body: (Entry) async throws -> Void) async throws -> Tally {
        var tally = Tally()
        var day = day
        // What stands before the first time was said at that time, as far as anybody knows.
        var second = firstSecond() ?? 0
        var offset: Int?
        var lines = Self.lines(of: bytes)
        while let text = lines.next() {
            tally.lines += 1
            guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
                tally.blank += 1
                continue
            }
            let line = IRCLine(text, format)
            if let said = line.time.second {
                if let date = line.time.day {
                    day = date
                } else if second - said > Self.backStep {
                    day += 1
                }
                second = said
                offset = line.time.offset
            }
            if line.isHeader {
                guard line.fits else {
                    // All that follows would get the day before.
                    throw ImportError(
                        .usage,
                        "\(path):\(tally.lines) has a date that cannot be read: \"\(text.prefix(80))\". It should be as "
                            + "in \"--- Day changed Mon Feb 02 2026\".")
                }
                tally.headers += 1
                continue
            }
            if !line.fits { tally.misfits += 1 }
            try await body(
                Entry(
                    number: tally.lines, line: line,
                    at: zone.milliseconds(day: day, second: second, offset: offset)))
        }
        return tally
    }

    private func firstSecond() -> Int? {
        var lines = Self.lines(of: bytes)
        while let text = lines.next() {
            if let second = IRCLine(text, format).time.second { return second }
        }
        return nil
    }

    private static func sample(of bytes: Data) -> [(number: Int, text: String)] {
        var sample: [(number: Int, text: String)] = []
        var lines = lines(of: bytes)
        var number = 0
        while sample.count < Self.sample, let text = lines.next() {
            number += 1
            guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { continue }
            sample.append((number, text))
        }
        return sample
    }

    private static func lines(of bytes: Data) -> some IteratorProtocol<String> {
        var index = bytes.startIndex
        return AnyIterator {
            guard index < bytes.endIndex else { return nil }
            let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.endIndex
            defer { index = end == bytes.endIndex ? end : end + 1 }
            return text(bytes[index..<end])
        }
    }

    /// Some editors write a byte order mark, which is no part of the first line.
    private static func withoutMark(_ bytes: Data) -> Data {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes
    }

    /// UTF-8, or Latin-1 when it is none: old logs mix both.
    ///
    /// NUL, which no message can hold, is replaced.
    private static func text(_ line: Data.SubSequence) -> String {
        let line = line.last == 0x0D ? line.dropLast() : line
        let text =
            String(validating: line, as: UTF8.self)
            ?? String(String.UnicodeScalarView(line.map { UnicodeScalar($0) }))
        guard line.contains(0) else { return text }
        return text.replacing("\0", with: "\u{FFFD}")
    }

    // MARK: Days

    /// The day in a name, `2004-12-25` or `20041225` with no more digits around it, in days since 1970.
    static func day(in name: String) -> Int64? {
        let bytes = Array(name.utf8)
        func isDigit(_ index: Int) -> Bool { bytes.indices.contains(index) && (0x30...0x39).contains(bytes[index]) }
        for start in bytes.indices where isDigit(start) && !isDigit(start - 1) {
            let dashed = bytes[start...].prefix(10)
            let text = String(decoding: dashed, as: UTF8.self)
            if !isDigit(start + 10), let day = IRCLine.days(text) { return day }
            let plain = dashed.prefix(8)
            guard plain.allSatisfy({ (0x30...0x39).contains($0) }), plain.count == 8, !isDigit(start + 8) else {
                continue
            }
            if let day = IRCLine.days("\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.dropFirst(6).prefix(2))")
            {
                return day
            }
        }
        return nil
    }

    private static func dayOfChange(_ path: String) throws -> Int64 {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let changed = attributes[.modificationDate] as? Date ?? Date()
        return Int64((changed.timeIntervalSince1970 / 86_400).rounded(.down))
    }
}
