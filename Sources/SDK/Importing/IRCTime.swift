/// What one line of a log says of the time: all of it, or the part that the lines before it leave open.
struct IRCTime: Equatable {
    /// Days since 1970.
    var day: Int64?
    /// Since midnight.
    var second: Int?
    /// Seconds east of Greenwich, where the line says so itself.
    var offset: Int?

    /// Two digits in place `index`, below a limit.
    static func number(_ bytes: ArraySlice<UInt8>, _ index: Int, below limit: Int) -> Int? {
        guard index >= bytes.startIndex, index + 1 < bytes.endIndex else { return nil }
        let (high, low) = (bytes[index], bytes[index + 1])
        guard (0x30...0x39).contains(high), (0x30...0x39).contains(low) else { return nil }
        let value = Int(high - 0x30) * 10 + Int(low - 0x30)
        return value < limit ? value : nil
    }

    /// `HH:MM` or `HH:MM:SS`, which is taken off.
    static func clock(_ rest: inout ArraySlice<UInt8>) -> Int? {
        let colon = UInt8(ascii: ":")
        let start = rest.startIndex
        guard let hour = number(rest, start, below: 24), rest.count >= 5, rest[start + 2] == colon,
            let minute = number(rest, start + 3, below: 60)
        else { return nil }
        var end = start + 5
        var second = 0
        if end < rest.endIndex, rest[end] == colon, let number = number(rest, end + 1, below: 61) {
            // A leap second is the one before it: there is no other name for it here.
            second = min(number, 59)
            end += 3
        }
        rest = rest[end...]
        return hour * 3600 + minute * 60 + second
    }

    /// `Z`, `+HH:MM` or `+HHMM`, which is taken off; 0 and nothing taken off where there is none.
    static func offset(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let sign = rest.first else { return nil }
        if sign == UInt8(ascii: "Z") {
            rest = rest.dropFirst()
            return 0
        }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hours = number(rest, rest.startIndex + 1, below: 15)
        else { return nil }
        var end = rest.startIndex + 3
        if end < rest.endIndex, rest[end] == UInt8(ascii: ":") { end += 1 }
        guard let minutes = number(rest, end, below: 60) else { return nil }
        rest = rest[(end + 2)...]
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
