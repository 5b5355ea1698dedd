/// A moment as Slack's markup writes it: `1392734382^Posted {date_num}^https://…`, shown in UTC since readers have no zone.
package struct SlackDate {
    private let seconds: Int64
    private let format: String
    package let link: String?

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    /// From the year 1 to 9999.
    private static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    init?(_ text: String) {
        let parts = text.split(separator: "^", maxSplits: 2, omittingEmptySubsequences: false)
        guard let first = parts.first, let seconds = Int64(first) else { return nil }
        self.init(
            seconds: seconds, format: parts.count > 1 ? String(parts[1]) : "",
            link: parts.count > 2 ? String(parts[2]) : nil)
    }

    package init?(seconds: Int64, format: String, link: String?) {
        guard Self.range.contains(seconds) else { return nil }
        self.seconds = seconds
        self.format = format.isEmpty ? "{date_num} {time}" : format
        self.link = link
    }

    package var text: String {
        var result = ""
        var rest = format[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            guard let close = rest[open...].firstIndex(of: "}") else {
                rest = rest[open...]
                break
            }
            let name = rest[rest.index(after: open)..<close]
            result += value(String(name)) ?? String(rest[open...close])
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private func value(_ name: String) -> String? {
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        let second = Int(seconds) - days * 86_400
        let (year, month, day) = Self.civil(days)
        let monthName = Self.months[month - 1]
        let weekday = Self.weekdays[((days % 7) + 11) % 7]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        switch name {
        case "date_num", "ago": return "\(year)-\(two(month))-\(two(day))"
        case "date_slash": return "\(two(month))/\(two(day))/\(year)"
        case "date", "date_pretty": return "\(monthName) \(day)\(Self.ordinal(day)), \(year)"
        case "date_short", "date_short_pretty": return "\(monthName.prefix(3)) \(day), \(year)"
        case "date_long", "date_long_pretty", "day_divider_pretty":
            return "\(weekday), \(monthName) \(day)\(Self.ordinal(day)), \(year)"
        case "date_long_full": return "\(weekday), \(monthName) \(day), \(year)"
        case "time": return "\(two(second / 3600)):\(two(second / 60 % 60)) UTC"
        case "time_secs": return "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) UTC"
        default: return nil
        }
    }

    private static func ordinal(_ day: Int) -> String {
        switch day {
        case 1, 21, 31: "st"
        case 2, 22: "nd"
        case 3, 23: "rd"
        default: "th"
        }
    }

    /// Year, month and day of the Gregorian calendar, from days since 1970 (Howard Hinnant's `civil_from_days`).
    private static func civil(_ days: Int) -> (Int, Int, Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthPart = (5 * dayOfYear + 2) / 153
        let month = monthPart < 10 ? monthPart + 3 : monthPart - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthPart + 2) / 5 + 1)
    }
}
