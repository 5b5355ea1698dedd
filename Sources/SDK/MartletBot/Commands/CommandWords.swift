/// Takes the words of a command line one after another, and the untouched rest at any point.
///
/// Words are read only when asked for, so that a text with a lone quotation mark (`5" disk`) is an error only where a
/// word is wanted. A quotation mark opens only at the start of a word; typographic marks, as telephones write them,
/// count too. Within quotation marks a backslash takes the next character as it is; outside it does so before a space,
/// a quotation mark and a backslash.
struct CommandWords {
    private static let closers: [Character: Set<Character>] = [
        "\"": ["\""], "“": ["”", "“", "\""], "„": ["“", "”", "\""], "«": ["»"],
    ]

    private(set) var remaining: Substring

    init(_ line: Substring) {
        remaining = line
        skipSpace()
    }

    var isAtEnd: Bool { remaining.isEmpty }

    /// The next word; nil at the end.
    mutating func next() throws -> String? {
        guard let first = remaining.first else { return nil }
        defer { skipSpace() }
        if let closers = Self.closers[first] {
            remaining.removeFirst()
            return try quoted(until: closers)
        }
        return bare { _ in false }
    }

    /// The next word when it is an option: `--name` or `--name=value`; nil, and nothing taken, when it is not.
    ///
    /// An em dash counts as two dashes, because editors make it of them.
    mutating func nextOption() throws -> (name: String, value: String?)? {
        let start = remaining.hasPrefix("--") ? remaining.dropFirst(2) : remaining.drop(prefix: "—")
        guard let start, start.first?.isLetter == true else { return nil }
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
    mutating func takeEndOfOptions() -> Bool {
        guard remaining.hasPrefix("--"), remaining.dropFirst(2).first?.isWhitespace ?? true else { return false }
        remaining.removeFirst(2)
        skipSpace()
        return true
    }

    /// Everything that is left, as it was written, without the space at its end.
    mutating func takeRest() -> String {
        defer { remaining = remaining[remaining.endIndex...] }
        var rest = remaining
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    private mutating func skipSpace() { remaining = remaining.drop { $0.isWhitespace } }

    private mutating func quoted(until closers: Set<Character>) throws -> String {
        var word = ""
        while let character = remaining.popFirst() {
            if closers.contains(character) { return word }
            if character == "\\", let escaped = remaining.popFirst() {
                word.append(escaped)
            } else {
                word.append(character)
            }
        }
        throw ArgumentError("a quotation mark is never closed", found: word)
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

extension Substring {
    fileprivate func drop(prefix: Character) -> Substring? { first == prefix ? dropFirst() : nil }
}
