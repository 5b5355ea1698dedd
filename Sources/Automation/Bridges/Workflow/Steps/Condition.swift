import ChatModel
import PatternMatching

/// Something that holds or does not: comparisons of values, put together with `all`, `any` and `not`.
indirect enum Condition: Sendable {
    case comparison(TemplateTree, [Comparison])
    /// A value alone holds unless it is null, false, 0 or empty.
    case truth(TemplateTree)
    case all([Condition])
    case any([Condition])
    case not(Condition)

    enum Comparison: Sendable {
        case equals(TemplateTree)
        case isOneOf(TemplateTree)
        case contains([Template])
        case matches(PatternSet)
        case greater(TemplateTree)
        case less(TemplateTree)
        case exists(Bool)
    }

    /// The words of a comparison, with what each means, for the reference and for errors.
    static let operators: [(name: String, meaning: String)] = [
        ("equals", "The value is this one; `\"5\"` and `5` are alike."),
        ("in", "The value is one of this list."),
        (
            "contains",
            "The text holds this word or part of a word, in any case; of a list, any of them. A list holds it "
                + "as an item."
        ),
        (
            "matches",
            "The text matches this regular expression without look-around, in any case; of a list, any of them."
        ),
        ("greater", "The value is above this number or behind this time."),
        ("less", "The value is below this number or before this time."),
        ("exists", "With `true`: the value is not null; with `false`: it is."),
    ]

    func holds(in scope: TemplateScope) throws(TemplateError) -> Bool {
        switch self {
        case .truth(let value): return try value.value(in: scope).isTrue
        case .not(let condition): return try !condition.holds(in: scope)
        case .all(let conditions):
            for condition in conditions where try !condition.holds(in: scope) { return false }
            return true
        case .any(let conditions):
            for condition in conditions where try condition.holds(in: scope) { return true }
            return false
        case .comparison(let tree, let comparisons):
            let value = try tree.value(in: scope)
            for comparison in comparisons where try !comparison.holds(for: value, in: scope) { return false }
            return true
        }
    }
}

extension Condition.Comparison {
    fileprivate func holds(for value: JSONValue, in scope: TemplateScope) throws(TemplateError) -> Bool {
        switch self {
        case .equals(let other): return value.isLike(try other.value(in: scope))
        case .isOneOf(let list):
            guard case .array(let items) = try list.value(in: scope) else { return false }
            return items.contains { value.isLike($0) }
        case .contains(let words):
            for word in words where try Self.holds(value, try word.value(in: scope)) { return true }
            return false
        case .matches(let patterns):
            guard value != .null else { return false }
            return patterns.firstMatch(in: try value.templateText()) != nil
        case .greater(let other):
            guard let left = value.magnitude, let right = try other.value(in: scope).magnitude else { return false }
            return left > right
        case .less(let other):
            guard let left = value.magnitude, let right = try other.value(in: scope).magnitude else { return false }
            return left < right
        case .exists(let isThere): return (value != .null) == isThere
        }
    }

    private static func holds(_ value: JSONValue, _ word: JSONValue) throws(TemplateError) -> Bool {
        switch value {
        case .null: return false
        case .array(let items): return items.contains { $0.isLike(word) }
        default: return ByteSearch.contains(try word.templateText(), in: try value.templateText())
        }
    }
}
