import ChatModel
import Foundation
import PatternMatching
import YAML

/// One thing that is not as a fixture expects it.
package struct Difference: Sendable, Hashable {
    /// In the fixture's file; 1 where it says nothing of it.
    package let line: Int
    package let column: Int
    /// Where in the expectation: `expect[0].http.body.text`.
    package let path: String
    /// Nil when something happened that nothing expects.
    package let expected: String?
    /// Nil when something expected did not happen.
    package let got: String?
}

/// Holds what happened against what was expected.
struct Comparison {
    private let expectation: Expectation
    private(set) var differences: [Difference] = []

    /// Beyond so many pairs to look at, the first fit is taken for the right one.
    private static let mostPairs = 200_000

    init(_ expectation: Expectation, _ effects: [TrialEffect]) {
        self.expectation = expectation
        if !fits(effects) { compare(effects) }
    }

    /// Whether what is expected can be found in its order so that only notes are left over.
    private func fits(_ effects: [TrialEffect]) -> Bool {
        let items = expectation.items
        guard effects.count * (items.count + 1) <= Self.mostPairs else { return false }
        // By how many of the items come before: whether the effects so far can have been those.
        var reached = [true] + Array(repeating: false, count: items.count)
        for effect in effects {
            var next = Array(repeating: false, count: items.count + 1)
            for place in reached.indices where reached[place] {
                if effect.isNote { next[place] = true }
                if place < items.count, items[place].kind == effect.kind,
                    compare(items[place], place, effect).isEmpty
                {
                    next[place + 1] = true
                }
            }
            reached = next
        }
        return reached[items.count]
    }

    /// Expected effects are looked for in their order; notes that nobody asked for are passed over.
    private mutating func compare(_ effects: [TrialEffect]) {
        let items = expectation.items
        var next = 0
        for effect in effects {
            if next < items.count, items[next].kind == effect.kind {
                let found = compare(items[next], next, effect)
                if found.isEmpty || !effect.isNote {
                    differences += found
                    next += 1
                    continue
                }
            }
            if effect.isNote { continue }
            if let place = items.indices.dropFirst(next).first(where: { items[$0].kind == effect.kind }) {
                for index in next..<place { missing(index, effects) }
                differences += compare(items[place], place, effect)
                next = place + 1
            } else {
                let mark = items.last?.keyMark ?? YAMLMark(line: 1, column: 1)
                differences.append(
                    Difference(
                        line: mark.line, column: mark.column, path: "expect", expected: nil, got: effect.summary))
            }
        }
        for index in items.indices.dropFirst(next) { missing(index, effects) }
    }

    private mutating func missing(_ index: Int, _ effects: [TrialEffect]) {
        let item = expectation.items[index]
        // Of a note that is nearly there, what is wrong with it says more.
        if let near = effects.first(where: { $0.kind == item.kind && $0.isNote }) {
            let found = compare(item, index, near)
            guard found.isEmpty else { return differences += found }
        }
        differences.append(
            Difference(
                line: item.keyMark.line, column: item.keyMark.column, path: "expect[\(index)].\(item.kind.rawValue)",
                expected: Self.shown(item.content), got: nil))
    }

    private func compare(_ item: Expectation.Item, _ index: Int, _ effect: TrialEffect) -> [Difference] {
        guard case .mapping = item.content else { return [] }
        var content = effect.content
        if item.kind.keys.contains("times"), content["times"] == nil { content["times"] = 1 }
        var found: [Difference] = []
        compare(item.content, .object(content), "expect[\(index)].\(item.kind.rawValue)", &found)
        return found
    }

    private func compare(_ node: YAMLNode, _ actual: JSONValue?, _ path: String, _ found: inout [Difference]) {
        func differ(_ node: YAMLNode, _ path: String) {
            found.append(
                Difference(
                    line: node.mark.line, column: node.mark.column, path: path, expected: Self.shown(node),
                    got: actual.map(Self.shown) ?? "nothing"))
        }
        switch node {
        case .mapping(let pairs, _) where Expectation.isOperator(node):
            guard case .scalar(let wanted, _, _) = pairs[0].value else { return }
            let text = actual.flatMap { $0.string ?? $0.text } ?? ""
            let holds =
                pairs[0].key == "contains"
                ? text.contains(wanted) : expectation.patterns[wanted]?.firstMatch(in: text) != nil
            if actual == nil || !holds { differ(node, path) }
        case .mapping(let pairs, _):
            guard let fields = actual?.object else { return differ(node, path) }
            for pair in pairs {
                compare(pair.value, fields[pair.key] ?? fields[pair.key.lowercased()], "\(path).\(pair.key)", &found)
            }
        case .sequence(let items, _):
            guard let values = actual?.array, values.count == items.count else { return differ(node, path) }
            for (index, item) in items.enumerated() { compare(item, values[index], "\(path)[\(index)]", &found) }
        case .scalar(let text, _, _): if !Self.equal(text, node.resolved ?? .null, actual) { differ(node, path) }
        }
    }

    private static func equal(_ text: String, _ scalar: YAMLScalar, _ actual: JSONValue?) -> Bool {
        switch (scalar, actual) {
        case (.null, nil), (.null, .null?): true
        case (.boolean(let flag), .bool(let value)?): flag == value
        case (.integer(let number), .integer(let value)?): Int64(number) == value
        case (.integer(let number), .number(let value)?): Double(number) == value
        case (.number(let number), _?) where actual?.number != nil: number == actual?.number
        // A text of digits needs no quotes here: `status: 200` beside "200".
        case (_, .string(let value)?): value == text
        default: false
        }
    }

    // MARK: Words

    private static let longest = 300

    static func shown(_ value: JSONValue) -> String { cut(value.text ?? "?") }

    static func shown(_ node: YAMLNode) -> String {
        if Expectation.isOperator(node), case .mapping(let pairs, _) = node,
            case .scalar(let text, _, _) = pairs[0].value
        {
            return cut("\(pairs[0].key == "matches" ? "a match of" : "a text with") \(shown(JSONValue.string(text)))")
        }
        return cut(JSONValue(node).text ?? "?")
    }

    private static func cut(_ text: String) -> String {
        text.count > longest ? "\(text.prefix(longest))… (\(text.count) characters)" : text
    }
}

extension JSONValue {
    /// What stands in a file as JSON.
    init(_ node: YAMLNode) {
        switch node {
        case .mapping(let pairs, _):
            self = .object(Dictionary(pairs.map { ($0.key, JSONValue($0.value)) }) { $1 })
        case .sequence(let items, _): self = .array(items.map { JSONValue($0) })
        case .scalar(let text, _, _):
            switch node.resolved {
            case .boolean(let flag)?: self = .bool(flag)
            case .integer(let number)?: self = .integer(Int64(number))
            case .number(let number)? where number.isFinite: self = .number(number)
            case .null?: self = .null
            default: self = .string(text)
            }
        }
    }
}
