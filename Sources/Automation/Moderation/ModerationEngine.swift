package import PatternMatching

/// Judges texts by rules: finds their words also where spelling tries to hide them.
///
/// A text is looked at as it was written and, when a first pass says that it may pay, in other readings: folded, as it is
/// shown, with digits as letters, without repeats, with spaced-out letters joined. A clean ASCII message costs one pass over
/// its bytes and one scan; every text costs work in proportion to its bytes, and none waits for anything. The engine has no
/// state besides its rules and can be used from any thread; to change rules, make another.
package final class ModerationEngine: Sendable {
    private let rules: [ModerationRule]
    private let lexicon: Lexicon

    /// Compiles the rules that are not off; takes up to seconds for many thousands of words.
    ///
    /// - Parameter cache: Where what was compiled before is found again.
    /// - Throws: `ModerationError` for the first word, list or expression that cannot be used.
    package init(rules: [ModerationRule], cache: PatternCache? = nil) throws(ModerationError) {
        var seen: Set<String> = []
        for rule in rules where !seen.insert(rule.id).inserted {
            throw ModerationError(rule: rule.id, field: "id", message: "two rules have this name")
        }
        self.rules = rules.filter { $0.mode != .off }
        self.lexicon = try Lexicon(self.rules, cache: cache)
    }

    /// Everything that is wrong with a rule taken alone.
    ///
    /// - Parameter isCompiledNext: Leaves out what ``init(rules:cache:)`` finds itself.
    package static func problems(of rule: ModerationRule, isCompiledNext: Bool = false) -> [ModerationError] {
        Lexicon.problems(of: rule, isCompiledNext: isCompiledNext)
    }

    /// Judges one text; where rules disagree, blocking goes before holding, and holding before masking.
    package func judge(_ input: ModerationInput) -> ModerationVerdict {
        guard !rules.isEmpty, !input.text.isEmpty else { return .clean }
        var judgement = Judgement(input, rules, lexicon)
        return judgement.run()
    }
}
