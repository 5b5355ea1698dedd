import PatternMatching

/// The words and expressions of all rules, ready to be looked for.
struct Lexicon: Sendable {
    /// What a word belongs to.
    struct Entry: Sendable {
        let rule: Int32
        let isException: Bool
        let shape: WordPattern.Shape
        let forms: WordPattern.Forms
    }

    let words: WordAutomaton
    let entries: [Entry]
    let expressions: PatternSet
    /// The rule of each expression.
    let expressionRules: [Int32]
    /// Whether some words are looked for in the exact form, and some with their accents only.
    let hasExact: Bool
    let hasAccented: Bool

    init(_ rules: [ModerationRule], cache: PatternCache? = nil) throws(ModerationError) {
        var gathered = Gathered()
        for (index, rule) in rules.enumerated() {
            let read = RuleWords(rule)
            if let problem = read.problems.first ?? read.problemsOfFile.first { throw problem }
            for word in read.words { gathered.add(word, rule, Int32(index), isException: false) }
            for word in read.exceptions { gathered.add(word, rule, Int32(index), isException: true) }
        }
        var patterns: [Pattern] = []
        var origins: [(rule: Int32, field: String)] = []
        for (index, rule) in rules.enumerated() {
            for (place, regex) in rule.regexes.enumerated() {
                patterns.append(
                    Pattern(id: patterns.count, .regex(regex), isCaseSensitive: rule.isCaseSensitive(regex)))
                origins.append((Int32(index), "regexes[\(place)]"))
            }
        }
        do throws(PatternError) { expressions = try PatternSet(patterns, cache: cache) } catch {
            let origin = error.index.map { origins[$0] }
            throw ModerationError(
                rule: origin.map { rules[Int($0.rule)].id } ?? "all", field: origin?.field ?? "", message: error.message
            )
        }
        expressionRules = origins.map(\.rule)
        words = WordAutomaton(gathered.words)
        entries = gathered.entries
        hasExact = entries.contains { $0.forms == .exact }
        hasAccented = entries.contains { $0.forms == .marked }
    }

    /// Everything that is wrong with a rule taken alone.
    ///
    /// - Parameter isCompiledNext: Its words and expressions are left to ``init(_:cache:)``, which reads them anyway.
    static func problems(of rule: ModerationRule, isCompiledNext: Bool = false) -> [ModerationError] {
        var problems: [ModerationError] = []
        if rule.words.isEmpty, rule.regexes.isEmpty, rule.wordsFile == nil {
            problems.append(
                ModerationError(
                    rule: rule.id, field: "", message: "looks for nothing; give words, words_file or regexes"))
        }
        let isLeft = isCompiledNext && rule.mode != .off
        let words = isLeft ? nil : RuleWords(rule)
        problems += words?.problems ?? []
        if !isLeft {
            for (place, regex) in rule.regexes.enumerated() {
                guard let message = PatternSet.complaint(about: regex) else { continue }
                problems.append(ModerationError(rule: rule.id, field: "regexes[\(place)]", message: message))
            }
        }
        if let tag = rule.language, rule.letters == nil {
            problems.append(
                ModerationError(
                    rule: rule.id, field: "language",
                    message: "there is no language \"\(tag)\"; expected a tag of BCP 47, such as de or pt-BR"))
        }
        return problems + (words?.problemsOfFile ?? [])
    }
}

/// Words on their way into the automaton.
private struct Gathered {
    var words: [WordAutomaton.Word] = []
    var entries: [Lexicon.Entry] = []

    mutating func add(_ pattern: WordPattern, _ rule: ModerationRule, _ index: Int32, isException: Bool) {
        // What does not count in one reading does not count in another.
        let readings: [ModerationRule.Reading] =
            isException ? rule.reading == .exact ? [.exact] : [.exact, .strict] : [rule.reading]
        for reading in readings {
            for needle in pattern.needles(reading, wholeWords: rule.wholeWords) {
                words.append(WordAutomaton.Word(needle.bytes, id: Int32(entries.count)))
                entries.append(
                    Lexicon.Entry(rule: index, isException: isException, shape: needle.shape, forms: needle.forms))
            }
        }
    }
}
