import PatternMatching
import Text

/// One text being judged.
///
/// All work is bounded by the size of the text: each reading is made in one pass and read in one, there are at most some
/// twenty of them, and what is found is counted.
struct Judgement {
    /// Places that are kept; only rules that mask or have exceptions need more than their first.
    private static let mostHits = 20_000
    /// Words and exceptions that one text may hold, over all readings: for each only a few steps are done.
    private static let mostVisits = 400_000
    /// How often a dictionary is asked whether a word of Han, kana or Thai is one; behind that it is believed to be.
    private static let mostQuestions = 64

    private struct Key: Hashable {
        let rule: Int32
        let lower: Int32
        let upper: Int32
    }

    private struct Hit {
        let rule: Int32
        let range: Range<Int>
        let step: ModerationStep
    }

    private let input: ModerationInput
    private let rules: [ModerationRule]
    private let lexicon: Lexicon
    private var hits: [Hit] = []
    private var known: Set<Key> = []
    private var exceptions: [Int32: [Range<Int>]] = [:]
    /// Rules that need no further match, and those that do not look at this message.
    private var settled: Set<Int32> = []
    private var visits = 0
    private var questions = 0
    private var isComplete = true

    init(_ input: ModerationInput, _ rules: [ModerationRule], _ lexicon: Lexicon) {
        self.input = input
        self.rules = rules
        self.lexicon = lexicon
    }

    mutating func run() -> ModerationVerdict {
        let source = Reading(original: input.text)
        let traits = TextTraits(source.bytes)
        let visible = traits.hasMarkup ? ShownText.reading(of: source, isWhole: traits.hasOverride) : nil
        let turned = traits.hasOverride ? ShownText.turned(visible?.reading ?? source) : nil
        let shown = turned ?? visible?.reading
        let isPart = visible?.isPart == true
        let isShownOtherwise = shown != nil && !isPart && visible?.hidesLetters != true
        read(source, traits, isShownOtherwise: isShownOtherwise)
        if let shown {
            read(shown, TextTraits(shown.bytes), isShownOtherwise: false)
        }
        if !traits.isASCII, Needs(source).upsideDown {
            for reading in isPart ? [source, shown] : [shown ?? source] {
                if let upright = reading.flatMap({ ShownText.upright($0) }) { scan(upright, .folded) }
            }
        }
        return hits.isEmpty && isComplete ? .clean : verdict()
    }

    // MARK: Readings

    /// Reads `source` in all ways that its traits suggest.
    ///
    /// - Parameter isShownOtherwise: The letters of what is shown are squeezed and joined instead.
    private mutating func read(_ source: Reading, _ traits: TextTraits, isShownOtherwise: Bool) {
        if !lexicon.expressions.isEmpty { match(source, isFolded: false) }
        guard !lexicon.words.isEmpty || !traits.isASCII else { return }
        if traits.isASCII {
            scan(source, .all)
            return derive(source, .all, traits, isShownOtherwise)
        }
        let needs = Needs(source)
        let plain = needs.plain ? Folding.reading(of: source, .plain, step: .folded) : nil
        let marked =
            plain == nil || lexicon.hasAccented ? Folding.reading(of: source, .marked, step: .folded) : nil
        guard let folded = plain ?? marked else { return }
        if lexicon.hasExact { scan(Folding.reading(of: source, .exact, step: .original), .exact) }
        if !lexicon.expressions.isEmpty { match(folded, isFolded: true) }
        let words = needs.foreign ? ForeignWords(source) : nil
        var bases: [(Reading, WordPattern.Forms)] = []
        if plain != nil, let marked {
            bases = [(folded, .plain), (marked, .marked)]
        } else {
            bases = [(folded, .folded)]
        }
        for (base, forms) in bases { scan(base, forms) }
        if let words, words.hasLatin {
            let latin = Folding.reading(of: source, .latin, step: .folded, words: words)
            scan(latin, .folded)
            bases[0].0 = latin
        }
        if let words, words.hasCyrillic {
            let cyrillic = Folding.reading(of: source, .cyrillic, step: .folded, words: words)
            scan(cyrillic, .folded)
            if !isShownOtherwise {
                for joined in SpacedLetters.joined(of: cyrillic) { scan(joined, .folded, isJoined: true) }
            }
        }
        for (base, forms) in bases {
            derive(base, forms, TextTraits(base.bytes), isShownOtherwise)
        }
        if needs.unspaced, !isShownOtherwise, let closed = SpacedLetters.closed(folded) { scan(closed, .folded) }
    }

