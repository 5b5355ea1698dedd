import ChatModel

extension EventDefinition {
    /// The page of the type, in Markdown.
    package var page: String {
        var text = """
            # \(type)

            \(summary)

            Version \(version). It goes to \(audience.description), and to bridges.
            """
        if !notes.isEmpty { text += "\n\n\(notes)" }
        text += """


            | field | type | meaning |
            | --- | --- | --- |
            \(Self.rows(fields, below: ""))

            A field with a ? may be missing. There may be more fields than these.

            ```json
            \(exampleEvent)
            ```

            The same as JSON Schema: [\(fileName).json](schemas/\(fileName).json). [All types](../events.md#types).

            """
        return text
    }

    /// An event of the type as it may come, in JSON.
    package var exampleEvent: String {
        var head = #"{"cursor":"812-77","type":"\#(type)","version":\#(version)"#
        for (name, value) in [("channel_id", 3), ("actor_id", 4), ("subject_id", 99)]
        where fields.contains(where: { $0.name == name }) {
            head += #","\#(name)":\#(value)"#
        }
        let data = example.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n ")
        return head + #","hops":0,"# + "\n" + #" "at":"2026-01-31T09:05:07.120Z","data":"# + "\n \(data)}"
    }

    /// The table of all types, in Markdown, for a page one level above theirs.
    package static var overview: String {
        let rows = all.map {
            "| [`\($0.type)`](events/\($0.type).md) | \($0.summary) | \($0.audience.description) |"
        }
        return (["| type | what has happened | who gets it |", "| --- | --- | --- |"] + rows).joined(separator: "\n")
    }

    private static func rows(_ fields: [JSONSchema.Field], below path: String) -> String {
        fields.map { field in
            let name = path + field.name
            var rows =
                "| `\(name)`\(field.isRequired ? "" : " ?") | \(field.schema.summary) | \(field.schema.documentation) |"
            switch field.schema.kind {
            case .object(let inner) where !inner.isEmpty: rows += "\n" + Self.rows(inner, below: "\(name).")
            case .array(let element):
                if case .object(let inner) = element.kind { rows += "\n" + Self.rows(inner, below: "\(name)[].") }
            default: break
            }
            return rows
        }.joined(separator: "\n")
    }
}
