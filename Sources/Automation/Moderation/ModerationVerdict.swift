package import Text

/// What is to be judged.
package struct ModerationInput: Sendable {
    package let text: String
    package let channelName: String
    package let authorKind: AuthorKind

    package init(text: String, channelName: String, authorKind: AuthorKind) {
        self.text = text
        self.channelName = channelName
        self.authorKind = authorKind
    }
}

/// How a text had to be read for a rule to match; shown to moderators, who decide whether that was right.
package enum ModerationStep: String, Sendable, Hashable {
    /// As it was written, in any case.
    case original
    /// Without invisible characters, marks, other shapes and look-alikes of letters.
    case folded
    /// With text turned around by direction marks turned back.
    case reversed
    /// With digits and signs read as the letters they stand for.
    case leet
    /// With repeated letters squeezed.
    case squeezed
    /// With spaced-out letters joined.
    case joined
    /// As Markdown and HTML show it.
    case visible
    /// With a vowel in the place of a sign.
    case covered
}

/// Where a rule matched.
package struct ModerationMatch: Sendable, Hashable {
    package let rule: String
    /// In the UTF-8 form of the original text, at borders of characters.
    package let range: Range<Int>
    package let step: ModerationStep
}

/// What is to become of a message.
package struct ModerationVerdict: Sendable, Equatable {
    /// The most severe action of all rules that matched.
    package enum Action: Sendable, Equatable {
        case allow
        /// Stored with other texts in places of the original; they may overlap.
        case mask([TextEdit])
        case hold
        case block
    }

    package let action: Action
    /// Shown to the author; empty when there is nothing to say.
    package let reason: String
    package let matches: [ModerationMatch]
    /// The rules that ask a moderator to look, in the order of the rules.
    package let flaggedBy: [String]
    /// False when there was more to find than is looked for in one text; only hostile texts and odd rules get there.
    package let isComplete: Bool

    package static let clean = ModerationVerdict(
        action: .allow, reason: "", matches: [], flaggedBy: [], isComplete: true)
}

/// Why a rule cannot be used.
package struct ModerationError: Error, Hashable, CustomStringConvertible {
    package let rule: String
    /// The part of the rule: `regexes[1]`; empty for the rule as a whole.
    package let field: String
    package let message: String

    package var description: String { "rule \(rule)\(field.isEmpty ? "" : ", \(field)"): \(message)" }
}
