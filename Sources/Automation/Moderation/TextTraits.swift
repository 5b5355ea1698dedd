/// What a first look at a text says about the ways in which it may hide words.
///
/// One pass over the bytes, so that an ordinary message is judged by a single scan. It may suspect too much, never too
/// little.
struct TextTraits {
    var isASCII = true
    /// Digits or signs among letters.
    var hasLeet = false
    var hasRepeats = false
    /// Single letters, apart.
    var hasRuns = false
    /// Marks of Markdown and HTML beside letters.
    var hasMarkup = false
    /// A sign between letters that may cover one.
    var hasBlots = false
    /// Strokes and brackets of which letters are drawn.
    var hasDrawings = false
    /// A right-to-left override.
    var hasOverride = false
    /// Two letters that look like one: `vv`, `rn`.
    var hasDrawnLetters = false

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var previous: UInt8 = 0
        var wordLength = 0
        var gap = 0
        var singles = 0
        var place = 0
        for byte in bytes {
            if byte >= 0x80 {
                isASCII = false
                if byte == 0xAE, previous == 0x80, place >= 2, bytes[place - 2] == 0xE2 { hasOverride = true }
            }
            place += 1
            let isLetter = Self.isLetter(byte)
            if byte | (isLetter ? 0x20 : 0) == previous, byte > 0x20 { hasRepeats = true }
            if isLetter ? Leet.isSign(previous) : Leet.isSign(byte) && Self.isLetter(previous) { hasLeet = true }
            if Self.marks[Int(byte)] {
                if Self.markup[Int(byte)], Self.isLetter(previous) || previous >= 0x80 { hasMarkup = true }
                if Self.blots[Int(byte)] { hasBlots = true }
                if Self.strokes[Int(byte)] { hasDrawings = true }
            } else if Self.markup[Int(previous)], isLetter || byte >= 0x80 {
                hasMarkup = true
            }
            if isLetter {
                let lower = byte | 0x20
                if previous == UInt8(ascii: "v"), lower == previous { hasDrawnLetters = true }
                if previous == UInt8(ascii: "r"), lower == UInt8(ascii: "n") { hasDrawnLetters = true }
                if previous == UInt8(ascii: "p"), lower == UInt8(ascii: "h") { hasDrawnLetters = true }
            }
            if isLetter || Leet.isElement(byte) || byte >= 0x80 {
                if wordLength == 0, gap > SpacedLetters.longestGap { singles = 0 }
                wordLength += 1
                gap = 0
            } else {
                if wordLength == 1 { singles += 1 } else if wordLength > 1 { singles = 0 }
                if singles >= 3 { hasRuns = true }
                wordLength = 0
                gap += 1
            }
            previous = byte | (isLetter ? 0x20 : 0)
        }
        if wordLength == 1, singles >= 2 { hasRuns = true }
        if !isASCII {
            hasRepeats = true
            hasRuns = true
            hasBlots = true
        }
    }

    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// What a reader may not see when Markdown or HTML is shown, and what letters are covered or drawn with.
    static let marks = table("*_~`|\\&<>[]()/#%")
    private static let markup = table("*_~`|\\&<[]")
    static let blots = table("*#%")
    private static let strokes = table("|/\\()<[]{")

    private static func table(_ signs: String) -> [Bool] {
        var table = [Bool](repeating: false, count: 256)
        for byte in signs.utf8 { table[Int(byte)] = true }
        return table
    }
}
