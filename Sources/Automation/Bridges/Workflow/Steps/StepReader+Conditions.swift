import PatternMatching
import Settings

extension StepReader {
    mutating func condition(_ value: SettingValue, at path: String, depth: Int) -> Condition? {
        guard depth <= Self.deepestNesting else {
            report(path, "conditions nest deeper than \(Self.deepestNesting) levels")
            return nil
        }
        switch value {
        case .boolean, .string: return .truth(tree(value, at: path))
        case .list: return conditions(value, at: path, depth: depth).map { .all($0) }
        case .map(let entries): return comparison(entries, at: path, depth: depth)
        default:
            report(
                path, "expected a condition, such as { value: \"{{ message.text }}\", contains: refund }")
            return nil
        }
    }

    private mutating func conditions(_ value: SettingValue, at path: String, depth: Int) -> [Condition]? {
        guard case .list(let items) = value, !items.isEmpty else {
            report(path, "expected a list of conditions")
            return nil
        }
        var found: [Condition] = []
        for (index, item) in items.enumerated() {
            if let one = condition(item, at: "\(path)[\(index)]", depth: depth + 1) { found.append(one) }
        }
        return found
    }

    private mutating func comparison(
        _ entries: [SettingValue.Entry], at path: String, depth: Int
    ) -> Condition? {
        let connectives = ["all", "any", "not"]
        if let entry = entries.first(where: { connectives.contains($0.key) }) {
            for other in entries where other.key != entry.key {
                report(key: "\(path).\(other.key)", "`\(entry.key)` stands alone; put both into the list of an `all`")
            }
            let place = "\(path).\(entry.key)"
            switch entry.key {
            case "not": return condition(entry.value, at: place, depth: depth + 1).map { .not($0) }
            case "any": return conditions(entry.value, at: place, depth: depth).map { .any($0) }
            default: return conditions(entry.value, at: place, depth: depth).map { .all($0) }
            }
        }
        let words = Condition.operators.map(\.name)
        var subject: TemplateTree?
        var comparisons: [Condition.Comparison] = []
        for entry in entries {
            let place = "\(path).\(entry.key)"
            if entry.key == "value" {
                subject = tree(entry.value, at: place)
            } else if words.contains(entry.key) {
                if let one = comparison(entry.key, entry.value, at: place) { comparisons.append(one) }
            } else {
                report(key: place, "unknown key\(NearMiss.hint(entry.key, among: words + connectives + ["value"]))")
            }
        }
        guard let subject else {
            report(path, "`value` is missing: what is compared, such as \"{{ message.text }}\"")
            return nil
        }
        return comparisons.isEmpty ? .truth(subject) : .comparison(subject, comparisons)
    }

    private mutating func comparison(
        _ word: String, _ value: SettingValue, at path: String
    ) -> Condition.Comparison? {
        switch word {
        case "equals": return .equals(tree(value, at: path))
        case "greater": return .greater(tree(value, at: path))
        case "less": return .less(tree(value, at: path))
        case "in":
            switch value {
            case .list, .string: return .isOneOf(tree(value, at: path))
            default:
                report(path, "expected a list")
                return nil
            }
        case "contains": return .contains(templates(value, at: path))
        case "matches": return patterns(value, at: path).map { .matches($0) }
        default:
            guard case .boolean(let flag) = value else {
                report(path, "expected true or false")
                return nil
            }
            return .exists(flag)
        }
    }

    private mutating func patterns(_ value: SettingValue, at path: String) -> PatternSet? {
        let texts = value.items.compactMap(\.string)
        guard !texts.isEmpty, texts.count == value.items.count else {
            report(path, "expected a regular expression in quotes, or a list of them")
            return nil
        }
        do throws(PatternError) {
            return try PatternSet(texts.enumerated().map { Pattern(id: $0, .regex($1)) })
        } catch {
            let isList = if case .list = value { true } else { false }
            report(isList ? "\(path)[\(error.index ?? 0)]" : path, error.message)
            return nil
        }
    }
}
