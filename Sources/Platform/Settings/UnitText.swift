/// Durations as people write them in a configuration.
enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]
    /// A hundred years: longer waits are mistakes, and sums of them must not overflow.
    private static let longest: Int64 = 36_525 * 86_400_000

    /// Reads `90s`, `1h30m`, `1.5s` or `0`; nil for everything else, to whole milliseconds.
    static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = Substring(text)
        var total: Int64 = 0
        guard !rest.isEmpty, text.utf8.count <= 32 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let unit = units.first(where: { $0.name == name }), digits.first != ".", digits.last != ".",
                let amount = Double(digits), amount * Double(unit.milliseconds) <= Double(longest)
            else { return nil }
            total += Int64((amount * Double(unit.milliseconds)).rounded())
        }
        return total <= longest ? .milliseconds(total) : nil
    }

    /// Writes a duration in the largest unit that divides it, to whole milliseconds.
    static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "0s" }
        let unit = units.first { milliseconds % $0.milliseconds == 0 } ?? ("ms", 1)
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}

/// Sizes as people write them in a configuration.
enum ByteSizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1),
    ]

    /// Larger sizes are mistakes, and sums of them must not overflow.
    private static let largest = 1 << 50

    /// Reads `512`, `64KiB` or `10 MB`, up to 1024 TiB; nil for everything else.
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let amount = Int(digits) else { return nil }
        var name = text.dropFirst(digits.count)
        if name.first == " " { name = name.dropFirst() }
        if name.isEmpty { return text.last == " " || amount > largest ? nil : amount }
        guard let unit = units.first(where: { $0.name == name || $0.name.lowercased() == name }) else { return nil }
        let (bytes, overflow) = amount.multipliedReportingOverflow(by: unit.bytes)
        return overflow || bytes > largest ? nil : bytes
    }

    /// Writes a size in the largest power of 1024 that divides it.
    static func format(_ bytes: Int) -> String {
        guard bytes > 0, let unit = units.first(where: { $0.name.hasSuffix("iB") && bytes % $0.bytes == 0 }) else {
            return "\(bytes)"
        }
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