    /// Reads a folded text with other spellings.
    private mutating func derive(
        _ base: Reading, _ forms: WordPattern.Forms, _ traits: TextTraits, _ isShownOtherwise: Bool
    ) {
        let forms = forms.subtracting(.exact)
        let readings = traits.hasLeet ? Leet.readings(of: base) : []
        for reading in readings { scan(reading, forms) }
        if traits.hasBlots, let uncovered = CoveredLetters.uncovered(base) { scan(uncovered, forms) }
        if traits.hasDrawings, let drawn = Leet.drawn(base, isOfLetters: false) { scan(drawn, forms) }
        guard !isShownOtherwise else { return }
        if traits.hasDrawnLetters, let drawn = Leet.drawn(base, isOfLetters: true) {
            scan(drawn, forms, isLongOnly: true)
        }
        let spelled = readings.first ?? base
        if traits.hasRepeats || !readings.isEmpty, RepeatedLetters.hasUnusual(spelled) {
            for squeezed in RepeatedLetters.squeezed(spelled) { scan(squeezed, forms) }
        }
        guard traits.hasRuns else { return }
        for joined in SpacedLetters.joined(of: base) {
            for reading in [joined] + RepeatedLetters.squeezed(joined) { scan(reading, forms, isJoined: true) }
        }
    }

    /// What a text that is not ASCII asks for.
    private struct Needs {
        var plain = false
        var upsideDown = false
        var foreign = false
        var unspaced = false

        init(_ source: Reading) {
            let table = FoldTable.shared
            var all: FoldTable.Traits = []
            let bytes = source.bytes
            var index = 0
            while index < bytes.count {
                let (value, length) = Reading.scalar(bytes, index)
                if value >= 0x80 { all.formUnion(table.traits(of: value)) }
                index += length
            }
            plain = all.contains(.plainDiffers)
            upsideDown = all.contains(.upsideDown)
            foreign = all.contains(.foreign)
            unspaced = all.contains(.unspaced)
        }
    }

    // MARK: Looking

    private mutating func scan(
        _ reading: Reading, _ forms: WordPattern.Forms, isJoined: Bool = false, isLongOnly: Bool = false
    ) {
        guard isComplete else { return }
        let lexicon = lexicon
        let bytes = reading.bytes
        let isWritten = reading.step == .original || reading.step == .folded
        lexicon.words.scan(bytes) { id, range in
            visits += 1
            guard visits <= Self.mostVisits else {
                isComplete = false
                return false
            }
            let entry = lexicon.entries[Int(id)]
            guard !entry.forms.isDisjoint(with: forms), isWanted(entry.rule) else { return true }
            // Of one letter again and again others are made by every spelling.
            if entry.shape.contains(.isOneLetter), !isWritten { return true }
            if isJoined {
                guard entry.shape.contains(.joins) else { return true }
                note(entry, reading, range)
                return isComplete
            }
            guard !entry.shape.contains(.joinsOnly), !isLongOnly || entry.shape.contains(.isLong) else { return true }
            if entry.shape.contains(.bindsLeft), !Word.isBorder(bytes, before: range.lowerBound) { return true }
            if entry.shape.contains(.bindsRight), !Word.isBorder(bytes, after: range.upperBound) { return true }
            var range = range
            if entry.shape.contains(.growsLeft) {
                range = Word.start(bytes, from: range.lowerBound)..<range.upperBound
            }
            if entry.shape.contains(.growsRight) {
                range = range.lowerBound..<Word.end(bytes, from: range.upperBound)
            }
            note(entry, reading, range)
            return isComplete
        }
    }

    private mutating func match(_ reading: Reading, isFolded: Bool) {
        guard isComplete else { return }
        let scan = lexicon.expressions.scan(reading.bytes, limit: Self.mostHits)
        if !scan.isComplete { isComplete = false }
        for match in scan.matches {
            let rule = lexicon.expressionRules[match.id]
            // Folded, a text has no capitals for an expression that asks for them.
            if isFolded, lexicon.expressions.isCaseSensitive(match.id) { continue }
            guard isWanted(rule) else { continue }
            add(rule, reading.source(of: match.range), reading.step)
        }
    }

    /// Whether a rule looks at this message, and has not seen enough.
    private mutating func isWanted(_ rule: Int32) -> Bool {
        if settled.contains(rule) { return false }
        if rules[Int(rule)].applies(to: input) { return true }
        settled.insert(rule)
        return false
    }

    private mutating func note(_ entry: Lexicon.Entry, _ reading: Reading, _ range: Range<Int>) {
        let source = reading.source(of: range)
        if entry.isException {
            exceptions[entry.rule, default: []].append(source)
            return
        }
        let rule = rules[Int(entry.rule)]
        if let letters = rule.letters, reading.step != .original,
            hasOwnLetters(source, letters, UnsafeBufferPointer(rebasing: reading.bytes[range]))
        {
            return
        }
        if entry.shape.contains(.asksDictionary), !isWordOfItsOwn(source, rule.language ?? "") { return }
        add(entry.rule, source, reading.step)
    }

