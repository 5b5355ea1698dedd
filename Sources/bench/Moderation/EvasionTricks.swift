/// Ways to write a word so that a reader sees it and a plain search does not.
struct EvasionTrick: Sendable {
    let name: String
    /// Whether the result looks like the word; the others only remind of it, and are counted apart.
    let rendersAsTheWord: Bool
    /// Nil for a word to which the trick does nothing.
    let write: @Sendable (String) -> String?

    private init(_ name: String, renders: Bool = true, _ write: @escaping @Sendable (String) -> String?) {
        self.name = name
        rendersAsTheWord = renders
        self.write = { word in write(word).flatMap { $0 == word ? nil : $0 } }
    }

    static let all: [EvasionTrick] = shapes + lookAlikes + marks + markup + separators + spellings

    // MARK: Shapes

    private static func shape(_ first: UInt32, upper: Bool = false) -> @Sendable (String) -> String? {
        { word in
            String(
                String.UnicodeScalarView(
                    word.unicodeScalars.map { scalar in
                        guard (0x61...0x7A).contains(scalar.value) else { return scalar }
                        return Unicode.Scalar(first + scalar.value - 0x61) ?? scalar
                    }))
        }
    }

    private static func table(_ from: String, _ to: String) -> @Sendable (String) -> String? {
        let pairs = Dictionary(uniqueKeysWithValues: zip(from, to.map(String.init)))
        return { word in word.map { pairs[$0] ?? String($0) }.joined() }
    }

    private static let letters = "abcdefghijklmnopqrstuvwxyz"

