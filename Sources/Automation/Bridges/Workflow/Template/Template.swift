import ChatModel
import HTTPTypes

/// A text with places that are filled in from the event and from earlier answers: `Hello {{ message.author.name }}`.
///
/// Nothing in it can run code or change anything. It is checked when the file is read; filled in, it has a bound.
struct Template: Sendable {
    enum Piece: Sendable {
        case text(String)
        case expression(TemplateExpression)
    }

    /// How long a text may become, in bytes.
    static let longestText = 64 << 10
    static let mostPieces = 200

    let pieces: [Piece]

    init(pieces: [Piece]) { self.pieces = pieces }

    /// A text in which nothing is filled in.
    init(literal text: String) { pieces = text.isEmpty ? [] : [.text(text)] }

    /// The text, when nothing is filled in.
    var constant: String? {
        var text = ""
        for piece in pieces {
            guard case .text(let part) = piece else { return nil }
            text += part
        }
        return text
    }

    /// Whether a place in it begins with this root.
    func names(_ root: TemplatePath.Root) -> Bool {
        pieces.contains { piece in
            guard case .expression(let expression) = piece else { return false }
            return ([expression.head] + expression.calls.flatMap(\.arguments)).contains { operand in
                if case .path(let path) = operand { path.root == root } else { false }
            }
        }
    }

    /// The value: of the type that it has in JSON when the template is nothing but one place, else text.
    func value(in scope: TemplateScope) throws(TemplateError) -> JSONValue {
        guard pieces.count == 1, case .expression(let expression) = pieces[0] else {
            return .string(try text(in: scope))
        }
        let value = try expression.value(in: scope)
        if let text = value.string { try Self.check(text) }
        return value
    }

    func text(in scope: TemplateScope) throws(TemplateError) -> String {
        try text { expression throws(TemplateError) in try expression.value(in: scope).templateText() }
    }

    /// The text as a URL: what is filled in behind the beginning is percent-encoded.
    ///
    /// So nobody who writes a message can choose another path or another query.
    func url(in scope: TemplateScope) throws(TemplateError) -> String {
        var isFirst = true
        return try text { expression throws(TemplateError) in
            let text = try expression.value(in: scope).templateText()
            let isWhole = isFirst && Self.isExpression(pieces[0])
            isFirst = false
            return isWhole || expression.calls.last?.filter.name == "url" ? text : PercentEncoding.encode(text)
        }
    }

    private func text(
        _ render: (TemplateExpression) throws(TemplateError) -> String
    ) throws(TemplateError) -> String {
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .expression(let expression): result += try render(expression)
            }
            try Self.check(result)
        }
        return result
    }

    private static func isExpression(_ piece: Piece) -> Bool { if case .expression = piece { true } else { false } }

    private static func check(_ text: String) throws(TemplateError) {
        guard text.utf8.count <= longestText else {
            throw TemplateError("the text is longer than \(longestText >> 10) KiB")
        }
    }
}

/// A JSON value with templates in it.
indirect enum TemplateTree: Sendable {
    case constant(JSONValue)
    case template(Template)
    case list([TemplateTree])
    case map([(key: String, value: TemplateTree)])

    func value(in scope: TemplateScope) throws(TemplateError) -> JSONValue {
        switch self {
        case .constant(let value): return value
        case .template(let template): return try template.value(in: scope)
        case .list(let items):
            var values: [JSONValue] = []
            for item in items { values.append(try item.value(in: scope)) }
            return .array(values)
        case .map(let entries):
            var fields: [String: JSONValue] = [:]
            for entry in entries { fields[entry.key] = try entry.value.value(in: scope) }
            return .object(fields)
        }
    }
}
