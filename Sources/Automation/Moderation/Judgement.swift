import PatternMatching

/// One message being judged.
struct Judgement {
    private let input: ModerationInput
    private let rules: [ModerationRule]
    private let lexicon: Lexicon
    private var matches: Set<Found> = []
    private var isComplete = true
    // Made when the first match asks for them.
    private var spans: SkippedSpans?
    private var borders: CharacterBorders?

    private struct Found: Hashable {
        let rule: Int
        let range: Range<Int>
        let step: ModerationStep

        static func == (left: Found, right: Found) -> Bool { left.rule == right.rule && left.range == right.range }

        func hash(into hasher: inout Hasher) {
            hasher.combine(rule)
            hasher.combine(range)
        }
    }

    init(_ input: ModerationInput, _ rules: [ModerationRule], _ lexicon: Lexicon) {
        self.input = input
        self.rules = rules
        self.lexicon = lexicon
    }

    mutating func run() -> ModerationVerdict {
        let text = input.text
        let traits = text.utf8.withContiguousStorageIfAvailable { TextTraits($0) } ?? TextTraits(text.utf8)
        take(lexicon.texts.scan(text), lexicon.textEntries, .original) { $0 }
        // An ordinary message ends here.
        if !traits.isASCII {
            let folded = Folding.projection(of: text)
            scan(folded)
            look(for: TextTraits(folded.bytes), in: folded)
            if let turned = Folding.turnedBack(text) {
                scan(turned)
                look(for: TextTraits(turned.bytes), in: turned)
            }
        } else if traits.hasLeet || traits.hasRepeats || traits.hasRuns {
            look(for: traits, in: Projection(original: text))
        }
        return matches.isEmpty && isComplete ? .clean : verdict()
    }

    /// Reads `base` in all the ways that its traits suggest.
    private mutating func look(for traits: TextTraits, in base: Projection) {
        let readings = traits.hasLeet ? Leet.readings(of: base) : []
        for reading in readings { scan(reading) }
        if traits.hasRepeats || !readings.isEmpty {
            for reading in [base] + readings {
                for squeezed in RepeatedLetters.squeezed(reading) { scan(squeezed) }
            }
        }
        guard traits.hasRuns else { return }
        for joined in SpacedLetters.joined(of: base) {
            for reading in [joined] + RepeatedLetters.squeezed(joined) {
                take(lexicon.runs.scan(reading.text), lexicon.runEntries, .joined) { reading.source(of: $0) }
            }
        }
    }

    private mutating func scan(_ projection: Projection) {
        take(lexicon.texts.scan(projection.text), lexicon.textEntries, projection.step) { projection.source(of: $0) }
    }

    private mutating func take(
        _ scan: PatternSet.Scan, _ entries: [Lexicon.Entry], _ step: ModerationStep,
        source: (Range<Int>) -> Range<Int>
    ) {
        if !scan.isComplete { isComplete = false }
        guard !scan.matches.isEmpty else { return }
        var exceptions: [Int: [Range<Int>]] = [:]
        for match in scan.matches where entries[match.id].kind == .exception {
            exceptions[entries[match.id].rule, default: []].append(match.range)
        }
        for match in scan.matches {
            let entry = entries[match.id]
            // An expression's author said what it should look like; words are hidden by spelling.
            let isWorn = entry.kind == .regex && step != .original && step != .folded && step != .reversed
            guard entry.kind != .exception, !isWorn, rules[entry.rule].applies(to: input) else { continue }
            if exceptions[entry.rule]?.contains(where: { $0.contains(match.range) }) == true { continue }
            let range = widened(source(match.range))
            if isSkipped(range, rules[entry.rule]) { continue }
            matches.insert(Found(rule: entry.rule, range: range, step: step))
        }
    }

    private mutating func widened(_ range: Range<Int>) -> Range<Int> {
        let borders = borders ?? CharacterBorders(input.text)
        self.borders = borders
        return borders.widened(range)
    }

    private mutating func isSkipped(_ range: Range<Int>, _ rule: ModerationRule) -> Bool {
        guard !rule.skip.isEmpty else { return false }
        let spans = spans ?? SkippedSpans(input.text)
        self.spans = spans
        return spans.cover(range, rule.skip)
    }

    // MARK: The verdict

    private func verdict() -> ModerationVerdict {
        let found = matches.sorted {
            ($0.rule, $0.range.lowerBound, $0.range.upperBound) < ($1.rule, $1.range.lowerBound, $1.range.upperBound)
        }
        var flaggedBy: [String] = []
        var masks: [(range: Range<Int>, mask: String)] = []
        var block: String?
        var isHeld = !isComplete
        for match in found {
            let rule = rules[match.rule]
            let action = rule.mode == .flag ? .flag : rule.action
            switch action {
            case .flag: if flaggedBy.last != rule.id { flaggedBy.append(rule.id) }
            case .hold: isHeld = true
            case .block(let reason): block = block ?? reason
            case .mask(let mask): masks.append((match.range, mask))
            }
        }
        let action: ModerationVerdict.Action =
            if block != nil {
                .block
            } else if isHeld {
                .hold
            } else if !masks.isEmpty {
                .mask(CharacterBorders.masked(input.text, masks))
            } else {
                .allow
            }
        return ModerationVerdict(
            action: action, reason: block ?? (isHeld ? "Held for review." : ""),
            matches: found.map { ModerationMatch(rule: rules[$0.rule].id, range: $0.range, step: $0.step) },
            flaggedBy: flaggedBy)
    }
}

extension Range<Int> {
    fileprivate func contains(_ other: Range<Int>) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}
