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
            for (field, word, line) in try Self.words(of: rule) {
                gathered.add(try Self.pattern(word, rule, field, line: line), rule, Int32(index), isException: false)
            }
            for (place, word) in rule.except.enumerated() {
                gathered.add(try Self.pattern(word, rule, "except[\(place)]"), rule, Int32(index), isException: true)
            }
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
    static func problems(of rule: ModerationRule) -> [ModerationError] {
        var problems: [ModerationError] = []
        func check(_ body: () throws(ModerationError) -> Void) {
            do throws(ModerationError) { try body() } catch { problems.append(error) }
        }
        if rule.words.isEmpty, rule.regexes.isEmpty, rule.wordsFile == nil {
            problems.append(
                ModerationError(
                    rule: rule.id, field: "", message: "looks for nothing; give words, words_file or regexes"))
        }
        for (place, word) in rule.words.enumerated() {
            check { () throws(ModerationError) in _ = try pattern(word, rule, "words[\(place)]") }
        }
        for (place, word) in rule.except.enumerated() {
            check { () throws(ModerationError) in _ = try pattern(word, rule, "except[\(place)]") }
        }
        for (place, regex) in rule.regexes.enumerated() {
            if let message = PatternSet.complaint(about: regex) {
                problems.append(ModerationError(rule: rule.id, field: "regexes[\(place)]", message: message))
            }
        }
        if let tag = rule.language, rule.letters == nil {
            problems.append(
                ModerationError(
                    rule: rule.id, field: "language",
                    message: "there is no language \"\(tag)\"; expected a tag of BCP 47, such as de or pt-BR"))
        }
        if rule.wordsFile != nil {
            var file = rule
            file.words = []
            var words: [(field: String, word: String, line: Int?)] = []
            check { () throws(ModerationError) in words = try Self.words(of: file) }
            let before = problems.count
            for (field, word, line) in words where problems.count - before < mostOfAFile {
                check { () throws(ModerationError) in _ = try pattern(word, rule, field, line: line) }
            }
        }
        return problems
    }

    /// Of a list that is wrong throughout, more would help nobody.
    private static let mostOfAFile = 20

    private static func words(of rule: ModerationRule) throws(ModerationError) -> [(
        field: String, word: String, line: Int?
    )] {
        var words = rule.words.enumerated().map { (field: "words[\($0)]", word: $1, line: Int?.none) }
        if let path = rule.wordsFile {
            do throws(WordError) {
                words += try WordFile.words(at: path).map { (field: "words_file", word: $0.word, line: $0.number) }
            } catch {
                throw ModerationError(rule: rule.id, field: "words_file", message: error.message)
            }
        }
        return words
    }

    private static func pattern(
        _ word: String, _ rule: ModerationRule, _ field: String, line: Int? = nil
    ) throws(ModerationError) -> WordPattern {
        do throws(WordError) { return try WordPattern(word) } catch {
            let place = line.map { "line \($0) of the file: " } ?? ""
            throw ModerationError(
                rule: rule.id, field: field, message: "\(place)\(error.message) (\"\(word.prefix(40))\")")
        }
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
