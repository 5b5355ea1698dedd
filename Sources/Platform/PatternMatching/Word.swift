/// Where words begin and end.
///
/// Letters, digits and the marks on them make words. An underscore does not (`_word_` is emphasis), nor does a letter of a
/// script that is written without blanks: in those every place is a border.
package enum Word {
    /// How far a match grows to the ends of its word; longer words are not words.
    static let longest = 200

    /// Whether a pattern that begins or ends with this character asks for a border there.
    static func binds(_ character: Character?) -> Bool {
        guard let scalar = character?.unicodeScalars.first else { return false }
        return contains(scalar)
    }

    package static func binds(_ scalar: Unicode.Scalar?) -> Bool { scalar.map(contains) ?? false }

    package static func contains(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (0x61...0x7A).contains(scalar.value | 0x20) || (0x30...0x39).contains(scalar.value)
        }
        if isWithoutBlanks(scalar) { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber:
            return true
        case .nonspacingMark, .spacingMark: return !scalar.properties.isVariationSelector
        default: return false
        }
    }

    /// Thai, Lao, Myanmar, Khmer, kana and Han.
    private static func isWithoutBlanks(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF,
            0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF66...0xFF9F, 0x20000...0x3FFFF:
            true
        default: false
        }
    }

    /// Whether `offset`, which lies between two characters, is not inside a word.
    package static func isBorder(_ text: UnsafeBufferPointer<UInt8>, before offset: Int) -> Bool {
        offset == 0 || !contains(scalar(text, endingAt: offset).scalar)
    }

    package static func isBorder(_ text: UnsafeBufferPointer<UInt8>, after offset: Int) -> Bool {
        offset == text.count || !contains(scalar(text, at: offset).scalar)
    }

    package static func start(_ text: UnsafeBufferPointer<UInt8>, from offset: Int) -> Int {
        var start = offset
        while start > 0, offset - start < longest {
            let (scalar, length) = scalar(text, endingAt: start)
            guard contains(scalar) else { break }
            start -= length
        }
        return start
    }

    package static func end(_ text: UnsafeBufferPointer<UInt8>, from offset: Int) -> Int {
        var end = offset
        while end < text.count, end - offset < longest {
            let (scalar, length) = scalar(text, at: end)
            guard contains(scalar) else { break }
            end += length
        }
        return end
    }

    // The text is valid UTF-8, it comes out of a String.

    private static func scalar(
        _ text: UnsafeBufferPointer<UInt8>, at offset: Int
    ) -> (scalar: Unicode.Scalar, length: Int) {
        let lead = text[offset]
        if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var value = UInt32(lead) & (0xFF >> UInt32(length + 1))
        for index in 1..<length { value = value << 6 | UInt32(text[offset + index] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    private static func scalar(
        _ text: UnsafeBufferPointer<UInt8>, endingAt offset: Int
    ) -> (scalar: Unicode.Scalar, length: Int) {
        var start = offset - 1
        while text[start] & 0xC0 == 0x80, start > 0 { start -= 1 }
        return scalar(text, at: start)
    }
}
