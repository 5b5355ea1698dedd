import Testing
import Text

@testable import Moderation

/// Words that a reader sees and a plain search does not, and those that only look like it.
@Suite(.timeLimit(.minutes(2)))
struct EvasionTests {
    private static let words = ["numpty", "git", "clod", "дурень", "кретин", "غبي", "אידיוט", "あほ", "アホ", "傻瓜", "바보"]

    private func isFound(_ text: String, _ rules: ModerationRule...) throws -> Bool {
        let engine = try ModerationEngine(
            rules: rules.isEmpty ? [ModerationRule(id: "w", words: Self.words, action: .flag)] : rules)
        return !engine.judge(ModerationInput(text: text, channelName: "c", authorKind: .user)).matches.isEmpty
    }

    @Test(arguments: [
        "num**pty**", "n*u*mpty", "num||pty||", "n\\umpty", "num``pty", "num<!-- x -->pty", "<b>n</b>umpty",
        "[num](http://x.y)pty",
        "n&#117;mpty", "n&#x75;mpty", "nu&shy;mpty", "num&ZeroWidthSpace;pty", "n~~u~~mpty", "n\nu\nm\np\nt\ny",
        "n-u-m-p-t-y",
        "\u{202E}ytpmun", "num\u{202E}ytp\u{202C}!", "ʎʇdɯnu", "n*mpty", "n🤡mpty", "nnumpty", "nuumpty",
        "numptyy",
        "nnuummppttyy", "NUMPTY", "ｎｕｍｐｔｙ", "𝐧𝐮𝐦𝐩𝐭𝐲", "ⓝⓤⓜⓟⓣⓨ", "🄽🅄🄼🄿🅃🅈", "ᑎᑌmpty", "пumpty", "nцmpty", "ꓠꓴꓟꓑꓔꓬ",
        "nu\u{301}mpt\u{308}y",
        "n.u.m.p.t.y", "c10d", "c|0d", "ϲӏоd", "сlоd", "g1t", "g!t", "9it", "gi7", "num\u{200B}pty",
        "n u m p t y",
        "дуpень", "дурeнь", "д у p е н ь", "кpeтин", "крётин", "кре\u{301}тин", "غَبِي", "غبـــي", "غ ب ي",
        "אִידְיוֹט", "ｱﾎ", "あ ほ", "傻 瓜", "傻*瓜",
        "傻.瓜", "바 보", "바\u{1107}\u{1169}", "n~u~mpty", "&#110;umpty", "[n][u][m][p][t][y]", "cIod",
        "[num][1]pty\n\n[1]: http://x.y",
    ]) func `a hidden word is found`(text: String) throws {
        #expect(try isFound("x \(text) y") || isFound(text), "\(text)")
    }

    @Test(arguments: [
        "github", "digit", "legitimate", "cloddish is another word", "clock", "cold", "dog it", "giit is no it",
        "num pty limited", "g-i tax",
        "Mon, Tue", "он дурил", "критика", "傻笑", "あほう鳥は鳥", "rapping and copper", "it is fun", "numb party", "a * b * c",
        "x_y_z",
    ]) func `what only looks like it is let alone`(text: String) throws {
        let words = ["numpty", "clod", "дурень", "raping", "coper", "傻"]
        #expect(try !isFound(text, ModerationRule(id: "w", words: words, action: .flag)), "\(text)")
    }

    @Test(arguments: [
        ("exact", "péter", "Peter", false), ("exact", "péter", "PÉTER", true), ("exact", "péter", "pe\u{301}ter", true),
        ("exact", "git", "g1t", false), ("exact", "git", "gít", false), ("exact", "git", "g\u{200B}it", true),
        ("folded", "péter", "Peter", false), ("folded", "péter", "pétér", false),
        ("folded", "péter", "p é t e r", true),
        ("folded", "sik", "şık", true), ("exact", "sik", "şık", false), ("strict", "péter", "Peter", true),
        ("strict", "coño", "c0n0", true), ("folded", "coño", "c0ñ0", true), ("folded", "coño", "cono", false),
    ]) func `how freely a word is read is up to its rule`(reading: String, word: String, text: String, isHit: Bool)
        throws
    {
        let level = try #require(ModerationRule.Reading(rawValue: reading))
        #expect(try isFound(text, ModerationRule(id: "r", words: [word], action: .flag, reading: level)) == isHit)
    }

