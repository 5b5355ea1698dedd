import ChatModel

/// Everything that a workflow can be made of, as Markdown, from the declarations that read it.
enum WorkflowReference {
    static var text: String {
        [
            "### Steps", common, StepKind.all.map(section).joined(separator: "\n\n"), "### Conditions", conditions,
            "### Filters", filters,
        ].joined(separator: "\n\n") + "\n"
    }

    private static var common: String {
        "Keys that stand beside the name of any step:\n\n" + table(StepKind.common)
    }

    private static func section(_ kind: StepKind) -> String {
        var parts = ["#### `\(kind.name)`", kind.summary]
        if let short = kind.short { parts[1] += " A value without keys is `\(short)`." }
        // A step that is one value says all in its summary.
        let fields = kind.fields.filter { $0.name != kind.name } + kind.companions
        if !kind.companions.isEmpty {
            let names = kind.companions.map { "`\($0.name)`" }.joined(separator: " and ")
            parts[1] += " Beside it \(kind.companions.count == 1 ? "stands" : "stand") \(names)."
        }
        if !fields.isEmpty { parts.append(table(fields)) }
        if let answer = kind.answer, !answer.isEmpty {
            let items = answer.map { "`\($0.name)`" + ($0.meaning.isEmpty ? "" : " (\(plain($0.meaning)))") }
            parts.append("Its answer has \(items.joined(separator: ", ")).")
        }
        return parts.joined(separator: "\n\n")
    }

    private static func plain(_ sentence: String) -> String {
        let text = sentence.hasSuffix(".") ? sentence.dropLast() : Substring(sentence)
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private static func table(_ fields: [StepKind.Field]) -> String {
        let rows = fields.map { field in
            "| `\(field.name)` | \(field.type)\(field.isRequired ? ", required" : "") | \(cell(field.documentation)) |"
        }
        return (["| key | value | meaning |", "| --- | --- | --- |"] + rows).joined(separator: "\n")
    }

    private static var conditions: String {
        let rows = Condition.operators.map { "| `\($0.name)` | \(cell($0.meaning)) |" }
        return (["| word | holds when |", "| --- | --- |"] + rows).joined(separator: "\n")
    }

    private static var filters: String {
        let rows = TemplateFilter.all.map { filter in
            let parameters = filter.parameters.map { $0.isRequired ? $0.name : "\($0.name) (optional)" }
            let written = filter.name + (parameters.isEmpty ? "" : ": \(parameters.joined(separator: ", "))")
            let result = (try? filter.example.result.jsonText()) ?? ""
            return "| `\(written)` | \(cell(filter.summary)) | `\(cell(filter.example.template))` | `\(cell(result))` |"
        }
        return (["| filter | gives | for example | is |", "| --- | --- | --- | --- |"] + rows)
            .joined(separator: "\n")
    }

    private static func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("\n", with: " ")
    }
}