    private mutating func add(_ rule: Int32, _ range: Range<Int>, _ step: ModerationStep) {
        guard known.insert(Key(rule: rule, lower: Int32(range.lowerBound), upper: Int32(range.upperBound))).inserted
        else { return }
        guard hits.count < Self.mostHits else {
            isComplete = false
            return
        }
        hits.append(Hit(rule: rule, range: range, step: step))
        if rules[Int(rule)].needsOneMatch { settled.insert(rule) }
    }

    // MARK: Languages

    /// Whether the text has a letter of the rule's language where the word has another: `şık` is not `sik` in Turkish.
    private func hasOwnLetters(
        _ range: Range<Int>, _ letters: Set<Unicode.Scalar>, _ word: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let utf8 = input.text.utf8
        let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
        let part = String(input.text[start..<utf8.index(start, offsetBy: range.count)])
        let found = (TextForm.nfc.applied(to: part.lowercased()) ?? part).unicodeScalars
        let own = Set(String(decoding: word, as: UTF8.self).unicodeScalars)
        return found.contains { !$0.isASCII && letters.contains($0) && !own.contains($0) }
    }

    /// Whether a dictionary takes what stands there for a word.
    private mutating func isWordOfItsOwn(_ range: Range<Int>, _ language: String) -> Bool {
        questions += 1
        guard questions <= Self.mostQuestions else { return true }
        let bytes = Array(input.text.utf8)
        let around = bytes.withUnsafeBufferPointer { Self.surroundings($0, range) }
        let text = String(decoding: bytes[around], as: UTF8.self)
        let parts = TextParts(.words, of: text, language: language)
        let borders = Set(parts.parts.map { $0.range.upperBound + around.lowerBound }).union([around.lowerBound])
        return borders.contains(range.lowerBound) && borders.contains(range.upperBound)
    }

    /// The letters around a word, at most some twenty on each side.
    private static func surroundings(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
        let table = FoldTable.shared
        var lower = range.lowerBound
        var upper = range.upperBound
        for _ in 0..<20 {
            guard lower > 0 else { break }
            var start = lower - 1
            while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
            guard table.traits(of: Reading.scalar(bytes, start).value).contains(.unspaced) else { break }
            lower = start
        }
        for _ in 0..<20 {
            guard upper < bytes.count else { break }
            let (value, length) = Reading.scalar(bytes, upper)
            guard table.traits(of: value).contains(.unspaced) else { break }
            upper += length
        }
        return lower..<upper
    }

    // MARK: The verdict

    private mutating func verdict() -> ModerationVerdict {
        let excepted = exceptions.mapValues { Intervals($0) }
        var spans: SkippedSpans?
        let found = hits.filter { hit in
            let rule = rules[Int(hit.rule)]
            if excepted[hit.rule]?.cover(hit.range) == true { return false }
            guard !rule.skip.isEmpty else { return true }
            let skipped = spans ?? SkippedSpans(input.text)
            spans = skipped
            return !skipped.cover(hit.range, rule.skip)
        }.sorted {
            ($0.rule, $0.range.lowerBound, $0.range.upperBound) < ($1.rule, $1.range.lowerBound, $1.range.upperBound)
        }
        if found.isEmpty, isComplete { return .clean }
        var flaggedBy: [String] = []
        var masks: [TextEdit] = []
        var block: String?
        var isHeld = false
        var borders: CharacterBorders?
        for hit in found {
            let rule = rules[Int(hit.rule)]
            switch rule.mode == .flag ? .flag : rule.action {
            case .flag: if flaggedBy.last != rule.id { flaggedBy.append(rule.id) }
            case .hold: isHeld = true
            case .block(let reason): block = block ?? reason
            case .mask(let mask):
                let known = borders ?? CharacterBorders(input.text)
                borders = known
                masks.append(TextEdit(range: known.widened(hit.range), text: mask))
            }
        }
        let action: ModerationVerdict.Action =
            if block != nil { .block } else if isHeld { .hold } else if !masks.isEmpty { .mask(masks) } else { .allow }
        return ModerationVerdict(
            action: action, reason: block ?? (isHeld ? "Held for review." : ""),
            matches: found.map { ModerationMatch(rule: rules[Int($0.rule)].id, range: $0.range, step: $0.step) },
            flaggedBy: flaggedBy, isComplete: isComplete)
    }
}

/// Ranges, ready to be asked whether one of them covers another.
private struct Intervals {
    /// By their starts, each with the furthest end so far.
    private var all: [(lower: Int, furthest: Int)] = []

    init(_ ranges: [Range<Int>]) {
        var furthest = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            furthest = max(furthest, range.upperBound)
            all.append((range.lowerBound, furthest))
        }
    }

    func cover(_ range: Range<Int>) -> Bool {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].lower <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low > 0 && all[low - 1].furthest >= range.upperBound
    }
}
