/// Letters in shapes that Unicode's compatibility forms leave alone.
enum LetterShapes {
    /// Small capitals, strokes, letters in boxes and on flags.
    static let table: [Unicode.Scalar: String] = {
        var table: [Unicode.Scalar: String] = ["ß": "ss", "æ": "ae", "œ": "oe", "ſ": "s", "ı": "i", "ȷ": "j"]
        for (shapes, letter) in [
            ("ᴀɑ", "a"), ("ʙƀɓ", "b"), ("ᴄƈ", "c"), ("ᴅđɖ", "d"), ("ᴇɛǝ", "e"), ("ꜰƒ", "f"), ("ɢɡǥ", "g"), ("ʜħ", "h"),
            ("ɪɨ", "i"), ("ᴊ", "j"), ("ᴋƙ", "k"), ("ʟłɫ", "l"), ("ᴍ", "m"), ("ɴŋ", "n"), ("ᴏøɔ", "o"), ("ᴘƥ", "p"),
            ("ʀɍ", "r"), ("ꜱ", "s"), ("ᴛŧ", "t"), ("ᴜʉ", "u"), ("ᴠ", "v"), ("ᴡ", "w"), ("ʏɏ", "y"), ("ᴢƶ", "z"),
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

    /// Lower-case Cyrillic and Greek letters that a reader takes for Latin ones.
    static let lookAlikes: [Unicode.Scalar: Unicode.Scalar] = [
        "а": "a", "в": "b", "с": "c", "е": "e", "н": "h", "і": "i", "ј": "j", "к": "k", "м": "m", "о": "o", "р": "p",
        "ѕ": "s", "т": "t", "у": "y", "х": "x", "ԁ": "d", "һ": "h", "ԛ": "q", "ԝ": "w", "ѵ": "v",
        "α": "a", "β": "b", "γ": "y", "ε": "e", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t",
        "υ": "u", "χ": "x", "ω": "w", "ա": "w", "օ": "o", "ս": "u", "հ": "h",
    ]
}
