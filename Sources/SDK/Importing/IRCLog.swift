import Foundation
import Telemetry

/// A log file: its lines, and the times at which they were said.
///
/// The day is in the file's name (`2004-12-25…`), otherwise the file's last change tells it; times within it go on past
/// midnight.
struct IRCLog {
    struct Entry {
        /// From 1, blank lines counted.
        let number: Int
        let line: IRCLine
        /// Milliseconds since 1970.
        let at: Int64
    }

    /// A step back of more than this is the next day; less is a clock that was set, or the end of summer time.
    private static let backStep = 90

    let path: String
    /// The name without its folders.
    let name: String
    private let bytes: Data
    private let day: Int64

    init(path: String) throws(ImportError) {
        self.path = path
        name = path.split(separator: "/").last.map(String.init) ?? path
        do {
            bytes = Self.withoutMark(try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
            day = try Self.day(in: name) ?? Self.dayOfChange(path)
        } catch {
            throw ImportError(.usage, "\(path) cannot be read: \(error.localizedDescription)")
        }
    }

    /// For lines from elsewhere.
    ///
    /// - Parameter day: Days since 1970; the name's when nil.
    init(name: String, bytes: [UInt8], day: Int64? = nil) {
        path = name
        self.name = name
        self.bytes = Self.withoutMark(Data(bytes))
        self.day = day ?? Self.day(in: name) ?? 0
    }

    /// Calls `body` with each line that is not blank.
    ///
    /// - Returns: How many lines there are, and how many of them are blank.
    func forEach(_ body: (Entry) async throws -> Void) async throws -> (lines: Int, blank: Int) {
        var number = 0
        var blank = 0
        var day = day
        // What stands before the first time was said at that time, as far as anybody knows.
        var minute = firstMinute() ?? 0
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.endIndex
            let text = Self.text(bytes[index..<end])
            index = end == bytes.endIndex ? end : end + 1
            number += 1
            guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
                blank += 1
                continue
            }
            let line = IRCLine(text)
            if let said = line.minute {
                if minute - said > Self.backStep { day += 1 }
                minute = said
            }
            try await body(Entry(number: number, line: line, at: (day * 1440 + Int64(minute)) * 60_000))
        }
        return (number, blank)
    }

    private func firstMinute() -> Int? {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.endIndex
            if bytes[index] == UInt8(ascii: "["), let minute = IRCLine(Self.text(bytes[index..<end])).minute {
                return minute
            }
            index = end == bytes.endIndex ? end : end + 1
        }
        return nil
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

    /// The day that a name begins with, in days since 1970.
    static func day(in name: String) -> Int64? {
        guard name.utf8.count >= 10, let time = Timestamp.parse(name.prefix(10) + "T00:00:00Z") else { return nil }
        return time / 86_400_000
    }

    private static func dayOfChange(_ path: String) throws -> Int64 {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let changed = attributes[.modificationDate] as? Date ?? Date()
        return Int64((changed.timeIntervalSince1970 / 86_400).rounded(.down))
    }
}
