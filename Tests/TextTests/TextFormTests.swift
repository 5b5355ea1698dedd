import Testing

@testable import Text

@Suite struct TextFormTests {
    @Test(arguments: [
        (TextForm.nfc, "e\u{301}", "\u{E9}"), (.nfd, "\u{E9}", "e\u{301}"), (.nfkc, "ﬁ①", "fi1"),
        (.nfkd, "ｶﾞ", "カ\u{3099}"), (.nfkc, "ｶﾞ", "ガ"), (.nfkcCasefold, "Ｓ\u{200B}ẞ", "sss"),
        (.casefold, "Straße", "strasse"),
        (.nfc, "", ""), (.nfc, "plain", "plain"), (.casefold, "PLAIN", "plain"), (.nfkcCasefold, "\u{200B}", ""),
        (.skeleton, "ѕсоре", "scope"), (.skeleton, "раураl", "paypal"), (.nfc, "a\0b", "a\0b"),
    ])
    func `texts have one form`(form: TextForm, text: String, expected: String) throws {
        let made = try #require(form.applied(to: text))
        #expect(made.utf8.elementsEqual(expected.utf8))
    }

    @Test func `a form is never longer than it may be`() throws {
        let dear = String(repeating: "\u{FDFA}", count: 1000)
        #expect(TextForm.nfkc.applied(to: dear, limit: 10_000) == nil)
        #expect(try #require(TextForm.nfkc.applied(to: dear, limit: 100_000)).unicodeScalars.count == 18_000)
        #expect(TextForm.nfc.applied(to: "12345", limit: 4) == nil)
    }

    @Test(arguments: TextForm.allCases.filter { $0 != .skeleton })
    func `a form of a form is that form`(form: TextForm) throws {
        for text in ["Ǆ ŉ ẞ İ", "ｶﾞ㌖ﷺ", "\u{1D15E}\u{301}\u{327}", "กำ", "가각ᄀ\u{1161}", "👩\u{200D}🚀🇩🇪", "ΐ Ὦ"] {
            let once = try #require(form.applied(to: text))
            #expect(try #require(form.applied(to: once)) == once)
        }
    }

    @Test func `words are found, by dictionaries where nothing stands between them`() {
        func words(_ text: String) -> [String] {
            let bytes = Array(text.utf8)
            return TextParts(.words, of: text).parts.filter(\.isWord)
                .map { String(decoding: bytes[$0.range], as: UTF8.self) }
        }
        #expect(words("It's 3.5 o'clock, isn't it?") == ["It's", "3.5", "o'clock", "isn't", "it"])
        #expect(words("女性は強い").first == "女性")
        #expect(words("สวัสดีชาวโลก") == ["สวัสดี", "ชาว", "โลก"])
        #expect(words("") == [])
        let whole = TextParts(.words, of: "a b")
        #expect(whole.parts.map(\.range) == [0..<1, 1..<2, 2..<3])
        #expect(TextParts(.words, of: "a b c d", limit: 3).parts.count == 3)
        #expect(TextParts(.sentences, of: "One. Two? Three", language: "en").parts.count == 3)
        #expect(TextParts(.graphemes, of: "👩\u{200D}🚀e\u{301}").parts.count == 2)
    }

    @Test func `scripts, compositions and the letters of languages are known`() throws {
        #expect(Script(of: "ж") == .cyrillic && Script(of: "女") == .han && Script(of: "1") == .common)
        #expect(Script(of: "a").description == "Latn" && Script(of: "\u{301}") == .inherited)
        #expect(CharacterFacts.composed("e", "\u{301}") == "\u{E9}")
        #expect(CharacterFacts.composed("\u{1112}", "\u{1161}") == "하")
        #expect(CharacterFacts.composed("a", "b") == nil)
        let turkish = try #require(CharacterFacts.letters(ofLanguage: "tr"))
        #expect(turkish.contains("ş") && turkish.contains("ı") && !turkish.contains("w"))
        #expect(CharacterFacts.letters(ofLanguage: "qqq") == nil)
        #expect(CharacterProperties(of: 0x3000).contains(.blank) && CharacterProperties(of: 0x2014).contains(.dash))
        #expect(CharacterProperties(of: 0x301).isSuperset(of: [.mark, .accent, .combines]))
        #expect(CharacterProperties(of: 0x1F600) == .picture && CharacterProperties(of: 0x110000) == [])
        #expect(TextForm.unicodeVersion >= 15 << 8)
    }
}
