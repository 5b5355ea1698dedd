import ChatModel
import Foundation
import Telemetry

/// Writes times as `strftime` does, in English and for the directives of a closed list.
enum DateFormat {
    static let directives = "%Y %m %d %H %M %S %y %e %j %a %A %b %B %I %p %z %s %%"

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    /// The years that have four digits.
    private static let times: ClosedRange<Int64> = -62_135_596_800_000...253_402_214_400_000

    /// Milliseconds since 1970 of a time in RFC 3339, or of a number: of seconds, or of milliseconds when it is large.
    static func milliseconds(of value: JSONValue) -> Int64? {
        let time: Int64? =
            switch value {
            case .integer(let number): number.magnitude < 100_000_000_000 ? number * 1000 : number
            case .string(let text): Timestamp.parse(text)
            default: nil
            }
        return time.flatMap { times.contains($0) ? $0 : nil }
    }

    /// Seconds east of UTC at a moment; nil when there is no such zone.
    static func offset(of zone: String, at milliseconds: Int64) -> Int? {
        if zone == "UTC" || zone == "Z" { return 0 }
        if zone.hasPrefix("+") || zone.hasPrefix("-") {
            guard let time = Timestamp.parse("2000-01-02T00:00:00\(zone)") else { return nil }
            return Int((946_771_200_000 - time) / 1000)
        }
        guard zone.utf8.count <= 64, zone.contains("/") else { return nil }
        return TimeZone(identifier: zone)?
            .secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
    }

    /// The first directive that is not known.
    static func unknownDirective(in format: String) -> String? {
        var characters = Substring(format)
        while let place = characters.firstIndex(of: "%") {
            let directive = characters[place...].prefix(2)
            guard directive.count == 2, directives.split(separator: " ").contains(directive) else {
                return String(directive)
            }
            characters = characters[characters.index(place, offsetBy: 2)...]
        }
        return nil
    }

    /// The time as text; nil when the format has an unknown directive.
    static func text(of milliseconds: Int64, _ format: String, offset: Int) -> String? {
        guard unknownDirective(in: format) == nil else { return nil }
        let local = milliseconds + Int64(offset) * 1000
        guard times.contains(local) else { return nil }
        // 2026-01-31T09:05:07.120Z
        let fields = Timestamp.format(milliseconds: local).split { "-T:.Z".contains($0) }.compactMap { Int64($0) }
        guard fields.count == 7 else { return nil }
        let moment = Moment(
            year: fields[0], month: fields[1], day: fields[2], hour: fields[3], minute: fields[4], second: fields[5],
            offset: offset, seconds: (milliseconds >= 0 ? milliseconds : milliseconds - 999) / 1000)
        var result = ""
        var isDirective = false
        for character in format {
            if isDirective {
                result += moment.text(character)
                isDirective = false
            } else if character == "%" {
                isDirective = true
            } else {
                result.append(character)
            }
        }
        return result
    }

    private struct Moment {
        let year, month, day, hour, minute, second: Int64
        let offset: Int
        let seconds: Int64

        private var days: Int64 { Timestamp.daysSince1970(year: year, month: month, day: day) }
        private var weekday: String { DateFormat.weekdays[Int(((days + 4) % 7 + 7) % 7)] }
        private var monthName: String { DateFormat.months[Int(month) - 1] }

        func text(_ directive: Character) -> String {
            switch directive {
            case "Y": padded(year, 4)
            case "m": padded(month, 2)
            case "d": padded(day, 2)
            case "H": padded(hour, 2)
            case "M": padded(minute, 2)
            case "S": padded(second, 2)
            case "y": padded(year % 100, 2)
            case "e": "\(day)"
            case "j": padded(days - Timestamp.daysSince1970(year: year, month: 1, day: 1) + 1, 3)
            case "a": String(weekday.prefix(3))
            case "A": weekday
            case "b": String(monthName.prefix(3))
            case "B": monthName
            case "I": padded((hour + 11) % 12 + 1, 2)
            case "p": hour < 12 ? "AM" : "PM"
            case "z":
                (offset < 0 ? "-" : "+") + padded(Int64(abs(offset) / 3600), 2)
                    + padded(Int64(abs(offset) / 60 % 60), 2)
            case "s": "\(seconds)"
            default: "%"
            }
        }

        private func padded(_ number: Int64, _ width: Int) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
    }
}
