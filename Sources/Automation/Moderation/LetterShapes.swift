/// Letters in shapes that Unicode's own tables leave alone.
enum LetterShapes {
    /// Small capitals, letters in boxes and on flags; letters that are written in two ways.
    static let table: [Unicode.Scalar: String] = {
        var table: [Unicode.Scalar: String] = [
            "ß": "ss", "æ": "ae", "œ": "oe", "ſ": "s", "ȷ": "j",
            // Arabic: Persian and final forms as the common ones.
            "ک": "ك", "ی": "ي", "ى": "ي", "ة": "ه", "ہ": "ه", "ۀ": "ه", "ھ": "ه", "ٱ": "ا",
            // Cyrillic: written without its dots as often as with them.
            "ё": "е",
        ]
        for (shapes, letter) in [
            ("ᴀɑⱥ", "a"), ("ʙƀɓƃ", "b"), ("ᴄƈ", "c"), ("ᴅɖ", "d"), ("ᴇɛ", "e"), ("ꜰƒ", "f"), ("ɢɡǥ", "g"), ("ʜ", "h"),
            ("ɪɨ", "i"), ("ᴊ", "j"), ("ᴋƙ", "k"), ("ʟɫ", "l"), ("ᴍ", "m"), ("ɴŋ", "n"), ("ᴏ", "o"), ("ᴘƥ", "p"),
            ("ꞯ", "q"), ("ʀɍ", "r"), ("ꜱ", "s"), ("ᴛ", "t"), ("ᴜʉ", "u"), ("ᴠ", "v"), ("ᴡ", "w"), ("ʏɏ", "y"),
            ("ᴢƶ", "z"),
        ] {
            for shape in shapes.unicodeScalars { table[shape] = letter }
        }
        // Regional indicators; letters in boxes, in black circles, in black boxes.
        for first: UInt32 in [0x1F1E6, 0x1F130, 0x1F150, 0x1F170] {
            for offset in 0..<UInt32(26) {
                guard let shape = Unicode.Scalar(first + offset) else { continue }
                table[shape] = String(Character(Unicode.Scalar(UInt8(0x61 + offset))))
            }
        }
        return table
    }()

    /// Letters with a stroke or without their dot, which Unicode does not take apart.
    static let strokes: [Unicode.Scalar: Unicode.Scalar] = [
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ɔ": "o", "ǝ": "e", "þ": "p",
    ]

    /// Signs that stand for a letter by their looks.
    static let signs: [Unicode.Scalar: String] = [
        "€": "e", "£": "l", "¥": "y", "¢": "c", "©": "c", "®": "r", "§": "s", "×": "x", "†": "t", "‡": "t", "№": "n",
        "∂": "d",
        "∆": "a", "∑": "e", "√": "v", "∪": "u", "∩": "n", "µ": "u", "◯": "o", "○": "o", "●": "o", "⭕": "o", "’": "'",
        "‘": "'",
        "ℓ": "l", "℮": "e",
    ]

    /// Letters of their own that Unicode writes as a letter with a mark.
    static let lettersWithMarks: Set<Unicode.Scalar> = ["й", "ї", "ў", "ѓ", "ќ", "ґ"]

