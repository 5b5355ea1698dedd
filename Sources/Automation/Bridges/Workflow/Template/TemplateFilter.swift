import ChatModel
import PatternMatching

/// Changes a value on its way into a text: pure, bounded, and one of a closed list.
struct TemplateFilter: Sendable {
    struct Parameter: Sendable {
        let name: String
        var isRequired = true
    }

    /// What a filter works on.
    struct Input {
        let value: JSONValue
        let arguments: [JSONValue]
        let pattern: PatternSet?

        /// An argument that may have been left out.
        func argument(_ index: Int) -> JSONValue? {
            // A plain nil would be JSON's null.
            arguments.indices.contains(index) ? .some(arguments[index]) : .none
        }

        /// The value as text.
        func text() throws(TemplateError) -> String { try value.templateText() }

        func text(_ index: Int, default standard: String = "") throws(TemplateError) -> String {
            try argument(index)?.templateText() ?? standard
        }

        /// The items of a list; a value that is none counts as a list of one, null as an empty one.
        var items: [JSONValue] {
            switch value {
            case .array(let items): items
            case .null: []
            default: [value]
            }
        }
    }

    /// A template and what it gives; shown in the reference, and tested.
    typealias Example = (template: String, result: JSONValue)

    let name: String
    let parameters: [Parameter]
    let summary: String
    let example: Example
    /// Whether the first argument is a regular expression, read with the file.
    var takesPattern = false
    /// What is wrong with arguments that stand in the file; nil for those that are known later.
    var check: (@Sendable ([JSONValue?]) -> String?)?
    let apply: @Sendable (Input) throws(TemplateError) -> JSONValue

    init(
        _ name: String, _ parameters: [Parameter] = [], _ summary: String, _ example: Example,
        takesPattern: Bool = false, check: (@Sendable ([JSONValue?]) -> String?)? = nil,
        apply: @escaping @Sendable (Input) throws(TemplateError) -> JSONValue
    ) {
        self.name = name
        self.parameters = parameters
        self.summary = summary
        self.example = example
        self.takesPattern = takesPattern
        self.check = check
        self.apply = apply
    }

    /// A list that a filter makes may not be longer.
    static let mostItems = 10_000

    static let all: [TemplateFilter] = texts + values
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    static func named(_ name: String) -> TemplateFilter? { byName[name] }

    /// How it is written: `truncate: length, ending`.
    var usage: String {
        guard !parameters.isEmpty else { return "`\(name)`, without arguments" }
        let written = parameters.map { $0.isRequired ? $0.name : "\($0.name) (optional)" }
        return "`\(name): \(written.joined(separator: ", "))`"
    }

    /// Keeps a text from growing without bounds.
    static func bounded(_ text: String) throws(TemplateError) -> JSONValue {
        guard text.utf8.count <= JSONValue.longestTemplateText else {
            throw TemplateError("a filter made a text of more than \(JSONValue.longestTemplateText >> 20) MiB")
        }
        return .string(text)
    }
}
