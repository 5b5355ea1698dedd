/// Takes the words of a command line one after another, and the untouched rest at any point.
///
/// Words are read only when asked for, so that a text with a lone quotation mark (`5" disk`) is an error only where a
/// word is wanted. A quotation mark opens only at the start of a word. Typographic marks, as telephones and editors write
/// them, count too, and close each other: `“The "lazy" fox”` is one word; where only one of the two was made typographic,
/// the plain one closes. Within quotation marks a backslash takes the next character as it is; outside it does so before a
/// space, a quotation mark and a backslash.
package struct CommandWords {
    /// A quotation mark that opens a word, and is not closed.
    package struct OpenQuotation: Error, Equatable {
        /// What stands behind it.
        package let text: String
    }

    /// What closes a mark, and what does when none of that follows.
    private static let closers: [Character: (first: Set<Character>, else: Set<Character>)] = [
        "\"": (["\""], ["”", "“", "‟"]), "“": (["”"], ["“", "\""]), "”": (["”"], ["“", "\""]),
        "„": (["“"], ["”", "‟", "\""]), "‟": (["”"], ["\""]), "«": (["»"], ["\""]), "»": (["«"], ["»", "\""]),
        "「": (["」"], []), "『": (["』"], []), "＂": (["＂"], ["\""]), "〝": (["〞"], ["〟", "\""]),
    ]

    private(set) var remaining: Substring

    package init(_ line: Substring) {
        remaining = line
        skipSpace()
    }

    package var isAtEnd: Bool { remaining.isEmpty }

    /// The next word; nil at the end.
    ///
    /// - Throws: ``OpenQuotation``.
    package mutating func next() throws(OpenQuotation) -> String? {
        guard let first = remaining.first else { return nil }
        defer { skipSpace() }
        if let closers = Self.closers[first] {
            remaining.removeFirst()
            return try quoted(until: closers.first, else: closers.else)
        }
        return bare { _ in false }
    }

    /// Whether an option comes next, or the end of them: what needs a value has none then.
    package var isAtOption: Bool {
        option != nil || remaining.hasPrefix("--") && remaining.dropFirst(2).first?.isWhitespace ?? true
    }

    /// What follows the dashes of an option.
    private var option: Substring? {
        let start: Substring
        if remaining.hasPrefix("--") {
            start = remaining.dropFirst(2)
        } else if remaining.first == "—" || remaining.first == "–" {
            start = remaining.dropFirst()
        } else {
            return nil
        }
        return start.first?.isLetter == true ? start : nil
    }

    /// The next word when it is an option: `--name` or `--name=value`; nil, and nothing taken, when it is not.
    ///
    /// A long dash counts as two, because editors make it of them.
    ///
    /// - Throws: ``OpenQuotation``.
    package mutating func nextOption() throws(OpenQuotation) -> (name: String, value: String?)? {
        guard let start = option else { return nil }
        remaining = start
        let name = bare { $0 == "=" }
        guard remaining.first == "=" else {
            skipSpace()
            return (name, nil)
        }
        remaining.removeFirst()
        if remaining.first?.isWhitespace ?? true {
            skipSpace()
            return (name, "")
        }
        return (name, try next())
    }

    /// Takes `--` that stands alone; what follows is no option then.
    package mutating func takeEndOfOptions() -> Bool {
        guard remaining.hasPrefix("--"), remaining.dropFirst(2).first?.isWhitespace ?? true else { return false }
        remaining.removeFirst(2)
        skipSpace()
        return true
    }

    /// Everything that is left, as it was written, without the space at its end.
    package mutating func takeRest() -> String {
        defer { remaining = remaining[remaining.endIndex...] }
        var rest = remaining
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    private mutating func skipSpace() { remaining = remaining.drop { $0.isWhitespace } }

    private mutating func quoted(
        until closers: Set<Character>, else others: Set<Character>
    ) throws(OpenQuotation) -> String {
        let start = remaining
        if let word = word(until: closers) { return word }
        remaining = start
        if !others.isEmpty, let word = word(until: others) { return word }
        throw OpenQuotation(text: String(start.prefix(100)))
    }

    /// - Returns: Nil when none of `closers` follows.
    private mutating func word(until closers: Set<Character>) -> String? {
        var word = ""
        while let character = remaining.popFirst() {
            if closers.contains(character) { return word }
            if character == "\\", let escaped = remaining.popFirst() {
                word.append(escaped)
            } else {
                word.append(character)
            }
        }
        return nil
    }

    private mutating func bare(until isEnd: (Character) -> Bool) -> String {
        var word = ""
        while let character = remaining.first, !character.isWhitespace, !isEnd(character) {
            remaining.removeFirst()
            if character == "\\", let next = remaining.first, next == "\"" || next == "\\" || next.isWhitespace {
                word.append(next)
                remaining.removeFirst()
            } else {
                word.append(character)
            }
        }
        return word
    }
}
