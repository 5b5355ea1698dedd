/// What may stand below a key.
public indirect enum SettingType: Sendable {
    case string
    /// A whole number; both bounds are allowed.
    case integer(ClosedRange<Int> = Int.min...Int.max)
    case number
    case boolean
    /// Written as `250ms`, `90s`, `10m`, `2h`, `1d` or several of them: `1h30m`.
    case duration
    /// Written as `512`, `64KiB`, `8MiB`, `1GiB` (powers of 1024) or `10kB`, `10MB`, `1GB` (powers of 1000).
    case byteSize
    /// One of a few words.
    case enumeration([String])
    /// Items of one type; a lone scalar counts as a list of one.
    case list(SettingType)
    /// Keys of their own, known beforehand.
    case section(SettingsSpec)
    /// Keys that the user chooses, values of one type.
    case map(SettingType)
    /// Whatever stands there, as a tree of strings, numbers, truth values, lists and maps.
    case any

    /// What a person should have written, as in "expected …".
    var expectation: String {
        switch self {
        case .string: return "text"
        case .integer(let range):
            switch (range.lowerBound == .min, range.upperBound == .max) {
            case (true, true): return "a number"
            case (false, true): return "a number from \(range.lowerBound)"
            case (true, false): return "a number up to \(range.upperBound)"
            case (false, false): return "a number from \(range.lowerBound) to \(range.upperBound)"
            }
        case .number: return "a number"
        case .boolean: return "true or false"
        case .duration: return "a duration such as 90s, 10m or 2h"
        case .byteSize: return "a size such as 64KiB or 8MiB"
        case .enumeration(let words):
            guard words.count > 1 else { return words.first ?? "nothing" }
            return "\(words.dropLast().joined(separator: ", ")) or \(words[words.count - 1])"
        case .list(let item): return "a list of \(item.plural)"
        case .section: return "keys and values"
        case .map: return "keys and values"
        case .any: return "a value"
        }
    }

    private var plural: String {
        switch self {
        case .string: "texts"
        case .integer, .number: "numbers"
        case .boolean: "truth values"
        case .duration: "durations"
        case .byteSize: "sizes"
        case .enumeration(let words): "(\(words.joined(separator: ", ")))"
        case .list, .any: "values"
        case .section, .map: "sections"
        }
    }

    var isScalar: Bool {
        switch self {
        case .string, .integer, .number, .boolean, .duration, .byteSize, .enumeration: true
        case .list, .section, .map, .any: false
        }
    }

    /// What a getter answers for a key that was left out and has no default.
    var neutral: SettingValue {
        switch self {
        case .string: .string("")
        case .integer, .byteSize: .integer(0)
        case .number: .number(0)
        case .boolean: .boolean(false)
        case .duration: .duration(.zero)
        case .enumeration(let words): .string(words.first ?? "")
        case .list: .list([])
        case .section, .map: .map([])
        case .any: .null
        }
    }
}
