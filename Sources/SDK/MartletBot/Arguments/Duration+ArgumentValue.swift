extension Duration: ArgumentValue {
    /// `duration`.
    public static var typeName: String { "duration" }

    /// Reads `90s`, `10m`, `2h`, `1d` or several together, `1h30m`; more than nothing, less than ten years.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> Duration {
        guard let seconds = seconds(of: text) else {
            throw ArgumentError("expects a duration such as 90s, 10m, 2h, 1d or 1h30m", found: text)
        }
        return .seconds(seconds)
    }

    private static func seconds(of text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let limit: Int64 = 10 * 366 * 86_400
        var total: Int64 = 0
        var number: Int64?
        for character in text {
            if let digit = character.wholeNumberValue, character.isASCII {
                let next = (number ?? 0) * 10 + Int64(digit)
                guard next <= limit else { return nil }
                number = next
            } else {
                guard let unit = units[character], let value = number else { return nil }
                total += value * unit
                guard total <= limit else { return nil }
                number = nil
            }
        }
        return number == nil && total > 0 ? total : nil
    }
}
