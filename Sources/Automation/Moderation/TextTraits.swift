/// What a first look at a text says about the ways in which it may hide words.
///
/// One pass over the bytes, so that an ordinary message is judged by a single scan. It may suspect too much, never too
/// little.
struct TextTraits {
    var isASCII = true
    var hasLeet = false
    var hasRepeats = false
    var hasRuns = false

    init(_ bytes: some Sequence<UInt8>) {
        var previous: UInt8 = 0
        var beforePrevious: UInt8 = 0
        var wordLength = 0
        var gap = 0
        var singles = 0
        for byte in bytes {
            if byte >= 0x80 { isASCII = false }
            if byte == previous, byte == beforePrevious, byte > 0x20 { hasRepeats = true }
            let isLetter = Self.isLetter(byte)
            if isLetter ? Leet.isSign(previous) : Leet.isSign(byte) && Self.isLetter(previous) { hasLeet = true }
            if isLetter || Leet.isElement(byte) || byte >= 0x80 {
                if wordLength == 0, gap > 3 { singles = 0 }
                wordLength += 1
                gap = 0
            } else {
                if wordLength == 1 { singles += 1 } else if wordLength > 1 { singles = 0 }
                if singles >= 3 { hasRuns = true }
                wordLength = 0
                gap += 1
            }
            (beforePrevious, previous) = (previous, byte)
        }
        if wordLength == 1, singles >= 2 { hasRuns = true }
        if !isASCII {
            hasRepeats = true
            hasRuns = true
        }
    }

    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