    /// Cyrillic letters, and the few Greek ones, in which languages of today are written.
    static let everyday: Set<Unicode.Scalar> = Set(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўђјљњћџѓќѕαβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ".unicodeScalars)

    /// Lower-case letters of other alphabets that a reader takes for Latin ones, where Unicode's table has another.
    static let lookAlikes: [Unicode.Scalar: Unicode.Scalar] = [
        "а": "a", "в": "b", "с": "c", "е": "e", "н": "h", "і": "i", "ј": "j", "к": "k", "м": "m", "о": "o", "р": "p",
        "ѕ": "s", "т": "t", "у": "y", "х": "x", "ԁ": "d", "һ": "h", "ԛ": "q", "ԝ": "w", "ѵ": "v",
        "α": "a", "β": "b", "γ": "y", "ε": "e", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t",
        "υ": "u", "χ": "x", "ω": "w", "ա": "w", "օ": "o", "ս": "u", "հ": "h", "զ": "q", "ո": "n", "ց": "g", "յ": "j",
        "ӏ": "1",
        // Syllables of Canada, a whole alphabet of fancy writing.
        "ᗩ": "a", "ᗷ": "b", "ᑕ": "c", "ᗪ": "d", "ᗴ": "e", "ᖴ": "f", "ᘜ": "g", "ᕼ": "h", "ᓰ": "i", "ᒍ": "j", "ᒪ": "l",
        "ᗰ": "m", "ᑎ": "n", "ᝪ": "o", "ᑭ": "p", "ᑫ": "q", "ᖇ": "r", "ᔕ": "s", "ᑌ": "u", "ᐯ": "v", "ᗯ": "w", "᙭": "x",
    ]

    /// What only reminds of a Latin letter, and stands for one among Latin letters.
    static let reminders: [Unicode.Scalar: UInt8] = [
        "п": letter("n"), "и": letter("u"), "И": letter("n"), "й": letter("u"), "г": letter("r"), "я": letter("r"),
        "ш": letter("w"), "щ": letter("w"), "ц": letter("u"), "ь": letter("b"), "ъ": letter("b"), "д": letter("d"),
        "з": letter("e"), "э": letter("e"), "л": letter("n"), "б": letter("b"), "ф": letter("o"), "є": letter("e"),
        "σ": letter("o"), "θ": letter("o"), "μ": letter("u"), "π": letter("n"), "λ": letter("a"), "δ": letter("d"),
        "Σ": letter("e"), "Λ": letter("a"), "Δ": letter("a"), "ς": letter("s"), "ђ": letter("h"), "ћ": letter("h"),
    ]

    /// Cyrillic letters for the Latin ones and digits that look like them.
    static let cyrillic: [UInt8: Unicode.Scalar] = [
        letter("a"): "а", letter("b"): "в", letter("c"): "с", letter("e"): "е", letter("h"): "н", letter("i"): "і",
        letter("k"): "к", letter("m"): "м", letter("n"): "п", letter("o"): "о", letter("p"): "р", letter("r"): "г",
        letter("s"): "ѕ", letter("t"): "т", letter("u"): "и", letter("w"): "ш", letter("x"): "х", letter("y"): "у",
        letter("0"): "о", letter("3"): "з", letter("4"): "ч", letter("6"): "б", letter("@"): "а",
    ]

    /// Turned letters, by what they are when the text is turned; only those that are nothing else.
    static let upsideDown: [Unicode.Scalar: UInt8] = [
        "ɐ": letter("a"), "ɔ": letter("c"), "ǝ": letter("e"), "ɟ": letter("f"), "ƃ": letter("g"), "ɓ": letter("g"),
        "ɥ": letter("h"), "ᴉ": letter("i"), "ı": letter("i"), "ɾ": letter("j"), "ſ": letter("j"), "ʞ": letter("k"),
        "˥": letter("l"),
        "ɯ": letter("m"), "ɹ": letter("r"), "ʇ": letter("t"), "ʌ": letter("v"), "ʍ": letter("w"), "ʎ": letter("y"),
        "∀": letter("a"), "Ɔ": letter("c"), "Ǝ": letter("e"), "Ⅎ": letter("f"), "⅁": letter("g"),
        "⅂": letter("l"), "Ԁ": letter("p"), "⊥": letter("t"), "∩": letter("u"), "Λ": letter("v"), "⅄": letter("y"),
    ]

    /// What the letters of ASCII are when they are turned upside down.
    static func flipped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case letter("b"): letter("q")
        case letter("q"): letter("b")
        case letter("d"): letter("p")
        case letter("p"): letter("d")
        case letter("n"): letter("u")
        case letter("u"): letter("n")
        case letter("!"): letter("i")
        case letter("6"): letter("9")
        case letter("9"): letter("6")
        default: byte
        }
    }

    private static func letter(_ text: StaticString) -> UInt8 { text.utf8Start.pointee }
}
