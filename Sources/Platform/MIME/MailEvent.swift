/// An appointment out of a calendar part (RFC 5545), as far as it is to be read.
package struct MailEvent: Sendable, Hashable {
    /// `REQUEST`, `CANCEL`, `REPLY` …; empty when the part names none.
    package var method = ""
    package var summary = ""
    /// As people read it: `2026-05-03 10:00 UTC`.
    package var start = ""
    package var end = ""
    package var location = ""
    package var organizer = ""
    package var details = ""

    package init() {}

    private static let maximumLines = 10_000

    /// The first event of a calendar; nil when it has none.
    package init?(calendar text: String) {
        var lines: [Substring] = []
        for line in text.split(whereSeparator: \.isNewline).prefix(Self.maximumLines) {
            // A line that begins with a space goes on where the one before ended.
            if line.first == " " || line.first == "\t", let last = lines.popLast() {
                lines.append(last + line.dropFirst())
            } else {
                lines.append(line)
            }
        }
        var depth: [String] = []
        var isFound = false
        for line in lines {
            guard let (name, parameters, value) = Self.property(line) else { continue }
            switch name {
            case "BEGIN": depth.append(value.uppercased())
            case "END":
                if depth.last == value.uppercased() { depth.removeLast() }
                if isFound, ["VEVENT", "VTODO"].contains(value.uppercased()) { return }
            case "METHOD" where depth.last != "VEVENT": method = value.uppercased()
            default:
                guard let last = depth.last, last == "VEVENT" || last == "VTODO" else { continue }
                isFound = true
                set(name, parameters, value)
            }
        }
        if !isFound { return nil }
    }

    private mutating func set(_ name: String, _ parameters: [String: String], _ value: String) {
        switch name {
        case "SUMMARY": summary = Self.text(value)
        case "LOCATION": location = Self.text(value)
        case "DESCRIPTION": details = Self.text(value)
        case "DTSTART": start = Self.time(value, parameters["TZID"])
        case "DTEND", "DUE": end = Self.time(value, parameters["TZID"])
        case "DURATION" where end.isEmpty: end = value
        case "ORGANIZER":
            organizer =
                parameters["CN"] ?? (value.lowercased().hasPrefix("mailto:") ? String(value.dropFirst(7)) : value)
        default: break
        }
    }

    /// `NAME;PARAMETER="a:b":value`.
    private static func property(_ line: Substring) -> (name: String, parameters: [String: String], value: String)? {
        var isQuoted = false
        var pieces: [Substring] = []
        var start = line.startIndex
        for index in line.indices {
            let character = line[index]
            if character == "\"" { isQuoted.toggle() }
            guard !isQuoted, character == ";" || character == ":" else { continue }
            pieces.append(line[start..<index])
            start = line.index(after: index)
            guard character == ":" else { continue }
            guard let name = pieces.first, !name.isEmpty, name.utf8.count <= 100 else { return nil }
            var parameters: [String: String] = [:]
            for piece in pieces.dropFirst().prefix(20) {
                let parts = piece.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { continue }
                parameters[parts[0].uppercased()] = parts[1].filter { $0 != "\"" }
            }
            // A group may stand before the name.
            let plain = name.split(separator: ".").last ?? name
            return (plain.trimmingSpaces.uppercased(), parameters, line[start...].trimmingSpaces)
        }
        return nil
    }

    private static func text(_ value: String) -> String {
        var result = ""
        var isEscaped = false
        for character in value {
            if isEscaped {
                result.append(character == "n" || character == "N" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result.trimmingSpaces
    }

    private static func time(_ value: String, _ zone: String?) -> String {
        let digits = Array(value.utf8)
        guard digits.count >= 8, digits.prefix(8).allSatisfy({ (0x30...0x39).contains($0) }) else { return value }
        let text = Array(value)
        var result = "\(String(text[0..<4]))-\(String(text[4..<6]))-\(String(text[6..<8]))"
        guard digits.count >= 13, digits[8] | 0x20 == UInt8(ascii: "t") else { return result }
        result += " \(String(text[9..<11])):\(String(text[11..<13]))"
        if text.last == "Z" { result += " UTC" } else if let zone { result += " \(zone)" }
        return result
    }
}
