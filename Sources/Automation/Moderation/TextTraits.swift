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
                if Signs.isMarkup(previous) { hasMarkup = true }
                if wordLength == 0, gap > SpacedLetters.longestGap { singles = 0 }
                wordLength += 1
                gap = 0
                previous = byte
                place += 1
                continue
            }
            place += 1
            let isLetter = Signs.isLetter(byte)
            if byte | (isLetter ? 0x20 : 0) == previous, byte > 0x20 { hasRepeats = true }
            if byte == UInt8(ascii: "I"), Signs.mayBeL(bytes, place - 1) { hasLeet = true }
            if isLetter ? Leet.isSign(previous) : Leet.isSign(byte) && Signs.isLetter(previous) { hasLeet = true }
            if Signs.isMark(byte) {
                if Signs.isMarkup(byte), Signs.isLetter(previous) || previous >= 0x80 { hasMarkup = true }
                if byte == UInt8(ascii: "#"), previous == UInt8(ascii: "&") { hasMarkup = true }
                if Signs.isBlot(byte) { hasBlots = true }
                if Signs.isStroke(byte) { hasDrawings = true }
            } else if isLetter, Signs.isMarkup(previous) {
                hasMarkup = true
            }
            if isLetter {
                let lower = byte | 0x20
                if previous == UInt8(ascii: "v"), lower == previous { hasDrawnLetters = true }
                if previous == UInt8(ascii: "r"), lower == UInt8(ascii: "n") { hasDrawnLetters = true }
                if previous == UInt8(ascii: "p"), lower == UInt8(ascii: "h") { hasDrawnLetters = true }
            }
            if isLetter || Leet.isElement(byte) {
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
}
