package import PatternMatching

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

    package init(
        id: String, words: [String] = [], wordsFile: String? = nil, regexes: [String] = [], except: [String] = [],
        channels: [String]? = nil, appliesTo: Set<AuthorKind> = Set(AuthorKind.allCases), action: ModerationAction,
        mode: Mode = .enforce, skip: Set<Skipped> = []
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
    }

    /// Whether the rule looks at messages of this author in this channel.
    func applies(to input: ModerationInput) -> Bool {
        guard appliesTo.contains(input.authorKind) else { return false }
        guard let channels else { return true }
        return channels.contains { $0.matches(input.channelName) }
    }
}