    private static let shapes: [EvasionTrick] = [
        EvasionTrick("capitals") { $0.uppercased() },
        EvasionTrick("every second letter a capital") { word in
            word.enumerated().map { $0 % 2 == 0 ? String($1) : $1.uppercased() }.joined()
        },
        EvasionTrick("full width", shape(0xFF41)), EvasionTrick("circled", shape(0x24D0)),
        EvasionTrick("mathematical bold", shape(0x1D41A)), EvasionTrick("mathematical sans", shape(0x1D5BA)),
        EvasionTrick("monospace", shape(0x1D68A)), EvasionTrick("fraktur", shape(0x1D586)),
        EvasionTrick("script", shape(0x1D4EA)), EvasionTrick("double struck", shape(0x1D552)),
        EvasionTrick("squared", shape(0x1F130)), EvasionTrick("negative circled", shape(0x1F150)),
        EvasionTrick("negative squared", shape(0x1F170)), EvasionTrick("parenthesised", renders: false, shape(0x249C)),
        EvasionTrick("regional indicators") { word in
            word.unicodeScalars.map { String(Character(Unicode.Scalar(0x1F1E6 + $0.value - 0x61) ?? $0)) }
                .joined(separator: "\u{200B}")
        },
        EvasionTrick("small capitals", table(letters, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ")),
        EvasionTrick("superscript", table("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")),
        EvasionTrick("upside down") { word in
            word.reversed().map { turned[$0] ?? String($0) }.joined()
        },
    ]

    private static let turned: [Character: String] = Dictionary(
        uniqueKeysWithValues: zip(letters, "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz".map(String.init)))

    // MARK: Look-alikes

    private static func one(_ from: String, _ to: String) -> @Sendable (String) -> String? {
        let pairs = Dictionary(uniqueKeysWithValues: zip(from, to.map(String.init)))
        return { word in
            guard let index = word.firstIndex(where: { pairs[$0] != nil }), let other = pairs[word[index]] else {
                return nil
            }
            return word[..<index] + other + word[word.index(after: index)...]
        }
    }

    private static let lookAlikes: [EvasionTrick] = [
        EvasionTrick("one Cyrillic letter", one("aceopxyisjhk", "асеорхуіѕјһк")),
        EvasionTrick("all Cyrillic letters that there are", table("aceopxyisjhkbmtdqw", "асеорхуіѕјһкьмтԁԛԝ")),
        EvasionTrick("one Greek letter", one("aoiuvnkptx", "αοιυνηκρτχ")),
        EvasionTrick("Greek and Cyrillic capitals") { word in
            table("abcehijkmnopstxyz", "ΑВСЕНІЈΚМΝОРЅΤХΥΖ")(word)?.uppercased()
        },
        EvasionTrick("Cherokee", table("abcdeghijklmprstvwyz", "ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᎩᏃ")),
        EvasionTrick("Lisu", table("abcdefghijklmnoprstuvwxyz", "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ")),
        EvasionTrick("Armenian", one("ouhngwqj", "օսհոցաԛյ")),
        EvasionTrick("Canadian syllables", table("abcdefghijklmnopqrstuvwx", "ᗩᗷᑕᗪᗴᖴᘜᕼᓰᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭")),
        EvasionTrick("faux Cyrillic", renders: false, one("nrwut", "пгшцт")),
    ]

    // MARK: Marks and what nobody sees

    private static func between(_ text: String) -> @Sendable (String) -> String? {
        { word in word.map(String.init).joined(separator: text) }
    }

    private static func middle(_ text: String) -> @Sendable (String) -> String? {
        { word in
            let index = word.index(word.startIndex, offsetBy: word.count / 2)
            return word[..<index] + text + word[index...]
        }
    }

    private static let marks: [EvasionTrick] = [
        EvasionTrick("accents", table("aeioucnsyzrlgdtw", "áèîöüçñśýžřĺğďťŵ")),
        EvasionTrick("combining accents") { word in word.map { "\($0)\u{301}" }.joined() },
        EvasionTrick("a heap of marks") { word in word.map { "\($0)\u{321}\u{334}\u{30D}\u{353}" }.joined() },
        EvasionTrick("strokes") { word in word.map { "\($0)\u{336}" }.joined() },
        EvasionTrick("zero-width spaces", between("\u{200B}")), EvasionTrick("soft hyphens", between("\u{AD}")),
        EvasionTrick("word joiner", middle("\u{2060}")), EvasionTrick("variation selectors", between("\u{FE0F}")),
        EvasionTrick("tag characters", middle("\u{E0041}")), EvasionTrick("bidi marks", between("\u{200E}")),
        EvasionTrick("right-to-left override") { "\u{202E}\(String($0.reversed()))\u{202C}" },
        EvasionTrick("half of it overridden") { word in
            let index = word.index(word.startIndex, offsetBy: word.count / 2)
            return "\(word[..<index])\u{202E}\(String(word[index...].reversed()))\u{202C}"
        },
    ]

    // MARK: Mark-up

    private static let markup: [EvasionTrick] = [
        EvasionTrick("half of it bold") { word in
            let index = word.index(word.startIndex, offsetBy: word.count / 2)
            return "\(word[..<index])**\(word[index...])**"
        },
        EvasionTrick("one letter in italics") { "\($0.prefix(1))*\($0.dropFirst().prefix(1))*\($0.dropFirst(2))" },
        EvasionTrick("spoiler") { "\($0.prefix(2))||\($0.dropFirst(2))||" },
        EvasionTrick("struck") { "\($0.prefix(2))~~\($0.dropFirst(2))~~" },
        EvasionTrick("a backslash") { "\($0.prefix(1))\\\($0.dropFirst())" },
        EvasionTrick("backticks", middle("``")), EvasionTrick("a comment", middle("<!-- -->")),
        EvasionTrick("a tag", middle("<b></b>")),
        EvasionTrick("a numbered entity") { word in
            "\(word.prefix(1))&#\(word.unicodeScalars.dropFirst().first?.value ?? 97);\(word.dropFirst(2))"
        },
        EvasionTrick("a numbered entity first") { word in
            "&#\(word.unicodeScalars.first?.value ?? 97);\(word.dropFirst())"
        },
        EvasionTrick("each letter in brackets") { word in word.map { "[\($0)]" }.joined() },
        EvasionTrick("a letter between tildes") { word in
            "\(word.prefix(1))~\(word.dropFirst().prefix(1))~\(word.dropFirst(2))"
        },
        EvasionTrick("a hexadecimal entity") { word in
            "\(word.prefix(1))&#x\(String(word.unicodeScalars.dropFirst().first?.value ?? 97, radix: 16));\(word.dropFirst(2))"
        },
        EvasionTrick("an invisible entity", middle("&shy;")),
        EvasionTrick("a link") { "[\($0.prefix(2))](https://example.org)\($0.dropFirst(2))" },
    ]

    // MARK: Letters apart

    private static let separators: [EvasionTrick] = [
        EvasionTrick("blanks", between(" ")), EvasionTrick("dots", between(".")), EvasionTrick("hyphens", between("-")),
        EvasionTrick("underscores", between("_")), EvasionTrick("a letter a line", between("\n")),
        EvasionTrick("stars", between("*")), EvasionTrick("slashes", between("/")),
    ]

    // MARK: Spellings

    private static let spellings: [EvasionTrick] = [
        EvasionTrick("digits", renders: false, table("aeiostbg", "43105789")),
        EvasionTrick("one sign", renders: false, one("aiso", "@!$0")),
        EvasionTrick("a vowel as a star", renders: false, one("aeiou", "*****")),
        EvasionTrick("a vowel as a picture", renders: false, one("aeiou", "😀😀😀😀😀")),
        EvasionTrick("a vowel held down", renders: false) { word in
            guard let index = word.firstIndex(where: { "aeiou".contains($0) }) else { return nil }
            return word[..<index] + String(repeating: word[index], count: 4) + word[word.index(after: index)...]
        },
        EvasionTrick("every letter twice", renders: false) { word in word.map { "\($0)\($0)" }.joined() },
        EvasionTrick("drawn letters", renders: false) { word in
            word.contains("w") ? word.replacing("w", with: "\\/\\/") : nil
        },
    ]
}
