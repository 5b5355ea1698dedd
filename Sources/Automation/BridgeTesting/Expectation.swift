import ChatModel
import PatternMatching
import Settings
import YAML

/// What a fixture expects: effects in their order, of each only the keys that are given.
struct Expectation: Sendable {
    struct Item: Sendable {
        let kind: TrialEffect.Kind
        let keyMark: YAMLMark
        let content: YAMLNode
    }

    static let nothing = Expectation(items: [], patterns: [:])
    private static let kinds = TrialEffect.Kind.allCases.map(\.rawValue)

    let items: [Item]
    /// The expressions of all `matches`, by their text.
    let patterns: [String: PatternSet]

    /// Reads what stands below `expect`; nil when nothing does.
    static func read(_ node: YAMLNode?, file: String) -> (expectation: Expectation?, problems: [SettingsProblem]) {
        guard let node, node.resolved != .null else { return (nil, []) }
        var reader = Reader(file: file)
        let nodes: [YAMLNode] = if case .sequence(let nodes, _) = node { nodes } else { [node] }
        for (index, node) in nodes.enumerated() { reader.read(node, "expect[\(index)]") }
        return (Expectation(items: reader.items, patterns: reader.patterns), reader.problems)
    }

    private struct Reader {
        let file: String
        var items: [Item] = []
        var patterns: [String: PatternSet] = [:]
        var problems: [SettingsProblem] = []

        mutating func report(_ mark: YAMLMark, _ path: String, _ message: String) {
            problems.append(
                SettingsProblem(file: file, line: mark.line, column: mark.column, path: path, message: message))
        }

        mutating func read(_ node: YAMLNode, _ path: String) {
            guard case .mapping(let pairs, _) = node, pairs.count == 1 else {
                return report(node.mark, path, "expected one of \(kinds.joined(separator: ", ")) and what it holds")
            }
            let pair = pairs[0]
            guard let kind = TrialEffect.Kind(rawValue: pair.key) else {
                let hint = NearMiss.hint(pair.key, among: kinds)
                return report(
                    pair.keyMark, "\(path).\(pair.key)",
                    "unknown effect\(hint); expected one of \(kinds.joined(separator: ", "))")
            }
            let content =
                Expectation.isOperator(pair.value) ? pair.value.wrapped(kind.keys[0]) : pair.value.named(kind.keys[0])
            let below = "\(path).\(kind.rawValue)"
            if case .mapping(let fields, _) = content {
                for field in fields where !kind.keys.contains(field.key) {
                    let hint = NearMiss.hint(field.key, among: kind.keys)
                    report(
                        field.keyMark, "\(below).\(field.key)",
                        "unknown key\(hint); expected \(kind.keys.sorted().joined(separator: ", "))")
                }
            } else if content.resolved != .null {
                report(content.mark, below, "expected keys and values")
            }
            gather(content, below)
            items.append(Item(kind: kind, keyMark: pair.keyMark, content: content))
        }

        /// Compiles every expression, so that a wrong one is told with its place.
        private mutating func gather(_ node: YAMLNode, _ path: String) {
            switch node {
            case .scalar: break
            case .sequence(let items, _):
                for (index, item) in items.enumerated() { gather(item, "\(path)[\(index)]") }
            case .mapping(let pairs, _):
                if Expectation.isOperator(node), pairs[0].key == "matches",
                    case .scalar(let text, _, let mark) = pairs[0].value
                {
                    guard patterns[text] == nil else { return }
                    do throws(PatternError) {
                        patterns[text] = try PatternSet([Pattern(id: 0, .regex(text), isCaseSensitive: true)])
                    } catch {
                        report(mark, "\(path).matches", error.message)
                    }
                    return
                }
                for pair in pairs { gather(pair.value, "\(path).\(pair.key)") }
            }
        }
    }

    /// Whether a node asks something of a text: `{ matches: … }` or `{ contains: … }`.
    static func isOperator(_ node: YAMLNode) -> Bool {
        guard case .mapping(let pairs, _) = node, pairs.count == 1, case .scalar = pairs[0].value else { return false }
        return pairs[0].key == "matches" || pairs[0].key == "contains"
    }
}

extension YAMLNode {
    fileprivate func wrapped(_ key: String) -> YAMLNode {
        .mapping([YAMLPair(key: key, keyMark: mark, value: self)], mark: mark)
    }
}