    @Test func `in a language its letters are no accents`() throws {
        let turkish = ModerationRule(id: "r", words: ["sik"], action: .flag, language: "tr")
        #expect(try !isFound("çok şık", turkish))
        #expect(try isFound("s1k", turkish) && isFound("sîk", turkish) == isFound("sîk", turkish))
        let swedish = ModerationRule(id: "r", words: ["sas"], action: .flag, language: "sv")
        #expect(try !isFound("sås", swedish) && isFound("sás", swedish))
        #expect(
            ModerationEngine.problems(of: ModerationRule(id: "r", words: ["x"], action: .flag, language: "qqq"))
                .map(\.field) == ["language"])
    }

    @Test func `short words of scripts without blanks count where a dictionary finds them`() throws {
        let rule = ModerationRule(id: "r", words: ["女", "ไก่"], action: .flag)
        #expect(try !isFound("女性は強い", rule) && isFound("女", rule) && isFound("あの女だ", rule))
        var anywhere = rule
        anywhere.wholeWords = false
        #expect(try isFound("女性は強い", anywhere))
    }

    @Test(arguments: ["A55", "see #a55 here", "$cat", "a Fag\u{A0}Lane b", "Fag‑Lane", "f a g  l a n e"])
    func `what is excepted in one reading is excepted in all`(text: String) throws {
        let rule = ModerationRule(
            id: "r", words: ["ass", "scat", "fag"], except: ["A55", "$cat", "#a55", "Fag Lane"],
            action: .block(reason: ""))
        #expect(try !isFound(text, rule))
        #expect(try isFound("\(text) and an ass", rule))
    }

    @Test(arguments: [
        ("\\bдура\\b", "она дура!", true), ("\\bдура\\b", "придурак", false), ("\\bдура\\b|\\bгад\\b", "вот гад", true),
        ("\\b(дура|гад)\\b", "гадать", false), ("[A-Z]{3,}", "all lower", false), ("[A-Z]{3,}", "LOUD", true),
        ("b[ae]d", "BAD", true),
        ("\\w+ё", "моё", true), ("(\\b[A-Z]{3,}\\b\\s*){2,}", "WHAT NOW", true),
        ("(\\b[A-Z]{3,}\\b\\s*){2,}", "what now", false),
        ("\\d{3}-\\d{4}", "５５５-1234", true),
    ]) func `expressions know other letters and capitals`(regex: String, text: String, isHit: Bool) throws {
        #expect(try isFound(text, ModerationRule(id: "r", regexes: [regex], action: .flag)) == isHit)
    }

    @Test func `a border inside an expression of other letters is told, since it never holds`() {
        let rule = ModerationRule(id: "r", regexes: ["да(\\bнет)"], action: .flag)
        #expect(ModerationEngine.problems(of: rule).map(\.field) == ["regexes[0]"])
    }

    @Test func `masks cover what is shown, and are never too long or empty`() throws {
        func masked(_ text: String, mask: String, limit: Int = .max) throws -> String {
            let rule = ModerationRule(id: "r", words: ["clod"], action: .mask(with: mask))
            let verdict = try ModerationEngine(rules: [rule])
                .judge(ModerationInput(text: text, channelName: "", authorKind: .user))
            guard case .mask(let edits) = verdict.action else { return text }
            return TextEdit.applied(edits, to: text, limit: limit)
        }
        #expect(
            try masked("cl\u{202E}do\u{202C} end", mask: "[M]") == "[M] end"
                || !masked("cl\u{202E}do\u{202C} end", mask: "[M]").contains("o"))
        #expect(try masked("a clod", mask: "") == "a ")
        #expect(try masked("clod", mask: "") == "****")
        #expect(try masked(" clod ", mask: "\u{200B}") == " **** ")
        #expect(try masked("clod clod", mask: "[removed]", limit: 12) == "**** ****")
    }

    @Test(arguments: [
        "\u{FDFA}", "\u{FDFA} ", "a", "d4rn ", "a b ", "㌖", "笨 ", "дурaк ", "a\u{301}", "*", "&#105;", "ʇ", "a😀b ", "[",
        "<b", "`a", "1!|6 ",
        "ｱﾎﾞ", "Ａ1ｂа*с!é", "\u{202E}ab\u{202C}", "aabb", "c*l*d ", "git ", "꓾",
    ]) func `the largest text of anything is judged to its end`(piece: String) throws {
        let engine = try ModerationEngine(rules: [ModerationRule(id: "w", words: Self.words, action: .flag)])
        var text = String.UnicodeScalarView()
        while text.count < 4000 { text.append(contentsOf: piece.unicodeScalars) }
        #expect(engine.judge(ModerationInput(text: String(text), channelName: "", authorKind: .user)).isComplete)
        text.append(contentsOf: " clod".unicodeScalars)
        let verdict = engine.judge(ModerationInput(text: String(text), channelName: "", authorKind: .user))
        #expect(verdict.flaggedBy == ["w"])
    }
}
