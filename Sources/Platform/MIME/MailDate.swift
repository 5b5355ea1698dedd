/// Reads the date of a mail (RFC 5322, section 3.3), the old forms too.
enum MailDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let zones = [
        "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8, "gmt": 0, "ut": 0,
        "utc": 0, "z": 0,
    ]

    /// Milliseconds since 1970; nil for what is no date.
    static func milliseconds(_ value: ArraySlice<UInt8>) -> Int64? {
        let text = MailBytes.lowercased(value.prefix(100).prefix { $0 != UInt8(ascii: "(") })
        let words = text.split { $0 == " " || $0 == "," || $0 == "\t" }
        guard
            let monthPlace = words.firstIndex(where: { word in months.contains { word.hasPrefix($0) } }),
            let month = months.firstIndex(where: { words[monthPlace].hasPrefix($0) })
        else { return nil }
        // `20 Nov 2026 18:00:00 +0100`, or `Nov 20 18:00:00 2026` of C's asctime.
        var numbers: [Int] = []
        var time: [Int]?
        var zone = 0
        for word in words {
            if word.contains(":") {
                let parts = word.split(separator: ":").map { Int($0) }
                guard (2...3).contains(parts.count), parts.allSatisfy({ $0 != nil }) else { return nil }
                time = parts.compactMap { $0 }
            } else if word.first == "+" || word.first == "-", let value = Int(word.dropFirst()), word.count == 5 {
                zone = (value / 100 * 60 + value % 100) * (word.first == "-" ? -1 : 1)
            } else if let value = Int(word), value >= 0 {
                numbers.append(value)
            } else if let hours = zones[String(word)] {
                zone = hours * 60
            }
        }
        guard numbers.count >= 2 else { return nil }
        let day = numbers[0]
        var year = numbers[1]
        if year < 50 { year += 2000 } else if year < 1000 { year += 1900 }
        let clock = (time ?? [0, 0]) + [0]
        guard (1...31).contains(day), (1900...5000).contains(year), (0..<24).contains(clock[0]),
            (0..<60).contains(clock[1]), (0...60).contains(clock[2]), abs(zone) <= 24 * 60
        else { return nil }
        let minutes = (days(year, month + 1, day) * 24 + clock[0]) * 60 + clock[1] - zone
        return (Int64(minutes) * 60 + Int64(clock[2])) * 1000
    }

    /// `Fri, 20 Nov 2026 17:00:00 +0000`.
    static func text(_ milliseconds: Int64) -> String {
        // Years of four digits: what lies outside is nobody's mail.
        let seconds = min(max(milliseconds / 1000, 0), 253_402_300_799)
        let number = Int(seconds / 86_400)
        let shifted = number + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let clock = Int(seconds % 86_400)
        let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][number % 7]
        let time = "\(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60))"
        return "\(weekday), \(two(day)) \(months[month - 1].capitalizedASCII) \(year) \(time) +0000"
    }

    /// Days since 1970 by the Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension String {
    fileprivate var capitalizedASCII: String { prefix(1).uppercased() + dropFirst() }
}
