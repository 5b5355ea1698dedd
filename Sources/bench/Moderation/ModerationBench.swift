import Foundation
import Moderation

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What the rules find, what they must not find, and what that costs: `martlet-bench moderation`.
///
/// The matrix writes words in all ways that ``EvasionTrick`` knows. `MARTLET_CORPORA` names a folder with real chat
/// (`chat/irc`) and a real list of words (`moderation/ldnoobw/en`); without it those two figures are left out.
struct ModerationBench {
    private static let words = [
        "dimwit", "nitwit", "numpty", "clod", "pillock", "muppet", "wally", "berk", "plonker", "twit", "prat", "dolt",
        "oaf", "scoundrel", "rascal", "knave", "varlet", "blockhead", "bonehead", "lout", "brute", "twerp", "dunce",
        "dullard", "simpleton", "ninny", "goof", "jerk", "creep", "scum", "filth", "vermin", "weasel", "rotter",
        "bounder",
        "cad", "sleaze", "git", "nincompoop", "knucklehead",
    ]

    let corpora: String?
    let note: (String) -> Void

    func run() throws -> [Figure] {
        var figures = try matrix()
        figures += try innocents()
        if let corpora { figures += try chat(corpora) }
        note("timing")
        return figures + (try costs())
    }

    private func isHit(_ text: String, _ engine: ModerationEngine) -> Bool {
        !engine.judge(ModerationInput(text: text, channelName: "general", authorKind: .user)).matches.isEmpty
    }

    // MARK: What is found

    private func matrix() throws -> [Figure] {
        let engine = try ModerationEngine(
            rules: [ModerationRule(id: "words", words: Self.words, action: .flag)])
        var worst = 1.0
        var cells = 0
        for trick in EvasionTrick.all {
            let written = Self.words.compactMap { word in trick.write(word).map { (word, $0) } }
            let missed = written.filter { !isHit("so \($0.1) said", engine) }
            let share = written.isEmpty ? 1 : 1 - Double(missed.count) / Double(written.count)
            cells += written.count
            if trick.rendersAsTheWord { worst = min(worst, share) }
            let percent = String(format: "%5.1f %%", share * 100)
            let name = trick.name.padding(toLength: 38, withPad: " ", startingAt: 0)
            let rest = missed.prefix(4).map(\.0).joined(separator: " ")
            print(
                "\(name) \(percent) of \(written.count)\(trick.rendersAsTheWord ? "" : "  (does not look like it)")  \(rest)"
            )
        }
        return [
            Figure("tricks", Double(EvasionTrick.all.count), ""), Figure("tricks × words", Double(cells), ""),
            Figure("found of the worst trick that looks like the word", worst * 100, "%", goal: .atLeast(95)),
        ]
    }

    // MARK: What is not

    private func innocents() throws -> [Figure] {
        let engine = try ModerationEngine(
            rules: [ModerationRule(id: "words", words: InnocentWords.listed, action: .flag)])
        let hit = InnocentWords.all.filter { isHit("the \($0) is", engine) || isHit($0, engine) }
        if !hit.isEmpty { print("innocent words hit: \(hit.joined(separator: ", "))") }
        return [
            Figure("innocent words hit of \(InnocentWords.all.count)", Double(hit.count), "", goal: .atMost(0))
        ]
    }

