import ChatModel
import PatternMatching
import Settings

/// Reads templates: text with `{{ path | filter: argument }}` in it.
///
/// A mistake in one place does not hide those in the others.
struct TemplateParser {
    private let characters: [Character]
    private let names: TemplateNames
    private var index = 0
    private var problems: [TemplateProblem] = []

    static func parse(
        _ text: String, names: TemplateNames
    ) -> (template: Template, problems: [TemplateProblem]) {
        var parser = TemplateParser(characters: Array(text), names: names)
        let template = parser.template()
        return (template, parser.problems)
    }

    private init(characters: [Character], names: TemplateNames) {
        self.characters = characters
        self.names = names
    }

    // MARK: Text

    private mutating func template() -> Template {
        var pieces: [Template.Piece] = []
        var text = ""
        while index < characters.count {
            guard isAt("{{") else {
                text.append(characters[index])
                index += 1
                continue
            }
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
            if pieces.count >= Template.mostPieces {
                problems.append(
                    TemplateProblem(offset: index, message: "more than \(Template.mostPieces) places in one text"))
                break
            }
            do throws(TemplateProblem) {
                pieces.append(.expression(try expression()))
            } catch {
                problems.append(error)
                skipToClose()
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        return Template(pieces: pieces)
    }

    private mutating func skipToClose() {
        while index < characters.count, !isAt("}}") { index += 1 }
        index = min(index + 2, characters.count)
    }

    // MARK: Expressions

    private mutating func expression() throws(TemplateProblem) -> TemplateExpression {
        let start = index
        index += 2
        skipBlanks()
        if isAt("}}") { throw problem("nothing stands between `{{` and `}}`", at: start) }
        let head = try operand(openedAt: start)
        var calls: [TemplateExpression.Call] = []
        while true {
            skipBlanks()
            if isAt("}}") {
                index += 2
                return TemplateExpression(head: head, calls: calls)
            }
            guard index < characters.count else { throw unclosed(start) }
            guard take("|") else { throw problem("expected `|` or `}}`, got `\(characters[index])`") }
            guard calls.count < TemplateExpression.mostFilters else {
                throw problem("more than \(TemplateExpression.mostFilters) filters")
            }
            calls.append(try call(openedAt: start))
        }
    }

    private mutating func call(openedAt start: Int) throws(TemplateProblem) -> TemplateExpression.Call {
        skipBlanks()
        let place = index
        guard index < characters.count else { throw unclosed(start) }
        guard let name = word() else { throw problem("expected the name of a filter behind `|`") }
        guard let filter = TemplateFilter.named(name) else {
            let hint = NearMiss.hint(name, among: TemplateFilter.all.map(\.name))
            throw problem("unknown filter `\(name)`\(hint)", at: place)
        }
        var arguments: [TemplateExpression.Operand] = []
        var places: [Int] = []
        skipBlanks()
        if take(":") {
            repeat {
                skipBlanks()
                places.append(index)
                arguments.append(try operand(openedAt: start))
                skipBlanks()
            } while take(",")
        }
        let needed = filter.parameters.count(where: \.isRequired)
        guard (needed...filter.parameters.count).contains(arguments.count) else {
            throw problem("`\(name)` is written \(filter.usage)", at: place)
        }
        let literals = arguments.map { argument -> JSONValue? in
            if case .literal(let value) = argument { value } else { nil }
        }
        if let complaint = filter.check?(literals) { throw problem("`\(name)`: \(complaint)", at: place) }
        var pattern: PatternSet?
        if filter.takesPattern {
            guard let text = literals[0]?.string else {
                throw problem("`\(name)` takes an expression in quotes", at: places[0])
            }
            do throws(PatternError) {
                pattern = try PatternSet([Pattern(id: 0, .regex(text))])
            } catch {
                throw problem("`\(name)`: \(error.message)", at: places[0])
            }
        }
        return TemplateExpression.Call(filter: filter, arguments: arguments, pattern: pattern)
    }

    private mutating func operand(openedAt start: Int) throws(TemplateProblem) -> TemplateExpression.Operand {
        guard index < characters.count else { throw unclosed(start) }
        let place = index
        if characters[index] == "\"" || characters[index] == "'" { return .literal(.string(try quoted())) }
        if let number = try number() { return .literal(number) }
        guard let name = word() else {
            throw problem("expected a path such as `event.data.text`, a number or a text in quotes")
        }
        switch name {
        case "true": return .literal(true)
        case "false": return .literal(false)
        case "null": return .literal(.null)
        default: break
        }
        guard let root = TemplatePath.Root(rawValue: name) else {
            let known = TemplatePath.Root.allCases.map(\.rawValue)
            let hint = NearMiss.hint(name, among: known)
            throw problem(
                "unknown name `\(name)`" + (hint.isEmpty ? "; there are \(known.joined(separator: ", "))" : hint),
                at: place)
        }
        let path = TemplatePath(root: root, parts: try parts(openedAt: start))
        if let complaint = names.complaint(about: path) { throw problem(complaint, at: place) }
        return .path(path)
    }

    private mutating func parts(openedAt start: Int) throws(TemplateProblem) -> [TemplatePath.Part] {
        var parts: [TemplatePath.Part] = []
        while index < characters.count {
            if take(".") {
                if let name = word() {
                    parts.append(.key(name))
                } else if let number = try number()?.integer, number >= 0 {
                    parts.append(.index(Int(number)))
                } else {
                    throw problem("expected a name behind `.`; other keys are written [\"like this\"]")
                }
            } else if take("[") {
                skipBlanks()
                guard index < characters.count else { throw unclosed(start) }
                if characters[index] == "\"" || characters[index] == "'" {
                    parts.append(.key(try quoted()))
                } else if let number = try number()?.integer {
                    parts.append(.index(Int(number)))
                } else {
                    throw problem("expected a number or a text in quotes between `[` and `]`")
                }
                skipBlanks()
                guard take("]") else { throw problem("expected `]`") }
            } else {
                break
            }
            guard parts.count <= TemplatePath.mostParts else {
                throw problem("a path of more than \(TemplatePath.mostParts) parts")
            }
        }
        return parts
    }

    // MARK: Words

    private mutating func quoted() throws(TemplateProblem) -> String {
        let start = index
        let quote = characters[index]
        index += 1
        var text = ""
        while index < characters.count, characters[index] != quote {
            if characters[index] == "\\", index + 1 < characters.count {
                index += 1
                switch characters[index] {
                case "n": text.append("\n")
                case "t": text.append("\t")
                case "\\", "\"", "'": text.append(characters[index])
                // Expressions are full of these.
                default: text += "\\\(characters[index])"
                }
            } else {
                text.append(characters[index])
            }
            index += 1
        }
        guard take(quote) else { throw problem("the quote is never closed", at: start) }
        return text
    }

    /// A number, when one stands here.
    private mutating func number() throws(TemplateProblem) -> JSONValue? {
        let start = index
        var end = index
        if end < characters.count, characters[end] == "-" { end += 1 }
        guard end < characters.count, Self.isDigit(characters[end]) else { return nil }
        while end < characters.count, Self.isDigit(characters[end]) { end += 1 }
        if end + 1 < characters.count, characters[end] == ".", Self.isDigit(characters[end + 1]) {
            end += 1
            while end < characters.count, Self.isDigit(characters[end]) { end += 1 }
        }
        guard let value = JSONValue.number(of: String(characters[start..<end])) else {
            throw problem("the number is too large", at: start)
        }
        index = end
        return value
    }

    private mutating func word() -> String? {
        let start = index
        while index < characters.count, Self.isWord(characters[index], isFirst: index == start) { index += 1 }
        return index > start ? String(characters[start..<index]) : nil
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    private static func isWord(_ character: Character, isFirst: Bool) -> Bool {
        guard let byte = character.asciiValue else { return false }
        return (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F
            || !isFirst && ((0x30...0x39).contains(byte) || byte == 0x2D)
    }

    private mutating func skipBlanks() {
        while index < characters.count, characters[index].isWhitespace { index += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard index < characters.count, characters[index] == character else { return false }
        index += 1
        return true
    }

    private func isAt(_ pair: String) -> Bool {
        index + 1 < characters.count && characters[index] == pair.first && characters[index + 1] == pair.last
    }

    private func problem(_ message: String, at place: Int? = nil) -> TemplateProblem {
        TemplateProblem(offset: place ?? index, message: message)
    }

    private func unclosed(_ start: Int) -> TemplateProblem {
        problem("`{{` is never closed with `}}`", at: start)
    }
}
