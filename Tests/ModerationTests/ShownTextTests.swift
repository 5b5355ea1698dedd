import Markdown
import Testing
import Text

@testable import Moderation

/// Mark-up hides no word, wherever in a text it stands.
@Suite(.timeLimit(.minutes(1)))
struct ShownTextTests {
    private func matches(_ text: String, _ rule: ModerationRule) throws -> [ModerationMatch] {
        try ModerationEngine(rules: [rule]).judge(
            ModerationInput(text: text, channelName: "general", authorKind: .user)
        ).matches
    }

    /// What cmark-gfm shows as the word is found, by a reader that is not cmark-gfm: ours takes away what any reader of
    /// Markdown would, and never builds a tree of a text that nobody has judged yet.
    @Test(arguments: 0..<40)
    func `a word that Markdown shows is found`(seed: Int) throws {
        let engine = try ModerationEngine(
            rules: [ModerationRule(id: "w", words: ["dimwit"], action: .flag)])
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let marks = [
            "*", "**", "_", "~~", "||", "`", "\\", "[", "](http://a.example)", "![", "&shy;", "&#8203;", "<b>", "</b>",
            "<!-- x -->", "~", "__", "***", "&zwj;", "",
        ]
        var shown = 0
        for _ in 0..<250 {
            var text = ["", "so ", "> ", "- ", "# ", "1. ", "| ", "*a* "][next(8)]
            for letter in "dimwit" {
                if next(3) == 0 { text += marks[next(marks.count)] }
                // An entity is the letter, too.
                let scalar = letter.unicodeScalars.first?.value ?? 0
                text += next(8) == 0 ? "&#\(scalar);" : String(letter)
            }
            if next(2) == 0 { text += marks[next(marks.count)] }
            text += ["", " said", "\nmore", "."][next(4)]
            let words = VisibleText(text).text.split { !$0.isLetter }
            guard words.contains("dimwit") else { continue }
            shown += 1
            let found = engine.judge(ModerationInput(text: text, channelName: "", authorKind: .user)).matches
            #expect(!found.isEmpty, "\(text)")
        }
        #expect(shown > 20)
    }

    @Test func `marks that are few in a large text hide nothing, and each word is masked where it stands`() throws {
        let rule = ModerationRule(id: "w", words: ["dimwit"], action: .mask(with: "***"))
        let filler = String(repeating: "words and no end, ", count: 200)
        for hidden in ["dim**wit**", "d\\imwit", "d&#105;mwit", "[dim](x)wit"] {
            let text = "\(hidden) \(filler)\(hidden) \(filler)\(hidden)"
            let found = try matches(text, rule)
            let places = text.ranges(of: hidden).map { range in
                let start = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
                return start..<start + hidden.utf8.count
            }
            #expect(found.count == 3 && places.count == 3, "\(hidden): \(found.map(\.range))")
            for (match, place) in zip(found, places) { #expect(place.contains(match.range.lowerBound)) }
            let verdict = try ModerationEngine(rules: [rule]).judge(
                ModerationInput(text: text, channelName: "", authorKind: .user))
            guard case .mask(let edits) = verdict.action else {
                Issue.record("\(hidden) was not masked")
                continue
            }
            #expect(!TextEdit.applied(edits, to: text).contains("wit"), "\(hidden)")
        }
    }

    @Test func `an expression for the beginning or the end of a text means those of the whole text`() throws {
        let filler = String(repeating: "words without end, ", count: 200)
        let rule = ModerationRule(id: "r", regexes: ["^words", "end,$"], action: .flag)
        #expect(try matches("so \(filler)a *mark* \(filler)so", rule).isEmpty)
        #expect(try !matches("words *and* \(filler)so", rule).isEmpty)
    }
}
