/// What single bytes mean to the readings.
///
/// Decided by the code and not by tables: these are asked for each byte of each reading, and to reach a table costs as much
/// as what is then done.
enum Signs {
    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// What a reader may not see when Markdown or HTML is shown, and what letters are covered or drawn with.
    @inline(__always)
    static func isMark(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "*", "_", "~", "`", "|", "\\", "&", "<", ">", "[", "]", "(", ")", "/", "#", "%": true
        default: false
        }
    }

    @inline(__always)
    static func isMarkup(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "*", "_", "~", "`", "|", "\\", "&", "<", "[", "]": true
        default: false
        }
    }

    /// What covers a letter.
    @inline(__always)
    static func isBlot(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "*", "#", "%": true
        default: false
        }
    }

    /// What letters are drawn with.
    @inline(__always)
    static func isStroke(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "|", "/", "\\", "(", ")", "<", "[", "]", "{": true
        default: false
        }
    }

    /// What may stand between two letters of a script that is written without blanks.
    @inline(__always)
    static func isFiller(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case " ", "\t", "*", "_", "-", "~", "+", "/", "|", ".", "#", "=", "^", "`", "'", "\"": true
        default: false
        }
    }

    /// Letters that no word of English has twice, by their small form.
    @inline(__always)
    static func isRarelyDouble(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a", "h", "i", "j", "k", "q", "u", "v", "w", "x", "y": true
        default: false
        }
    }

    @inline(__always)
    static func isVowel(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a", "e", "i", "o", "u", "y": true
        default: false
        }
    }

    /// What stands behind a doubled consonant.
    @inline(__always)
    static func followsDouble(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a", "e", "i", "o", "u", "y", "l", "r", "n", "s": true
        default: false
        }
    }

    /// The letter that a digit or sign stands for; 0 for none.
    @inline(__always)
    static func letter(_ byte: UInt8) -> UInt8 {
        switch Unicode.Scalar(byte) {
        case "4", "@": UInt8(ascii: "a")
        case "3": UInt8(ascii: "e")
        case "1", "!", "|": UInt8(ascii: "i")
        case "0": UInt8(ascii: "o")
        case "5", "$": UInt8(ascii: "s")
        case "7", "+": UInt8(ascii: "t")
        case "8": UInt8(ascii: "b")
        case "9", "6": UInt8(ascii: "g")
        case "2": UInt8(ascii: "z")
        case "(": UInt8(ascii: "c")
        default: 0
        }
    }

    /// Whether an I stands where an l would, behind a small letter.
    @inline(__always)
    static func mayBeL(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        guard bytes[index] == UInt8(ascii: "I"), index > 0 else { return false }
        // Two of them are a double l.
        let before = bytes[index - 1] == UInt8(ascii: "I") && index > 1 ? bytes[index - 2] : bytes[index - 1]
        return before &- 0x61 < 26
    }

    /// The other letter that it may stand for; 0 for none.
    @inline(__always)
    static func secondLetter(_ byte: UInt8) -> UInt8 {
        switch Unicode.Scalar(byte) {
        case "1", "!", "|", "7": UInt8(ascii: "l")
        case "6": UInt8(ascii: "b")
        case "9": UInt8(ascii: "q")
        case "2": UInt8(ascii: "r")
        default: 0
        }
    }
}
