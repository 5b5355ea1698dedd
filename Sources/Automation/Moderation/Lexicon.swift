import Dispatch
import PatternMatching
import Synchronization

/// The words and expressions of all rules, compiled.
struct Lexicon: Sendable {
    /// What a pattern belongs to.
    struct Entry: Sendable {
        enum Kind: Sendable {
            case word, regex, exception
        }

        let rule: Int
        let kind: Kind
    }

    /// For whole texts.
    let texts: PatternSet
    let textEntries: [Entry]
    /// For joined letters, where every word is looked for anywhere.
    let runs: PatternSet
    let runEntries: [Entry]

    init(_ rules: [ModerationRule], cache: PatternCache? = nil) throws(ModerationError) {
        var texts = Gathered()
        var runs = Gathered()
        for (index, rule) in rules.enumerated() {
            for (field, word, line) in try Self.words(of: rule) {
                let pattern = try Self.pattern(word, rule, field, line: line)
                let entry = Entry(rule: index, kind: .word)
                for expression in pattern.expressions { texts.add(expression, entry, rule, field) }
                if let joined = pattern.joinedExpression { runs.add(joined, entry, rule, field) }
            }
            for (place, word) in rule.except.enumerated() {
                let field = "except[\(place)]"
                let pattern = try Self.pattern(word, rule, field)
                let entry = Entry(rule: index, kind: .exception)
                for expression in pattern.expressions { texts.add(expression, entry, rule, field) }
                if let joined = pattern.joinedExpression { runs.add(joined, entry, rule, field) }
            }
            for (place, regex) in rule.regexes.enumerated() {
                texts.add(.regex(regex), Entry(rule: index, kind: .regex), rule, "regexes[\(place)]")
            }
        }
        // Side by side: each may take seconds.
        let gathered = [texts, runs]
        let compiled = Mutex<[Int: Result<PatternSet, ModerationError>]>([:])
        DispatchQueue.concurrentPerform(iterations: gathered.count) { index in
            let result = gathered[index].compiled(cache)
            compiled.withLock { $0[index] = result }
        }
        let sets = compiled.withLock { $0 }
        guard let textSet = sets[0], let runSet = sets[1] else { preconditionFailure("both were compiled") }
        self.texts = try textSet.get()
        self.textEntries = texts.entries
        self.runs = try runSet.get()
        self.runEntries = runs.entries
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
            check { () throws(ModerationError) in
                var one = Gathered()
                one.add(.regex(regex), Entry(rule: 0, kind: .regex), rule, "regexes[\(place)]")
                _ = try one.compile()
            }
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

/// Patterns on their way into a set, each with where it came from.
private struct Gathered {
    var patterns: [Pattern] = []
    var entries: [Lexicon.Entry] = []
    var origins: [(rule: String, field: String)] = []

    mutating func add(
        _ expression: Pattern.Expression, _ entry: Lexicon.Entry, _ rule: ModerationRule, _ field: String
    ) {
        patterns.append(Pattern(id: patterns.count, expression))
        entries.append(entry)
        origins.append((rule.id, field))
    }

    func compiled(_ cache: PatternCache?) -> Result<PatternSet, ModerationError> {
        do throws(ModerationError) { return .success(try compile(cache)) } catch { return .failure(error) }
    }

    func compile(_ cache: PatternCache? = nil) throws(ModerationError) -> PatternSet {
        do throws(PatternError) { return try PatternSet(patterns, cache: cache) } catch {
            let origin = error.index.map { origins[$0] } ?? ("all", "")
            throw ModerationError(rule: origin.0, field: origin.1, message: error.message)
        }
    }
}
