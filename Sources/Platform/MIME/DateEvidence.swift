/// Whether a line names a date, in whatever language and digits.
enum DateEvidence {
    /// A date as programs write it: digits with a month's or day's name, three numbers apart by dots, slashes or
    /// hyphens, or a year with a time of day.
    static func isIn(_ line: some StringProtocol) -> Bool {
        let tokens = tokens(line)
        let hasDigit = tokens.contains { if case .number = $0 { true } else { false } }
        guard hasDigit else { return false }
        if tokens.contains(where: { if case .word(let word) = $0 { CalendarNames.contains(word) } else { false } }) {
            return true
        }
        return hasNumericDate(tokens) || hasYear(tokens) && hasTime(tokens)
    }

    /// A time of day: `10:00`, `10.00`, `10h00`.
    static func hasTime(in line: some StringProtocol) -> Bool { hasTime(tokens(line)) }

    private enum Token {
        case word(String)
        case number(value: Int, digits: Int)
        case mark(Character)
    }

    private static let maximumTokens = 200

    private static func tokens(_ line: some StringProtocol) -> [Token] {
        var tokens: [Token] = []
        var word = ""
        var value = 0
        var digits = 0
        func flush() {
            if !word.isEmpty { tokens.append(.word(word.lowercased())) }
            if digits > 0 { tokens.append(.number(value: value, digits: digits)) }
            (word, value, digits) = ("", 0, 0)
        }
        for scalar in line.unicodeScalars {
            if tokens.count > maximumTokens { break }
            switch scalar.properties.generalCategory {
            case .decimalNumber:
                if !word.isEmpty { flush() }
                digits += 1
                value = min(value, 1_000_000) * 10 + Int(scalar.properties.numericValue ?? 0)
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
                .spacingMark:
                if digits > 0 { flush() }
                word.unicodeScalars.append(scalar)
            case .spaceSeparator, .format, .control: flush()
            default:
                flush()
                tokens.append(.mark(Character(scalar)))
            }
        }
        flush()
        return tokens
    }

    private static func hasYear(_ tokens: [Token]) -> Bool {
        tokens.contains {
            guard case .number(let value, 4) = $0 else { return false }
            // The Buddhist calendar's years too.
            return (1970...2100).contains(value) || (2513...2643).contains(value)
        }
    }

    private static func hasTime(_ tokens: [Token]) -> Bool {
        guard tokens.count >= 3 else { return false }
        for index in 0..<(tokens.count - 2) {
            guard case .number(0..<24, 1...2) = (tokens[index]), case .number(0..<60, 2) = tokens[index + 2] else {
                continue
            }
            switch tokens[index + 1] {
            case .mark(":"), .mark("."), .word("h"): return true
            default: continue
            }
        }
        return false
    }

    private static func hasNumericDate(_ tokens: [Token]) -> Bool {
        guard tokens.count >= 5 else { return false }
        for index in 0..<(tokens.count - 4) {
            guard case .number(let first, let firstDigits) = tokens[index],
                case .number(let second, 1...2) = tokens[index + 2],
                case .number(let third, let thirdDigits) = tokens[index + 4], isJoint(tokens[index + 1]),
                isJoint(tokens[index + 3])
            else { continue }
            let isYearFirst = firstDigits == 4 && (1...12).contains(second) && (1...31).contains(third)
            let isYearLast =
                (1...31).contains(first) && (1...31).contains(second) && (thirdDigits == 4 || thirdDigits == 2)
            if isYearFirst || isYearLast { return true }
        }
        return false
    }

    /// What stands between the numbers of a date.
    private static func isJoint(_ token: Token) -> Bool {
        switch token {
        case .mark(let mark): "./-".contains(mark)
        case .word(let word): ["年", "月", "년", "월"].contains(word)
        case .number: false
        }
    }
}
