/// A regular expression, taken apart as far as Hyperscan needs it: it knows word borders of ASCII only.
///
/// `\b` at the beginning and the end is taken off and looked at by ``Word``; an expression of several alternatives becomes
/// several when there are such borders in it.
struct RegexParts {
    struct Part {
        var expression: String
        var hasLeftBorder = false
        var hasRightBorder = false
        /// Whether there are borders that stay.
        var hasInnerBorder = false
        /// The expression with classes of ASCII, where it has another with those of all letters.
        var narrow: String?
        /// Whether it can match bytes instead of characters, which is quicker.
        var isBytes = false

        fileprivate mutating func widen() {
            let wide = RegexParts.widened(expression)
            if wide != expression {
                narrow = expression
                expression = wide
            } else {
                // A class that is turned around, or a dot, could take a part of a character.
                isBytes =
                    expression.utf8.allSatisfy { $0 < 0x80 }
                    && !["[^", ".", "\\W", "\\D", "\\S", "\\p", "\\P", "\\x", "\\X", "\\C", "(?"]
                        .contains { expression.contains($0) }
            }
        }
    }

    private static let mostAlternatives = 32
    private var parts: [Part] = []

    init(_ regex: String, _ index: Int) throws(PatternError) {
        guard regex.count <= CompiledExpression.longestRegex else {
            throw PatternError(index: index, message: "longer than \(CompiledExpression.longestRegex) characters")
        }
        guard !regex.utf8.contains(0) else { throw PatternError(index: index, message: "holds a NUL character") }
        guard Self.hasBorder(regex) else {
            parts = [Part(expression: regex)]
            parts[0].widen()
            return
        }
        var body = regex[...]
        var flags = Substring()
        if body.hasPrefix("(?"), let close = body.firstIndex(of: ")"),
            body[..<close].dropFirst(2).allSatisfy({ $0.isLetter && $0.isASCII })
        {
            flags = body[...close]
            body = body[body.index(after: close)...]
        }
        let alternatives = Self.alternatives(body)
        guard alternatives.count <= Self.mostAlternatives else {
            parts = [Part(expression: regex, hasInnerBorder: true)]
            return
        }
        for alternative in alternatives {
            var part = Self.part(alternative)
            if part.hasInnerBorder, !part.expression.utf8.allSatisfy({ $0 < 0x80 }) {
                throw PatternError(
                    index: index,
                    message:
                        "\\b inside an expression knows ASCII letters only and these are others; put it at the beginning or the end"
                )
            }
            part.expression = flags + part.expression
            part.widen()
            parts.append(part)
        }
    }

    func map<T>(_ transform: (Part) -> T) -> [T] { parts.map(transform) }

    private static func part(_ text: Substring) -> Part {
        var text = text
        var part = Part(expression: "")
        if text.hasPrefix("\\b"), beginsWithWord(text.dropFirst(2)) {
            part.hasLeftBorder = true
            text = text.dropFirst(2)
        }
        if endsWithBorder(text), endsWithWord(text.dropLast(2)) {
            part.hasRightBorder = true
            text = text.dropLast(2)
        }
        part.expression = String(text)
        part.hasInnerBorder = hasBorder(text)
        return part
    }

    /// `\w`, `\d` and `\s` with letters, digits and blanks of the scripts that chats are written in.
    ///
    /// Blocks, not each letter: Unicode's own classes have hundreds of parts, and ten expressions of them fill a minute.
    fileprivate static func widened(_ regex: String) -> String {
        guard regex.contains("\\w") || regex.contains("\\d") || regex.contains("\\s") else { return regex }
        var result = ""
        visit(regex) { character, isEscaped, isClass, _ in
            guard isEscaped, let more = classes[character] else {
                result.append(character)
                return
            }
            // The backslash is there already.
            result.removeLast()
            result += isClass ? "\\\(character)\(more)" : "[\\\(character)\(more)]"
        }
        return result
    }

    private static let classes: [Character: String] = [
        "w":
            "\\x{AA}\\x{B5}\\x{BA}\\x{C0}-\\x{1FFF}\\x{2C00}-\\x{2DFF}\\x{3005}-\\x{A6FF}\\x{A722}-\\x{D7FF}\\x{F900}-\\x{FDFF}\\x{FE70}-\\x{FEFC}\\x{FF10}-\\x{FFDC}\\x{10000}-\\x{1CFFF}\\x{1D400}-\\x{1EFFF}\\x{20000}-\\x{3FFFF}",
        "d": "\\x{660}-\\x{669}\\x{6F0}-\\x{6F9}\\x{966}-\\x{96F}\\x{FF10}-\\x{FF19}",
        "s": "\\x{A0}\\x{2000}-\\x{200B}\\x{2028}\\x{2029}\\x{202F}\\x{3000}",
    ]

    /// Whether `\b` or `\B` stands in it, outside classes (where `\b` is a backspace).
    private static func hasBorder(_ text: some StringProtocol) -> Bool {
        var found = false
        visit(text) { character, isEscaped, isClass, _ in
            if isEscaped, !isClass, character == "b" || character == "B" { found = true }
        }
        return found
    }

    private static func endsWithBorder(_ text: Substring) -> Bool {
        guard text.hasSuffix("\\b") else { return false }
        return text.dropLast().reversed().prefix { $0 == "\\" }.count % 2 == 1
    }

    private static func beginsWithWord(_ text: Substring) -> Bool {
        guard let first = text.first else { return false }
        if first == "\\" { return ["w", "d", "p"].contains(text.dropFirst().first) }
        return first.isLetter || first.isNumber || first == "[" || first == "("
    }

    private static func endsWithWord(_ text: Substring) -> Bool {
        guard let last = text.last else { return false }
        return last.isLetter || last.isNumber || "])}+*?".contains(last)
    }

    /// The text cut at the `|` that stand in no brackets.
    private static func alternatives(_ text: Substring) -> [Substring] {
        var cuts: [Substring.Index] = []
        visit(text, places: { cuts.append($0) }) { _, _, _, _ in }
        var result: [Substring] = []
        var start = text.startIndex
        for cut in cuts {
            result.append(text[start..<cut])
            start = text.index(after: cut)
        }
        return result + [text[start...]]
    }

    /// Goes over a regular expression.
    ///
    /// - Parameters:
    ///   - places: Told where a `|` stands in no brackets.
    ///   - body: Told each character, whether a backslash stands before it, whether it is in a class, and how deep.
    fileprivate static func visit<Text: StringProtocol>(
        _ text: Text, places: (Text.Index) -> Void = { _ in },
        _ body: (_ character: Character, _ isEscaped: Bool, _ isClass: Bool, _ depth: Int) -> Void
    ) {
        var isEscaped = false
        var isClass = false
        var depth = 0
        for index in text.indices {
            let character = text[index]
            body(character, isEscaped, isClass, depth)
            if isEscaped {
                isEscaped = false
                continue
            }
            switch character {
            case "\\": isEscaped = true
            case "[": isClass = true
            case "]": isClass = false
            case "(" where !isClass: depth += 1
            case ")" where !isClass: depth -= 1
            case "|" where !isClass && depth == 0: places(index)
            default: break
            }
        }
    }
}
