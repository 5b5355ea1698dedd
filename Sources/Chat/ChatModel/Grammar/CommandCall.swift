/// A message that is meant as a command of this bot.
package struct CommandCall: Equatable {
    /// What follows the prefix or the mention.
    package var text: Substring
    /// Whether the bot was called by its name, so that it is surely meant.
    package var isAddressed: Bool

    /// Reads `!name …` and `@handle name …`; nil for anything else.
    ///
    /// After the prefix a letter or digit has to follow at once: `!!!` and `! no` are speech.
    package init?(_ message: String, prefix: String, handle: String) {
        let text = message[...].drop { $0.isWhitespace }
        if !prefix.isEmpty, text.hasPrefix(prefix) {
            let rest = text.dropFirst(prefix.count)
            guard let first = rest.first, first.isLetter || first.isNumber else { return nil }
            self.text = rest
            isAddressed = false
        } else if let rest = Mention.rest(after: handle, in: text) {
            self.text = rest
            isAddressed = true
        } else {
            return nil
        }
    }
}
