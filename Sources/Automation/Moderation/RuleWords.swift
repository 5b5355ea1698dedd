/// The words of one rule, read; and what is wrong with them.
struct RuleWords {
    /// Of a list that is wrong throughout, more would help nobody.
    private static let mostOfAFile = 20

    private(set) var words: [WordPattern] = []
    private(set) var exceptions: [WordPattern] = []
    /// In the order in which a person looks for them: the file comes last.
    private(set) var problems: [ModerationError] = []
    private(set) var problemsOfFile: [ModerationError] = []

    init(_ rule: ModerationRule) {
        for (place, word) in rule.words.enumerated() {
            switch Self.read(word, rule, "words[\(place)]") {
            case .success(let pattern): words.append(pattern)
            case .failure(let problem): problems.append(problem)
            }
        }
        for (place, word) in rule.except.enumerated() {
            switch Self.read(word, rule, "except[\(place)]") {
            case .success(let pattern): exceptions.append(pattern)
            case .failure(let problem): problems.append(problem)
            }
        }
        guard let path = rule.wordsFile else { return }
        let lines: [WordFile.Line]
        do throws(WordError) { lines = try WordFile.words(at: path) } catch {
            problemsOfFile.append(ModerationError(rule: rule.id, field: "words_file", message: error.message))
            return
        }
        words.reserveCapacity(words.count + lines.count)
        for line in lines {
            switch Self.read(line.word, rule, "words_file", line: line.number) {
            case .success(let pattern): words.append(pattern)
            case .failure(let problem):
                problemsOfFile.append(problem)
                if problemsOfFile.count == Self.mostOfAFile { return }
            }
        }
    }

    private static func read(
        _ word: String, _ rule: ModerationRule, _ field: String, line: Int? = nil
    ) -> Result<WordPattern, ModerationError> {
        do throws(WordError) { return .success(try WordPattern(word)) } catch {
            let place = line.map { "line \($0) of the file: " } ?? ""
            return .failure(
                ModerationError(
                    rule: rule.id, field: field, message: "\(place)\(error.message) (\"\(word.prefix(40))\")"))
        }
    }
}