    private func chat(_ corpora: String) throws -> [Figure] {
        let listed = try String(contentsOfFile: "\(corpora)/moderation/ldnoobw/en", encoding: .utf8)
            .split(whereSeparator: \.isNewline).map(String.init)
        let engine = try ModerationEngine(rules: [ModerationRule(id: "en", words: listed, action: .flag)])
        var lines: Set<String> = []
        let folder = "\(corpora)/chat/irc"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".txt") {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            for line in String(decoding: data, as: UTF8.self).split(separator: "\n") where line.hasPrefix("[") {
                if let start = line.firstIndex(of: ">") { lines.insert(String(line[line.index(after: start)...])) }
            }
        }
        var plain = 0
        var extra = 0
        for line in lines {
            let verdict = engine.judge(ModerationInput(text: line, channelName: "general", authorKind: .user))
            guard !verdict.matches.isEmpty else { continue }
            // What a search for the words as they stand finds, too.
            if verdict.matches.contains(where: { $0.step == .original }) {
                plain += 1
            } else {
                extra += 1
                print("extra: \(verdict.matches[0].step) \(line.prefix(100))")
            }
        }
        return [
            Figure("lines of chat", Double(lines.count), ""), Figure("hit by a plain search", Double(plain), ""),
            Figure(
                "extra hits in 10,000 lines", Double(extra) * 10_000 / Double(max(1, lines.count)), "", goal: .atMost(3)
            ),
        ]
    }

    // MARK: What it costs

    private func costs() throws -> [Figure] {
        let clock = ContinuousClock()
        var random = WordGenerator()
        let words = (0..<10_000).map { _ in random.word() }
        let rules =
            [ModerationRule(id: "words", words: words, action: .block(reason: "no"))]
            + (0..<500).map { ModerationRule(id: "expression-\($0)", regexes: [Self.expression($0)], action: .flag) }
        let begin = clock.now
        let engine = try ModerationEngine(rules: rules)
        var figures = [
            Figure(
                "10,000 words and 500 expressions compiled", (clock.now - begin) / .seconds(1), "s", goal: .atMost(10))
        ]
        let text = """
            Well, I think that the new build (see issue 1234) is quite a bit faster than the old one; let us try it on \
            Thursday, if nobody minds, and then write down what we have found out about it. Thanks a lot!!
            """
        let times = (0..<20_000).map { _ in
            let begin = clock.now
            _ = engine.judge(ModerationInput(text: text, channelName: "general", authorKind: .user))
            return (clock.now - begin) / .microseconds(1)
        }.sorted()
        figures.append(
            Figure("\(text.utf8.count) bytes, median", times[times.count / 2], "µs", goal: .atMost(10)))
        var largest: [(name: String, time: Double)] = []
        for (name, text) in random.largestTexts() {
            // The best of some: the worst text is asked for, not the busiest moment.
            var best = Double.infinity
            for _ in 0..<7 {
                let begin = Self.processorMilliseconds()
                _ = engine.judge(ModerationInput(text: text, channelName: "general", authorKind: .user))
                best = min(best, Self.processorMilliseconds() - begin)
            }
            largest.append((name, best))
        }
        largest.sort { $0.time > $1.time }
        for (name, time) in largest.prefix(12) {
            print("\(String(format: "%6.2f", time)) ms for 16,000 characters of \(name.debugDescription)")
        }
        figures.append(
            Figure("worst of 16,000 characters (\(largest[0].name))", largest[0].time, "ms", goal: .atMost(5)))
        return figures
    }

    /// What this thread has had of a processor: a busy machine is not the text's fault.
    private static func processorMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
    }

    private static func expression(_ number: Int) -> String {
        switch number % 5 {
        case 0: "\\bfoo\(number)[a-z]+bar\\b"
        case 1: "\\+\\d{2,3}[ \\d]{6,14}\(number)"
        case 2: "(buy|sell) \\w+ coin\(number)"
        case 3: "https?://[^ ]*evil\(number)\\.com"
        default: "w[o0]rd\(number)s?"
        }
    }
}

/// Words and texts that are the same at each run.
private struct WordGenerator {
    private var state: UInt64 = 7

    mutating func next() -> UInt32 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt32(truncatingIfNeeded: state >> 33)
    }

    mutating func word() -> String {
        String((0..<5 + Int(next() % 6)).map { _ in Character(Unicode.Scalar(UInt8(97 + next() % 26))) })
    }

    /// Texts of 16,000 characters: one thing again and again, and anything of one script.
    mutating func largestTexts() -> [(name: String, text: String)] {
        var texts: [(String, String)] = []
        for piece in [
            "a", "\u{FDFA}", "d4rn ", "a ", "㌖", "笨 ", "ไ", "дурaк ", "𝓭𝓪 ", "a\u{301}\u{302}", "\u{301}", "a*b*c ",
            "d1!|6 ",
            "\u{1112}\u{1161}\u{11AB}", "ﾊﾞ", "كَ", "\u{202E}ab\u{202C}", "`", "*a_b|| ", "&#105;", "ɐq ", "a😀b ",
            "vvrn ", "aabb", "Ａ1ｂа*с!é",
            "é1 è3 ", "ꓓꓲ ", "ᎠᎥ ", "а b ", "[", "[a](", "<b", "\\/|_|()",
        ] {
            let times = 16_000 / piece.unicodeScalars.count + 1
            texts.append(
                (
                    piece,
                    String(
                        String.UnicodeScalarView(String(repeating: piece, count: times).unicodeScalars.prefix(16_000)))
                ))
        }
        let pieces = texts.map(\.0)
        for number in 1...4 {
            var text = ""
            while text.unicodeScalars.count < 16_000 {
                for _ in 0..<200 { text += pieces[Int(next()) % pieces.count] }
            }
            texts.append(
                ("mixture \(number)", String(String.UnicodeScalarView(text.unicodeScalars.prefix(16_000)))))
        }
        let blocks: [(String, ClosedRange<UInt32>)] = [
            ("Latin", 0xC0...0x24F), ("Greek", 0x370...0x3FF), ("Cyrillic", 0x400...0x52F), ("Arabic", 0x600...0x6FF),
            ("Devanagari", 0x900...0x97F), ("kana", 0x3040...0x30FF), ("Han", 0x4E00...0x9FFF),
            ("Hangul", 0xAC00...0xD7A3),
            ("squares", 0x3300...0x33FF), ("half width", 0xFF00...0xFFEF), ("mathematical", 0x1D400...0x1D7FF),
            ("presentation forms", 0xFB50...0xFDFF), ("extended", 0x1E00...0x1FFF), ("pictures", 0x1F100...0x1F6FF),
            ("ASCII", 0x21...0x7E), ("anything", 0x20...0xFFFD),
        ]
        for (name, range) in blocks {
            var text = String.UnicodeScalarView()
            var count = 0
            while count < 16_000 {
                let isBlank = next() % 7 == 0
                let value = range.lowerBound + next() % UInt32(range.count)
                guard let scalar = isBlank ? " " : Unicode.Scalar(value) else { continue }
                text.append(scalar)
                count += 1
            }
            texts.append((name, String(text)))
        }
        return texts
    }
}
