package import PatternMatching
import Text

/// What a rule does to a message that it matches.
package enum ModerationAction: Sendable, Hashable {
    /// Refuses the message; its author sees the reason.
    case block(reason: String)
    /// Replaces what matched: each character by a mask of one character, the whole match by a longer one.
    case mask(with: String)
    /// Lets the message through and marks it for the moderators.
    case flag
    /// Keeps the message back until a moderator has seen it.
    case hold
}

/// Who wrote a message.
package enum AuthorKind: String, Sendable, Hashable, CaseIterable {
    case user = "users"
    case bot = "bots"
    case hook = "hooks"
    case email = "email"
}

/// One rule: what is looked for, where, and what happens then.
package struct ModerationRule: Sendable, Hashable {
    /// Whether a rule acts; a new one is best watched for a while first.
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        case enforce
        /// Marks what it matches and does nothing else.
        case flag
        case off
    }

    /// How freely the words of a rule are read.
    package enum Reading: String, Sendable, Hashable, CaseIterable {
        /// As they are written, in any case.
        case exact
        /// Also in other shapes and spellings; the accents that a word has must be there.
        case folded
        /// Also without the word's own accents.
        case strict
    }

    /// Parts of a text in which a rule may look away.
    package enum Skipped: String, Sendable, Hashable, CaseIterable {
        case urls
        /// Between backticks.
        case code
    }

    package var id: String
    /// Words and phrases; `cat*`, `*cat` and `*cat*` match more than the whole word.
    package var words: [String]
    /// A file with one word a line; lines that begin with `#` and empty ones do not count.
    package var wordsFile: String?
    package var regexes: [String]
    /// Words and phrases inside which a match does not count, such as place names.
    package var except: [String]
    /// Names of channels, with `*` and `?`; nil means all.
    package let channels: [NamePattern]?
    package var appliesTo: Set<AuthorKind>
    package var action: ModerationAction
    package var mode: Mode
    package var skip: Set<Skipped>
    package var reading: Reading
    /// The language of the words, as a BCP 47 tag: its letters are letters and no accents.
    package let language: String?
    /// The letters of the language; nil without one, or when it is not known.
    let letters: Set<Unicode.Scalar>?
    /// Whether words of Han, kana, Thai and the like count only where a dictionary finds them as words.
    package var wholeWords: Bool

    package init(
        id: String, words: [String] = [], wordsFile: String? = nil, regexes: [String] = [], except: [String] = [],
        channels: [String]? = nil, appliesTo: Set<AuthorKind> = Set(AuthorKind.allCases), action: ModerationAction,
        mode: Mode = .enforce, skip: Set<Skipped> = [], reading: Reading = .folded, language: String? = nil,
        wholeWords: Bool = true
    ) {
        self.id = id
        self.words = words
        self.wordsFile = wordsFile
        self.regexes = regexes
        self.except = except
        self.channels = channels?.map(NamePattern.init)
        self.appliesTo = appliesTo
        self.action = action
        self.mode = mode
        self.skip = skip
        self.reading = reading
        self.language = language
        letters = language.flatMap { CharacterFacts.letters(ofLanguage: $0) }
        self.wholeWords = wholeWords
    }

    /// Whether one match says all: what is marked or refused is so as a whole.
    var needsOneMatch: Bool {
        guard except.isEmpty, skip.isEmpty else { return false }
        if case .mask = action, mode == .enforce { return false }
        return true
    }

    /// Whether an expression tells capitals apart: one that asks for capitals by a class of nothing else, `[A-Z]{3,}`,
    /// would otherwise match everything.
    func isCaseSensitive(_ regex: String) -> Bool {
        if regex.contains("(?i)") { return false }
        if regex.contains("\\p{Lu}") || regex.contains("[[:upper:]]") { return true }
        var rest = regex[...]
        while let open = rest.firstIndex(of: "[") {
            let body = rest[rest.index(after: open)...]
            guard let close = body.dropFirst().firstIndex(of: "]") else { return false }
            let letters = body[..<close].filter(\.isCased)
            if !letters.isEmpty, letters.allSatisfy(\.isUppercase), body.first != "^" { return true }
            rest = body[close...].dropFirst()
        }
        return false
    }

    /// Whether the rule looks at messages of this author in this channel.
    func applies(to input: ModerationInput) -> Bool {
        guard appliesTo.contains(input.authorKind) else { return false }
        guard let channels else { return true }
        return channels.contains { $0.matches(input.channelName) }
    }
}
