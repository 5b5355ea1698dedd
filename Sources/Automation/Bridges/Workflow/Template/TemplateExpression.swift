import ChatModel
import PatternMatching

/// What stands between `{{` and `}}`: a path or a literal, and the filters that it goes through.
struct TemplateExpression: Sendable {
    enum Operand: Sendable {
        case literal(JSONValue)
        case path(TemplatePath)

        func value(in scope: TemplateScope) -> JSONValue {
            switch self {
            case .literal(let value): value
            case .path(let path): scope.value(at: path)
            }
        }
    }

    /// A filter with its arguments.
    struct Call: Sendable {
        let filter: TemplateFilter
        let arguments: [Operand]
        /// The first argument as a regular expression, for a filter that takes one.
        let pattern: PatternSet?
    }

    static let mostFilters = 16

    let head: Operand
    let calls: [Call]

    func value(in scope: TemplateScope) throws(TemplateError) -> JSONValue {
        var value = head.value(in: scope)
        for call in calls {
            let input = TemplateFilter.Input(
                value: value, arguments: call.arguments.map { $0.value(in: scope) }, pattern: call.pattern)
            value = try call.filter.apply(input)
        }
        return value
    }
}

/// A way to a value: `event.data.text`, `steps.weather.body.days[0]`.
struct TemplatePath: Sendable, Equatable {
    enum Root: String, Sendable, CaseIterable {
        case event, message, channel, steps, vars, item, index
    }

    enum Part: Sendable, Equatable {
        case key(String)
        /// Counts from the end when negative.
        case index(Int)
    }

    static let mostParts = 32

    let root: Root
    let parts: [Part]
}

/// What templates can see during a run.
struct TemplateScope: Sendable {
    var event: JSONValue = .null
    var message: JSONValue = .null
    var channel: JSONValue = .null
    var vars: [String: JSONValue] = [:]
    var steps: [String: JSONValue] = [:]
    var item: JSONValue = .null
    var index: JSONValue = .null

    /// What is at a path; null where there is nothing.
    func value(at path: TemplatePath) -> JSONValue {
        var parts = path.parts[...]
        var value: JSONValue
        switch path.root {
        case .event: value = event
        case .message: value = message
        case .channel: value = channel
        case .item: value = item
        case .index: value = index
        case .steps, .vars:
            guard case .key(let name)? = parts.popFirst() else { return .null }
            value = (path.root == .steps ? steps[name] : vars[name]) ?? .null
        }
        for part in parts { value = value.part(part) }
        return value
    }
}

extension JSONValue {
    fileprivate func part(_ part: TemplatePath.Part) -> JSONValue {
        switch (self, part) {
        case (.object(let fields), .key(let key)): fields[key] ?? .null
        case (.object(let fields), .index(let index)): fields["\(index)"] ?? .null
        case (.array(let items), .index(let index)):
            self[index < 0 ? items.count + index : index] ?? .null
        default: .null
        }
    }
}
