import Testing

@testable import Text

@Suite struct EmojiTests {
    @Test(arguments: [
        ("❤", "❤️"), ("❤️", "❤️"), ("❤\u{FE0E}", "❤️"), ("☝🏾", "☝🏾"), ("☝🏾\u{FE0F}", "☝🏾"), ("☝\u{FE0F}🏾", "☝🏾"), ("☝", "☝️"),
        ("eyes", "👀"),
        (":eyes:", "👀"), ("👀", "👀"), ("👀\u{FE0F}", "👀"), ("thumbsup", "👍"), (":thumbsup:", "👍"), ("+1", "👍"),
        ("thumbs_up", "👍"),
        ("ThumbsUp", "👍"), ("-1", "👎"), ("👍", "👍"), (":+1::skin-tone-4:", "👍🏽"), ("wave_tone2", "👋🏼"),
        ("waving_hand_medium_dark_skin_tone", "👋🏾"), ("flag-de", "🇩🇪"), ("flag_de", "🇩🇪"), ("de", "🇩🇪"), ("🇩🇪", "🇩🇪"),
        ("#\u{20E3}", "#️⃣"), ("1️⃣", "1️⃣"), ("hash", "#️⃣"), ("🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
        ("👩\u{200D}💻", "👩‍💻"), ("🕵\u{200D}♂", "🕵️‍♂️"), ("🕵🏻\u{200D}♂", "🕵🏻‍♂️"), ("👩🏻\u{200D}🤝\u{200D}👨🏿", "👩🏻‍🤝‍👨🏿"),
        ("man-shrugging", "🤷‍♂️"), ("man_shrugging", "🤷‍♂️"), ("white_check_mark", "✅"), ("tada", "🎉"), ("x", "❌"),
        ("©", "©️"),
        ("🏳\u{200D}🌈", "🏳️‍🌈"), ("people_holding_hands_tone1", "🧑🏻‍🤝‍🧑🏻"),
    ])
    func `an emoji has one form`(given: String, form: String) throws {
        let found = try #require(Emoji.canonical(given))
        #expect(found.utf8.elementsEqual(form.utf8), "\(found.unicodeScalars.map { String($0.value, radix: 16) })")
        #expect(Emoji.canonical(found)?.utf8.elementsEqual(form.utf8) == true)
    }

    @Test(arguments: [
        "", " ", "q", "Q", "1", "#", "*", "hello", "e1", "two words", ":", "::", ":eyes", "eyes:", "\u{200B}",
        "\u{FE0F}", "\u{200D}", "🏽", "é",
        "👍👍", "👍👎", "👍a", "🇩", "🇽🇽", "flag-xx", "flag_", "👀🏽", "👩\u{200D}", "\u{200D}👩", "😀\u{200D}🚀", "👍🏽🏽",
        "👩\u{200D}🤝\u{200D}👨",
        "👩🏻\u{200D}🤝\u{200D}👨", "💻🏻", "eyes::skin-tone-3", "+1::skin-tone-7", "+1::", "eyes_tone1", "a\0",
        "🏴\u{E0067}\u{E007F}", "\u{20E3}", "\u{1F1E6}\u{1F1E6}",
        "\u{E000}", "\u{FFFFD}", "☝🏾x", "🅰b", String(repeating: "x", count: 65), String(repeating: "👍", count: 100_000),
    ])
    func `what is no emoji is none`(text: String) {
        #expect(Emoji.canonical(text) == nil)
    }

    @Test func `every emoji and every name of the table is found, and is its own form`() throws {
        let index = EmojiIndex.shared
        #expect(index.entries.count > 1900 && index.names.count > 2900)
        for (key, entry) in index.entries where !entry.isToneRequired {
            #expect(Emoji.canonical(key)?.utf8.elementsEqual(entry.emoji.utf8) == true, "\(key)")
            #expect(Emoji.canonical(entry.emoji)?.utf8.elementsEqual(entry.emoji.utf8) == true, "\(key)")
        }
        for (name, key) in index.names {
            let emoji = try #require(index.entries[key]?.emoji)
            #expect(Emoji.canonical(":\(name):") == emoji, "\(name)")
        }
    }

    @Test func `the other forms lead to the one form, and are not it`() {
        let others = Emoji.otherForms
        #expect(others.count > 3000)
        for (form, emoji) in others {
            #expect(!form.utf8.elementsEqual(emoji.utf8))
            #expect(Emoji.canonical(form)?.utf8.elementsEqual(emoji.utf8) == true, "\(form)")
        }
    }
}
