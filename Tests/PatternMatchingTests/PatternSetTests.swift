import Testing

@testable import PatternMatching

@Suite(.timeLimit(.minutes(1)))
struct PatternSetTests {
    private func found(_ expression: Pattern.Expression, in text: String, cased: Bool = false) throws -> [String] {
        let set = try PatternSet([Pattern(id: 7, expression, isCaseSensitive: cased)])
        return set.matches(in: text).map { match in
            #expect(match.id == 7)
            return String(decoding: Array(text.utf8)[match.range], as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("cat", "cat", ["cat"]), ("cat", "a Cat, CAT!", ["Cat", "CAT"]), ("cat", "concatenate cats scat", []),
        ("cat", "äcat catä cat1 1cat", []), ("cat", "😀cat😀", ["cat"]), ("cat", "cat\u{301} xcat", []),
        ("cat", "cat\u{FE0F}", ["cat"]), ("cat", "_cat_ *cat* (cat)", ["cat", "cat", "cat"]), ("cat", "", []),
        ("cat", "猫cat猫", ["cat"]), ("größe", "Die GRÖSSE, die GRÖßE", ["GRÖßE"]), ("über", "ÜBER uber übers", ["ÜBER"]),
        ("kiss", "\u{212A}iss kiss", ["kiss"]), ("猫", "黒猫です", ["猫"]), ("a.b", "axb a.b", ["a.b"]),
        ("c++", "c++ c", ["c++"]),
        ("one man", "one man one  man one-man oneman bone man", ["one man", "one  man", "one-man"]),
        ("@ss", "x@ss @ss @sst", ["@ss", "@ss"]), ("😀", "a😀b", ["😀"]), ("слово", "Слово словом", ["Слово"]),
    ])
    func `a word is found whole, in any case, at the borders of Unicode`(
        word: String, text: String, expected: [String]
    ) throws {
        #expect(try found(.literalWord(word), in: text) == expected)
    }

    @Test func `prefixes and suffixes give the whole word`() throws {
        #expect(try found(.prefix("cat"), in: "Category concat cat") == ["Category", "cat"])
        #expect(try found(.suffix("cat"), in: "Category concat cat") == ["concat", "cat"])
        #expect(try found(.suffix("ß"), in: "Spaß groß ßen") == ["Spaß", "groß"])
        #expect(try found(.anywhere("cat"), in: "Category concat") == ["Cat", "cat"])
    }

    @Test func `case counts when asked for`() throws {
        #expect(try found(.literalWord("Cat"), in: "cat Cat CAT", cased: true) == ["Cat"])
        #expect(try found(.literalWord("Ä"), in: "ä Ä", cased: true) == ["Ä"])
        #expect(try found(.regex("[a-c]at"), in: "Bat cat", cased: true) == ["cat"])
    }

    @Test func `all ends of one match are one match`() throws {
        #expect(try found(.regex("a+"), in: "aaa b aa") == ["aaa", "aa"])
        #expect(try found(.anywhere("aa"), in: "aaaa") == ["aaaa"])
        #expect(try found(.regex("b[aä]{2,4}"), in: "xbaäaäaä") == ["baäaä"])
    }

    @Test(arguments: [
        ("\\bcat\\b", "a cat, concat", ["cat"]), ("\\w+@\\w+", "mail a@bc now", ["a@bc"]),
        ("ü[a-z]er", "ÜBER", ["ÜBER"]), ("^a.c$", "abc", ["abc"]), ("https?://[^ ]+", "x http://a/b c", ["http://a/b"]),
    ])
    func `common regular expressions work`(regex: String, text: String, expected: [String]) throws {
        #expect(try found(.regex(regex), in: text) == expected)
    }

    @Test(arguments: [
        ("(?=a)b", "look-ahead"), ("(?<!a)b", "look-ahead"), ("a*", "empty"), ("(", "parenthes"),
        ("(a)\\1", "Back-references"), ("(a{1,1000}){1,1000}", "too large"), ("a\u{0}b", "NUL"),
        (String(repeating: "a", count: 261), "longer than 260"), ("[z-a]", "range"),
    ])
    func `a bad regular expression is refused with its index and why`(regex: String, part: String) {
        do throws(PatternError) {
            _ = try PatternSet([Pattern(id: 1, .literalWord("fine")), Pattern(id: 2, .regex(regex))])
            Issue.record("was accepted")
        } catch {
            #expect(error.index == 1)
            #expect(error.message.lowercased().contains(part.lowercased()), "\(error)")
        }
    }

    @Test(arguments: ["", "  ", String(repeating: "a", count: 201)])
    func `a bad word is refused`(word: String) {
        #expect(throws: PatternError.self) { try PatternSet([Pattern(id: 1, .literalWord(word))]) }
    }

    @Test func `a set without patterns finds nothing`() throws {
        #expect(try PatternSet([]).matches(in: "anything").isEmpty)
    }

    @Test func `hostile text is bounded`() throws {
        let set = try PatternSet([
            Pattern(id: 1, .anywhere("ab")), Pattern(id: 2, .prefix("x")), Pattern(id: 3, .literalWord("aa")),
        ])
        let many = set.scan(String(repeating: "ab ", count: 100_000))
        #expect(many.matches.count == 1000)
        #expect(!many.isComplete)
        let word = set.scan(String(repeating: "x", count: 1_000_000))
        #expect(word.matches.isEmpty == false)
        let misses = set.scan(String(repeating: "a", count: 1_000_000))
        #expect(misses.matches.isEmpty)
        #expect(!misses.isComplete)
    }

    @Test func `thousands of words compile and each is found`() throws {
        let words = (0..<10_000).map { "w\($0)x" } + (0..<2_000).map { "ü\($0)x" }
        let set = try PatternSet(words.enumerated().map { Pattern(id: $0, .literalWord($1)) })
        for index in stride(from: 0, to: words.count, by: 997) {
            #expect(set.firstMatch(in: "a \(words[index]) b")?.id == index)
        }
        #expect(throws: PatternError.self) {
            try PatternSet((0..<20_001).map { Pattern(id: $0, .anywhere("a\($0)")) })
        }
    }

    @Test func `many threads scan at once`() async throws {
        let set = try PatternSet([Pattern(id: 1, .literalWord("cat")), Pattern(id: 2, .regex("d[o0]g"))])
        let counts = await withTaskGroup(of: Int.self) { group in
            for index in 0..<64 {
                group.addTask { set.matches(in: String(repeating: "cat d0g ", count: index)).count }
            }
            return await group.reduce(into: 0) { $0 += $1 }
        }
        #expect(counts == 64 * 63)
    }
}
