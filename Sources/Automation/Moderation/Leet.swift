/// Digits and signs that stand for letters.
enum Leet {
    private static let letters: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 256)
        for (signs, letter) in [
            ("4@", "a"), ("3", "e"), ("1!|", "i"), ("0", "o"), ("5$", "s"), ("7+", "t"), ("8", "b"), ("9", "g"),
        ] {
            for sign in signs.utf8 { table[Int(sign)] = Array(letter.utf8)[0] }
        }
        return table
    }()

    static func isSign(_ byte: UInt8) -> Bool { letters[Int(byte)] != 0 }

    /// Signs that can be one of some spaced-out letters, where `!`, `|` and `+` are what stands between.
    static func isElement(_ byte: UInt8) -> Bool {
        isSign(byte) && byte != UInt8(ascii: "!") && byte != UInt8(ascii: "|") && byte != UInt8(ascii: "+")
    }

    /// The letter that a sign stands for; `1`, `!` and `|` are an `i` or an `l`.
    static func letter(_ byte: UInt8, oneIs one: UInt8) -> UInt8 {
        let letter = letters[Int(byte)]
        return letter == UInt8(ascii: "i") ? one : letter == 0 ? byte : letter
    }

    /// The text with signs read as letters in every token that has a letter, in both readings of `1` if they differ.
    ///
    /// Marks at the end of a token are marks: `hello!` stays as it is.
    static func readings(of source: Projection) -> [Projection] {
        var first = source.bytes
        var second = source.bytes
        var hasOne = false
        var hasChanged = false
        var index = 0
        while index < first.count {
            guard isTokenByte(first[index]) else {
                index += 1
                continue
            }
            let start = index
            var hasLetter = false
            while index < first.count, isTokenByte(first[index]) {
                if TextTraits.isLetter(first[index]) || first[index] >= 0x80 { hasLetter = true }
                index += 1
            }
            var end = index
            while end > start, first[end - 1] == UInt8(ascii: "!") || first[end - 1] == UInt8(ascii: "|") { end -= 1 }
            guard hasLetter else { continue }
            for place in start..<end where isSign(first[place]) {
                hasChanged = true
                second[place] = letter(second[place], oneIs: UInt8(ascii: "l"))
                first[place] = letter(first[place], oneIs: UInt8(ascii: "i"))
                if second[place] != first[place] { hasOne = true }
            }
        }
        guard hasChanged else { return [] }
        let readings = [Projection(.leet, of: source, bytes: first)]
        return hasOne ? readings + [Projection(.leet, of: source, bytes: second)] : readings
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        TextTraits.isLetter(byte) || isSign(byte) || byte >= 0x80 || (0x30...0x39).contains(byte)
    }
}
