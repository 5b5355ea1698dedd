import Foundation

/// Brings the many shapes of a letter to one: case, width, circles, marks, look-alikes and invisible characters.
///
/// Rules' words and messages are folded alike. Works a character (grapheme) at a time, so that every byte of the result
/// knows the whole character that it came from.
enum Folding {
    private struct Unit {
        var scalar: Unicode.Scalar
        let source: Range<Int>
    }

    static func fold(_ text: String) -> String {
        var result = ""
        result.unicodeScalars.append(contentsOf: units(characters(of: text)).map(\.scalar))
        return result
    }

    static func projection(of text: String) -> Projection {
        projection(.folded, characters(of: text), capacity: text.utf8.count)
    }

    /// The text with what stands behind a right-to-left override turned around; nil when there is no override.
    static func turnedBack(_ text: String) -> Projection? {
        guard text.unicodeScalars.contains("\u{202E}") else { return nil }
        var ordered: [(Character, Range<Int>)] = []
        var turned: [(Character, Range<Int>)]?
        for (character, range) in characters(of: text) {
            let scalars = character.unicodeScalars
            if scalars.contains("\u{202E}") {
                ordered += (turned ?? []).reversed()
                turned = []
            } else if scalars.contains("\u{202C}") || character.isNewline {
                ordered += (turned ?? []).reversed()
                turned = nil
                ordered.append((character, range))
            } else if turned != nil {
                turned?.append((character, range))
            } else {
                ordered.append((character, range))
            }
        }
        ordered += (turned ?? []).reversed()
        return projection(.reversed, ordered, capacity: text.utf8.count)
    }

    private static func projection(
        _ step: ModerationStep, _ characters: [(Character, Range<Int>)], capacity: Int
    ) -> Projection {
        var result = Projection(step, capacity: capacity)
        for unit in units(characters) { result.append(UTF8.encode(unit.scalar) ?? .init(), from: unit.source) }
        return result
    }

    private static func characters(of text: String) -> [(Character, Range<Int>)] {
        var offset = 0
        return text.map { character in
            let length = character.utf8.count
            defer { offset += length }
            return (character, offset..<offset + length)
        }
    }

    private static func units(_ characters: [(Character, Range<Int>)]) -> [Unit] {
        var units: [Unit] = []
        units.reserveCapacity(characters.count)
        for (character, range) in characters {
            if let ascii = character.asciiValue {
                units.append(
                    Unit(scalar: Unicode.Scalar(ascii | (TextTraits.isLetter(ascii) ? 0x20 : 0)), source: range))
            } else if let plain = unchanged(character) {
                units.append(Unit(scalar: plain, source: range))
            } else if let letters = frequent(character) {
                units += letters.map { Unit(scalar: $0, source: range) }
            } else {
                units += folded(character).map { Unit(scalar: $0, source: range) }
            }
        }
        replaceLookAlikes(&units)
        return units
    }

    /// Characters that no step changes, by range: Han, most kana, Hangul and the newer emoji.
    private static func unchanged(_ character: Character) -> Unicode.Scalar? {
        let scalars = character.unicodeScalars
        guard let scalar = scalars.first, scalars.index(after: scalars.startIndex) == scalars.endIndex else {
            return nil
        }
        switch scalar.value {
        case 0x3041...0x3096, 0x30A1...0x30FC, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0x1F300...0x1FAFF: return scalar
        default: return nil
        }
    }

    /// The folded forms of the first Latin, Greek and Cyrillic blocks: normalising each anew costs microseconds.
    private static let frequentForms: [[Unicode.Scalar]] = (0..<UInt32(0x530)).map { value in
        Unicode.Scalar(value).map { folded(Character($0)) } ?? []
    }

    private static func frequent(_ character: Character) -> [Unicode.Scalar]? {
        let scalars = character.unicodeScalars
        guard let scalar = scalars.first, Int(scalar.value) < frequentForms.count,
            scalars.index(after: scalars.startIndex) == scalars.endIndex
        else { return nil }
        return frequentForms[Int(scalar.value)]
    }

    private static func folded(_ character: Character) -> [Unicode.Scalar] {
        let text = String(character)
        let composed = text.precomposedStringWithCompatibilityMapping
        // Marks are part of the word in Hebrew, Arabic or Hindi; on Latin, Greek and Cyrillic letters they are not.
        let dropsMarks = composed.unicodeScalars.first.map { isEuropean($0) } ?? false
        let source = dropsMarks ? text.decomposedStringWithCompatibilityMapping : composed
        var result: [Unicode.Scalar] = []
        for scalar in source.unicodeScalars {
            let properties = scalar.properties
            if properties.isDefaultIgnorableCodePoint || properties.generalCategory == .format { continue }
            if scalar.value == 0x0640 || dropsMarks && isMark(properties.generalCategory) { continue }
            if let letters = LetterShapes.table[scalar] {
                result += letters.unicodeScalars
            } else {
                let lower = properties.lowercaseMapping.unicodeScalars
                result += lower.flatMap { LetterShapes.table[$0].map { Array($0.unicodeScalars) } ?? [$0] }
            }
        }
        return result
    }

    private static func isEuropean(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x0590 || (0x1D00...0x1FFF).contains(scalar.value) || (0x2C60...0x2C7F).contains(scalar.value)
            || (0xA720...0xA7FF).contains(scalar.value)
    }

    private static func isMark(_ category: Unicode.GeneralCategory) -> Bool {
        category == .nonspacingMark || category == .enclosingMark
    }

    /// Replaces Cyrillic and Greek letters that look Latin, in words that mix them with Latin ones.
    private static func replaceLookAlikes(_ units: inout [Unit]) {
        var start = 0
        while start < units.count {
            guard units[start].scalar.properties.isAlphabetic else {
                start += 1
                continue
            }
            var end = start
            var hasLatin = false
            var hasLookAlike = false
            while end < units.count, units[end].scalar.properties.isAlphabetic || Leet.isSign(ascii(units[end].scalar))
            {
                if units[end].scalar.isASCII { hasLatin = true }
                if LetterShapes.lookAlikes[units[end].scalar] != nil { hasLookAlike = true }
                end += 1
            }
            if hasLatin, hasLookAlike {
                for index in start..<end {
                    if let latin = LetterShapes.lookAlikes[units[index].scalar] { units[index].scalar = latin }
                }
            }
            start = end
        }
    }

    private static func ascii(_ scalar: Unicode.Scalar) -> UInt8 { scalar.isASCII ? UInt8(scalar.value) : 0 }
}
