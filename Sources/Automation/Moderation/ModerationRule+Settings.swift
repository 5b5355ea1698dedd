package import Settings

extension ModerationRule {
    /// The keys of a rule in a configuration file.
    package static let spec = SettingsSpec {
        SettingKey("id", .string, "The rule's name, in reports and in the audit log.", example: "slurs", required: true)
        SettingKey(
            "words", .list(.string),
            "Words and phrases to look for; `cat*`, `*cat` and `*cat*` match more than the whole word.",
            example: ["badword", "worse*"])
        SettingKey(
            "words_file", .string, "A list with one word a line, relative to this file.", example: "words.txt")
        SettingKey(
            "regexes", .list(.string),
            "Regular expressions without look-around, at most 260 characters each; in any case, but for those with `[A-Z]`.",
            example: ["b[ae]d"])
        SettingKey(
            "reading", .enumeration(Reading.allCases.map(\.rawValue)),
            "How freely words are read: in any case, also in other spellings, also without the accents that a word has.",
            default: "folded")
        SettingKey(
            "language", .string,
            "The language of the words, as a BCP 47 tag: its letters are no accents (`ş` is no `s` in Turkish).",
            example: "tr")
        SettingKey(
            "whole_words", .boolean,
            "Whether words of Chinese, Japanese, Thai and the like count only where a dictionary finds them as words.",
            default: true)
        SettingKey(
            "except", .list(.string), "Words and phrases inside which a match does not count, such as place names.",
            example: ["Scunthorpe"])
        SettingKey(
            "channels", .list(.string), "Names of channels, with * and ?; all channels when left out.",
            example: ["support", "customer-*"])
        SettingKey(
            "applies_to", .list(.enumeration(AuthorKind.allCases.map(\.rawValue))), "Whose messages are looked at.",
            default: .list(AuthorKind.allCases.map { .string($0.rawValue) }))
        SettingKey(
            "action", .enumeration(["block", "mask", "hold", "flag"]), "What happens to a message that matches.",
            default: "flag")
        SettingKey(
            "reason", .string, "What the author of a blocked message is told.",
            default: "This message breaks the rules of this place.")
        SettingKey(
            "mask", .string, "What replaces a match: one character for each, or a text for the whole.", default: "*")
        SettingKey(
            "skip", .list(.enumeration(Skipped.allCases.map(\.rawValue))), "Parts of a message to leave out.",
            default: [])
        SettingKey(
            "mode", .enumeration(Mode.allCases.map(\.rawValue)),
            "Whether the rule acts; `flag` marks only, `off` does nothing.", default: "enforce")
    }

    /// Makes a rule of checked settings.
    package init(_ settings: Settings) {
        let file = settings.optionalString("words_file")
        self.init(
            id: settings.string("id"), words: settings.strings("words"),
            wordsFile: file.map { $0.hasPrefix("/") ? $0 : "\(settings.folder)/\($0)" },
            regexes: settings.strings("regexes"), except: settings.strings("except"),
            channels: settings.isGiven("channels") ? settings.strings("channels") : nil,
            appliesTo: Set(settings.strings("applies_to").compactMap(AuthorKind.init)),
            action: Self.action(settings), mode: Mode(rawValue: settings.string("mode")) ?? .enforce,
            skip: Set(settings.strings("skip").compactMap(Skipped.init)),
            reading: Reading(rawValue: settings.string("reading")) ?? .folded,
            language: settings.optionalString("language"), wholeWords: settings.boolean("whole_words"))
    }

    /// Makes rules of the list at `path`, with every word, list and expression tried; problems name their place.
    ///
    /// - Parameter isCompiledNext: Whether an engine is made of them at once, which tries words and expressions itself: read
    ///   once, and what was compiled before is not tried again.
    package static func read(
        _ settings: Settings, at path: String = "rules", isCompiledNext: Bool = false
    ) -> (rules: [ModerationRule], problems: [SettingsProblem]) {
        var problems: [SettingsProblem] = []
        var seen: Set<String> = []
        let rules = settings.sections(path).map { section in
            let rule = ModerationRule(section)
            if !seen.insert(rule.id).inserted {
                problems.append(section.problem(at: "id", "two rules have the name \"\(rule.id)\""))
            }
            problems += ModerationEngine.problems(of: rule, isCompiledNext: isCompiledNext).map {
                section.problem(at: $0.field, $0.message)
            }
            return rule
        }
        return (rules, problems)
    }

    private static func action(_ settings: Settings) -> ModerationAction {
        switch settings.string("action") {
        case "block": .block(reason: settings.string("reason"))
        case "mask": .mask(with: settings.string("mask"))
        case "hold": .hold
        default: .flag
        }
    }
}
