import Foundation
import PatternMatching

/// A word of a rule, with its stars read.
struct WordPattern {
    private enum Shape {
        case word, prefix, suffix, anywhere
    }

    private let shape: Shape
    private let text: String

    /// Reads `cat`, `cat*`, `*cat`, `*cat*` or a phrase; throws a sentence on what is wrong.
    init(_ raw: String) throws(WordError) {
        var text = Substring(raw.trimmingCharacters(in: .whitespacesAndNewlines))
        let opens = text.hasPrefix("*")
        let closes = text.count > 1 && text.hasSuffix("*")
        if opens { text.removeFirst() }
        if closes { text.removeLast() }
        guard !text.isEmpty else { throw WordError(message: "nothing to look for") }
        guard !text.contains("*") else { throw WordError(message: "a * stands only at the beginning or the end") }
        guard text.utf8.count <= 100 else { throw WordError(message: "longer than 100 bytes") }
        self.text = String(text).precomposedStringWithCanonicalMapping
        shape =
            switch (opens, closes) {
            case (false, false): .word
            case (false, true): .prefix
            case (true, false): .suffix
            case (true, true): .anywhere
            }
    }

    /// What to look for in a text: the word as it stands and, if that differs, as it is folded.
    var expressions: [Pattern.Expression] {
        let folded = Folding.fold(text)
        guard !folded.isEmpty, folded != text.lowercased() else { return [expression(text)] }
        return [expression(text), expression(folded)]
    }

    /// What to look for among joined letters: the letters alone, if they are enough to mean something.
    var joinedExpression: Pattern.Expression? {
        let letters = String(Folding.fold(text).filter { $0.isLetter || $0.isNumber })
        return letters.count >= 3 ? .anywhere(letters) : nil
    }

    private func expression(_ text: String) -> Pattern.Expression {
        switch shape {
        case .word: .literalWord(text)
        case .prefix: .prefix(text)
        case .suffix: .suffix(text)
        case .anywhere: .anywhere(text)
        }
    }
}

/// What is wrong with a word or a list of words.
struct WordError: Error {
    let message: String
}
