import Text

/// Brings the many shapes of a letter to one: case, width, circles, marks, look-alikes and invisible characters.
///
/// Rules' words and messages are folded alike, by ``FoldTable``, a character at a time: linear in the bytes, into at most
/// twice as many.
enum Folding {
    enum Form {
        /// In any case, as Unicode composes it, without what nobody sees.
        case exact
        /// Compatible shapes as one; European letters keep their accents.
        case marked
        /// Without accents.
        case plain
        /// Like ``plain``, and in suspicious words letters of other alphabets as the Latin ones that they look like.
        case latin
        /// Like ``plain``, and in words of both Latin letters as the Cyrillic ones that they look like.
        case cyrillic
    }

    static func fold(_ text: String, _ form: Form = .plain) -> String {
        let source = Reading(original: text)
        let folded = reading(of: source, form, step: .folded)
        return withExtendedLifetime(folded) { String(decoding: folded.bytes, as: UTF8.self) }
    }

    /// - Parameter words: Which words are suspicious, for the last two forms.
    static func reading(
        of source: Reading, _ form: Form, step: ModerationStep, words: ForeignWords? = nil
    ) -> Reading {
        let table = FoldTable.shared
        let bound = source.count * 2 + 64
        let result = Reading(step, capacity: source.count + source.count / 2 + 16, isTurned: source.isTurned)
        let kind: FoldTable.Form =
            switch form {
            case .exact: .exact
            case .marked: .marked
            case .plain, .latin, .cyrillic: .plain
            }
        let bytes = source.bytes
        var index = 0
        // The last character written, with its length, for what makes one with it.
        var last: UInt32 = 0
        var lastLength = 0
        var word = 0
        while index < bytes.count {
            let (value, length) = Reading.scalar(bytes, index)
            let start = source.start(index)
            let end = source.end(index + length - 1)
            var isForeign = false
            if let words {
                word = words.next(word, at: index)
                isForeign = words.counts(word, at: index, as: form)
            }
            let place = index
            index += length
            if value < 0x80 {
                let lower = value &- 0x41 < 26 ? value | 0x20 : value
                if isForeign, form == .cyrillic, let letter = LetterShapes.cyrillic[UInt8(lower)] {
                    last = letter.value
                    lastLength = 2
                    result.append(letter, start, end)
                } else {
                    last = lower
                    lastLength = 1
                    result.append(UInt8(lower), start, end)
                }
                continue
            }
            let entry = table[value].pointee
            let traits = entry.traits
            guard traits.contains(.changes) || isForeign else {
                for offset in 0..<length { result.append(bytes[place + offset], start, end) }
                last = value
                lastLength = length
                continue
            }
            if traits.contains(.ignorable) { continue }
            if isForeign, form == .latin, entry.look != 0 {
                last = UInt32(entry.look)
                lastLength = 1
                result.append(entry.look, start, end)
                continue
            }
            let made = entry.form(kind)
            if traits.contains(.combines), lastLength > 0, kind != .plain || !traits.contains(.accent),
                let both = composed(last, made.isEmpty ? value : Reading.scalar(made, 0).value)
            {
                let begin = result.removeLast(lastLength)
                result.append(both, begin, end)
                last = both.value
                lastLength = UTF8.width(both)
                continue
            }
            if kind != .exact, traits.contains(.point) || traits.contains(.accent) {
                // A mask covers the marks on a letter.
                result.extendLast(to: end)
                continue
            }
            if made.isEmpty || result.count + made.count > bound {
                for offset in 0..<length { result.append(bytes[place + offset], start, end) }
                last = value
                lastLength = length
            } else {
                result.append(made, start, end)
                // Where one character became several, the last of them is what a mark would join.
                var begin = made.count - 1
                while begin > 0, made[begin] & 0xC0 == 0x80 { begin -= 1 }
                lastLength = made.count - begin
                last = Reading.scalar(made, begin).value
            }
        }
        return result
    }

    private static func composed(_ first: UInt32, _ second: UInt32) -> Unicode.Scalar? {
        // Nothing that combines makes one character with what is no letter.
        guard first >= 0x41, let first = Unicode.Scalar(first), let second = Unicode.Scalar(second) else { return nil }
        return CharacterFacts.composed(first, second)
    }
}
