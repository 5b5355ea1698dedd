import Testing

@testable import Text

@Suite struct NameRuleTests {
    private func refusal(_ rule: NameRule, _ name: String) -> String? {
        do {
            _ = try rule.normalized(name)
            return nil
        } catch {
            return error.description
        }
    }

    /// What nobody sees, or what turns the line around, a few of each kind.
    private static let hidden: [UInt32] = [
        0x0, 0x1F, 0x7F, 0x9B, 0x85, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x200B, 0x200E, 0x200F,
        0x2028, 0x2029, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0x2800, 0x3164, 0xE000, 0xFDD0, 0xFEFF, 0xFFA0, 0xFFF9,
        0x378, 0x1D173, 0xE0001, 0xE0041, 0xE0100, 0xF0000, 0x10FFFF,
    ]

    @Test(arguments: hidden)
    func `no name holds what nobody sees`(code: UInt32) throws {
        let scalar = String(try #require(Unicode.Scalar(code)))
        for rule in [NameRule.handle, .channel, .display] {
            for name in ["gen\(scalar)eral", "\(scalar)a", "a\(scalar)"] {
                #expect(refusal(rule, name) != nil, "\(rule.noun) \(code)")
            }
        }
    }

    @Test(arguments: [
        ".", "..", "", " ", "a b", " a", "a ", "a\u{A0}b", "a\u{3000}b", "a\u{200D}b", "❤\u{FE0F}", "\u{301}a", "ａ＠ｂ",
        "a℀b", "a\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}b", String(repeating: "x", count: 65),
        String(repeating: "\u{FDFA}", count: 64),
    ])
    func `a handle is one visible word`(name: String) {
        #expect(refusal(.handle, name) != nil)
    }

    @Test func `the second form of a name is the first one`() throws {
        let forms = [
            ("Sta\u{30A}le", "St\u{E5}le"), ("\u{212B}ngstrom", "\u{C5}ngstrom"), ("ｂｏｂ", "bob"), ("ﬁn", "fin"),
            ("x²", "x2"),
            ("\u{1100}\u{1161}", "\u{AC00}"), ("Ⅷ", "VIII"),
        ]
        for (given, stored) in forms {
            #expect(try NameRule.handle.normalized(given).utf8.elementsEqual(stored.utf8))
            #expect(try NameRule.channel.normalized(given).utf8.elementsEqual(stored.utf8))
            #expect(NameRule.lookup(given).utf8.elementsEqual(stored.utf8))
        }
        // What is shown keeps its look.
        #expect(try NameRule.display.normalized("ｂｏｂ x²") == "ｂｏｂ x²")
        #expect(try NameRule.display.normalized("Sta\u{30A}le").utf8.elementsEqual("St\u{E5}le".utf8))
    }

    @Test(arguments: [
        "ada", "Ada.Lovelace-2", "Žluťoučký", "李小龍", "プログラム", "한글", "مرحبا", "שָׁלוֹם", "हिन्दी", "ไทย", "a_b+c", "🎉", "Zoë",
        "việt", "...", ".a",
    ])
    func `the words of all languages are names`(name: String) {
        #expect(refusal(.handle, name) == nil)
        #expect(refusal(.channel, name) == nil)
        #expect(refusal(.display, name) == nil)
    }

    @Test(arguments: [
        "Ada Lovelace", "می\u{200C}خواهم", "ක්\u{200D}ෂ", "👩\u{200D}🚀 Sally", "❤️ Ann", "👁️\u{200D}🗨️", "O'Neil <dev>",
        "a@b: c/d", "1️⃣",
    ])
    func `a name to show may have blanks, and joiners where they join`(name: String) {
        #expect(refusal(.display, name) == nil)
    }

    @Test(arguments: [
        "a\u{200D}b", "ad\u{200C}min", "\u{200D}a", "a\u{200D}", "ي\u{200C}", "admin\u{FE0F}", "ي\u{200C}\u{200C}ي",
        "👩\u{200D}",
        "а\u{200D}б", "x\n", " x", "x\u{A0}",
    ])
    func `a joiner that joins nothing is hidden like others`(name: String) {
        #expect(refusal(.display, name) != nil)
    }

    @Test func `a refusal names what is wrong`() {
        #expect(refusal(.channel, "gen\u{200B}eral") == "A channel's name cannot hold U+200B (zero width space).")
        #expect(refusal(.handle, "c1\u{9B}x") == "A handle cannot hold U+009B.")
        #expect(refusal(.handle, "a@b") == "A handle cannot hold @.")
        #expect(refusal(.handle, "..")?.contains("path") == true)
        #expect(refusal(.display, String(repeating: "x", count: 129)) == "A name has 1 to 128 characters.")
    }

    @Test func `megabytes are refused before they are read`() {
        let long = String(repeating: "\u{FDFA}", count: 2_000_000)
        #expect(refusal(.handle, long) != nil)
        #expect(NameRule.lookup(long).unicodeScalars.count <= 256 * 18)
        #expect(NameRule.display.cleaned(long) != nil)
    }

    @Test(arguments: [
        (" de\u{202E}ploy\u{7}\n ", "deploy"), ("\u{200B}\u{2800}", nil), ("a\u{200D}b", "ab"),
        ("👩\u{200D}🚀", "👩\u{200D}🚀"),
        ("", nil), ("x\u{200D}", "x"), ("\u{301}", nil),
    ])
    func `what a program calls itself is cleaned`(given: String, kept: String?) {
        #expect(NameRule.display.cleaned(given) == kept)
        #expect(NameRule.display.cleaned(String(repeating: "y", count: 500))?.count == 128)
    }
}
