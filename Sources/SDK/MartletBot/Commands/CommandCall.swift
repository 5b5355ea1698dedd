/// A message that is meant as a command of this bot.
struct CommandCall: Equatable {
    /// What follows the prefix or the mention.
    var text: Substring
    /// Whether the bot was called by its name, so that it is surely meant.
    var isAddressed: Bool

    /// Reads `!name …` and `@handle name …`; nil for anything else.
    ///
    /// After the prefix a letter or digit has to follow at once: `!!!` and `! no` are speech.
    init?(_ message: String, prefix: String, handle: String) {
        let text = message[...].drop { $0.isWhitespace }
        if !prefix.isEmpty, text.hasPrefix(prefix) {
            let rest = text.dropFirst(prefix.count)
            guard let first = rest.first, first.isLetter || first.isNumber else { return nil }
            self.text = rest
            isAddressed = false
        } else if let rest = Self.afterMention(of: handle, in: text) {
            self.text = rest
            isAddressed = true
        } else {
            return nil
        }
    }

    /// Whether `@handle` stands anywhere in `text` as a word.
    static func mentions(_ handle: String, in text: String) -> Bool {
        var rest = text[...]
        var before: Character?
        while let at = rest.firstIndex(of: "@") {
            if at > text.startIndex { before = text[text.index(before: at)] }
            if before.map(isHandle) != true, afterMention(of: handle, in: rest[at...]) != nil { return true }
            rest = rest[rest.index(after: at)...]
        }
        return false
    }

    private static func afterMention(of handle: String, in text: Substring) -> Substring? {
        guard !handle.isEmpty, text.first == "@" else { return nil }
        let name = text.dropFirst().prefix(handle.count)
        guard name.lowercased() == handle.lowercased() else { return nil }
        let rest = text.dropFirst(1 + handle.count)
        guard rest.first.map(isHandle) != true else { return nil }
        return rest.drop { $0 == ":" || $0 == "," || $0.isWhitespace }
    }

    private static func isHandle(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "-"
    }
}
