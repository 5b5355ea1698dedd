/// What is left of a text when Markdown and HTML are shown and direction marks obeyed: `d**i**m`, `d\im`, `d&#105;m`.
///
/// Not a reader of Markdown: it takes away whatever some reader of Markdown would, in one pass, and knows from where each
/// byte comes. What it takes away too much stays in the other readings.
enum ShownText {
    /// A part of a text around marks, from a blank to a blank.
    private struct Window {
        var range: Range<Int>
        /// The marks in it: what stands there instead, and where.
        var marks: ArraySlice<Mark>
    }

    private typealias Mark = (range: Range<Int>, replacement: [UInt8])

    /// How far from a mark what is shown is read again where a text has few: longer than what rules look for.
    private static let surroundings = 1024

    /// - Parameter isWhole: Whether all of the text is wanted, also where it has few marks.
    /// - Returns: What is shown; whether that is only the parts around the marks, between NULs; whether letters are taken away
    ///   that some reader may show, such as the name of a link's target. Nil when nothing is taken away.
    static func reading(of source: Reading, isWhole: Bool) -> (reading: Reading, isPart: Bool, hidesLetters: Bool)? {
        let bytes = source.bytes
        var marks: [Mark] = []
        var index = 0
        while index < bytes.count {
            if Signs.isMark(bytes[index]) || bytes[index] == UInt8(ascii: "!"),
                let (replacement, length) = hidden(bytes, index)
            {
                marks.append((index..<index + length, replacement))
                index += length
            } else {
                index += 1
            }
        }
        guard !marks.isEmpty else { return nil }
        var windows = windows(marks, bytes)
        let isPart = !isWhole && windows.reduce(0) { $0 + $1.range.count } < bytes.count / 2
        if !isPart { windows = [Window(range: 0..<bytes.count, marks: marks[...])] }
        let result = Reading(.visible, capacity: windows.reduce(16) { $0 + $1.range.count + 2 })
        for window in windows {
            // What is not the text's beginning or end is not taken for it.
            if window.range.lowerBound > 0 { result.append(0, 0, 0) }
            var start = window.range.lowerBound
            for mark in window.marks {
                result.append(from: source, start..<mark.range.lowerBound)
                for byte in mark.replacement {
                    result.append(byte, Int32(mark.range.lowerBound), Int32(mark.range.upperBound))
                }
                start = mark.range.upperBound
            }
            result.append(from: source, start..<window.range.upperBound)
            if window.range.upperBound < bytes.count { result.append(0, 0, 0) }
        }
        return (result, isPart, marks.contains { $0.replacement.isEmpty && $0.range.count > 2 })
    }

    /// Marks that are near one another share a window.
    private static func windows(_ marks: [Mark], _ bytes: UnsafeBufferPointer<UInt8>) -> [Window] {
        var windows: [Window] = []
        var first = 0
        for index in marks.indices {
            let next = index + 1
            if next < marks.count, marks[next].range.lowerBound - marks[index].range.upperBound <= 4 * surroundings {
                continue
            }
            let range = widened(marks[first].range.lowerBound..<marks[index].range.upperBound, bytes)
            windows.append(Window(range: range, marks: marks[first...index]))
            first = next
        }
        return windows
    }

    /// To the blanks around, where there are some, and not into a character.
    private static func widened(_ range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var start = max(0, range.lowerBound - surroundings)
        let first = max(0, start - surroundings / 2)
        while start > first, bytes[start - 1] > 0x20 { start -= 1 }
        while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        var end = min(bytes.count, range.upperBound + surroundings)
        let last = min(bytes.count, end + surroundings / 2)
        while end < last, bytes[end] > 0x20 { end += 1 }
        while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return start..<end
    }

    /// What a reader sees of the mark-up at `index`, and how long it is; nil for what is none.
    private static func hidden(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> ([UInt8], Int)? {
        switch bytes[index] {
        case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "~"):
            // Where no word is touched they are what they are.
            return touchesWord(bytes, index) ? ([], 1) : nil
        case UInt8(ascii: "|"):
            guard index + 1 < bytes.count, bytes[index + 1] == bytes[index] else { return nil }
            return ([], 2)
        case UInt8(ascii: "\\"):
            guard index + 1 < bytes.count, bytes[index + 1] > 0x20 else { return nil }
            return ([], 1)
        case UInt8(ascii: "["):
            return ([], 1)
        case UInt8(ascii: "!"):
            return index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "[") ? ([], 2) : nil
        case UInt8(ascii: "]"):
            return ([], 1 + target(bytes, index + 1))
        case UInt8(ascii: "<"): return tag(bytes, index)
        case UInt8(ascii: "&"): return entity(bytes, index)
        default: return nil
        }
    }

    private static func touchesWord(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        var left = index
        while left > 0, Signs.isMark(bytes[left - 1]), index - left < 8 { left -= 1 }
        var right = index + 1
        while right < bytes.count, Signs.isMark(bytes[right]), right - index < 8 { right += 1 }
        return left > 0 && isWord(bytes[left - 1]) || right < bytes.count && isWord(bytes[right])
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || Signs.isLetter(byte) || (0x30...0x39).contains(byte)
    }

    /// The length of `(…)` or `[…]` behind a link's text.
    private static func target(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        guard index < bytes.count, let close = [0x28: UInt8(0x29), 0x5B: 0x5D][bytes[index]] else { return 0 }
        var end = index + 1
        while end < bytes.count, end - index < 300, bytes[end] != 0x0A {
            if bytes[end] == close { return end + 1 - index }
            end += 1
        }
        return 0
    }

    /// `<b>`, `</b>`, `<!-- … -->`; `<br>` is a line end.
    private static func tag(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> ([UInt8], Int)? {
        guard index + 2 < bytes.count else { return nil }
        let next = bytes[index + 1]
        guard Signs.isLetter(next) || next == UInt8(ascii: "/") || next == UInt8(ascii: "!") else { return nil }
        let isComment = next == UInt8(ascii: "!") && bytes[index + 2] == UInt8(ascii: "-")
        var end = index + 2
        while end < bytes.count, end - index < 300 {
            if bytes[end] == UInt8(ascii: ">") {
                if isComment, end - index > 4, bytes[end - 1] != UInt8(ascii: "-") {
                    end += 1
                    continue
                }
                let isBreak = next | 0x20 == UInt8(ascii: "b") && bytes[index + 2] | 0x20 == UInt8(ascii: "r")
                return (isBreak ? [0x0A] : [], end + 1 - index)
            }
            if !isComment, bytes[end] == UInt8(ascii: "<") || bytes[end] == 0x0A { return nil }
            end += 1
        }
        return nil
    }

    /// The entities that hide letters or nothing: by number, and the few that are invisible or signs of mark-up.
    private static let names: [String: UInt32] = [
        "nbsp": 0x20, "amp": 0x26, "lt": 0x3C, "gt": 0x3E, "quot": 0x22, "apos": 0x27, "shy": 0xAD, "zwj": 0x200D,
        "zwnj": 0x200C,
        "ZeroWidthSpace": 0x200B, "NoBreak": 0x2060, "lrm": 0x200E, "rlm": 0x200F, "Tab": 0x20, "NewLine": 0x0A,
        "ast": 0x2A,
        "lowbar": 0x5F, "commat": 0x40, "dollar": 0x24, "excl": 0x21, "num": 0x23, "vert": 0x7C, "bsol": 0x5C,
        "grave": 0x60,
        "period": 0x2E, "comma": 0x2C, "hyphen": 0x2D, "dash": 0x2D, "ndash": 0x2D, "mdash": 0x2D, "inodot": 0x69,
        "imath": 0x69,
        "fjlig": 0x66,
    ]

    private static func entity(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> ([UInt8], Int)? {
        var end = index + 1
        while end < bytes.count, end - index < 34, bytes[end] == UInt8(ascii: "#") || isWord(bytes[end]) { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: ";"), end - index > 1 else { return nil }
        let name = String(decoding: bytes[index + 1..<end], as: UTF8.self)
        let value: UInt32?
        if name.hasPrefix("#x") || name.hasPrefix("#X") {
            value = UInt32(name.dropFirst(2), radix: 16)
        } else if name.hasPrefix("#") {
            value = UInt32(name.dropFirst(), radix: 10)
        } else {
            value = names[name] ?? letter(name)
        }
        guard let value, value != 0, let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else {
            return nil
        }
        return (Array(encoded), end + 1 - index)
    }

    /// `&aacute;`, `&ascr;`, `&copf;`: a letter with a word behind it is that letter to who looks for words.
    private static func letter(_ name: String) -> UInt32? {
        guard let first = name.utf8.first, Signs.isLetter(first) else { return nil }
        let rest = name.dropFirst()
        let isLetter = [
            "acute", "grave", "circ", "uml", "tilde", "ring", "cedil", "caron", "macr", "ogon", "breve", "dot", "strok",
            "slash",
            "scr", "fr", "opf",
        ].contains(String(rest))
        return isLetter ? UInt32(first) : nil
    }

    /// The text with what stands behind a right-to-left override turned around, as it is shown; nil when there is none.
    static func turned(_ source: Reading) -> Reading? {
        let bytes = source.bytes
        let result = Reading(.reversed, capacity: bytes.count, isTurned: true)
        var hasChanged = false
        var index = 0
        while index < bytes.count {
            guard isMark(bytes, index, 0xAE) else {
                result.append(from: source, index..<index + 1)
                index += 1
                continue
            }
            hasChanged = true
            var end = index + 3
            while end < bytes.count, bytes[end] != 0x0A, !isMark(bytes, end, 0xAC) {
                end += 1
            }
            appendReversed(source, index + 3..<end, to: result)
            index = min(bytes.count, end < bytes.count && bytes[end] == 0xE2 ? end + 3 : end)
        }
        return hasChanged ? result : nil
    }

    /// Whether a direction mark stands there: U+202E, or U+202C, which ends it.
    private static func isMark(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int, _ last: UInt8) -> Bool {
        index + 2 < bytes.count && bytes[index] == 0xE2 && bytes[index + 1] == 0x80 && bytes[index + 2] == last
    }

    private static func appendReversed(_ source: Reading, _ range: Range<Int>, to result: Reading) {
        var end = range.upperBound
        while end > range.lowerBound {
            var start = end - 1
            while start > range.lowerBound, source.bytes[start] & 0xC0 == 0x80 { start -= 1 }
            result.append(from: source, start..<end)
            end = start
        }
    }

    /// The text turned upside down, when letters in it stand on their heads; nil when none do.
    static func upright(_ source: Reading) -> Reading? {
        let table = FoldTable.shared
        let result = Reading(.reversed, capacity: source.count, isTurned: true)
        var hasTurned = false
        do {
            let bytes = source.bytes
            var end = bytes.count
            while end > 0 {
                var start = end - 1
                while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
                let from = source.source(of: start..<end)
                let (lower, upper) = (Int32(from.lowerBound), Int32(from.upperBound))
                let (value, _) = Reading.scalar(bytes, start)
                if value < 0x80 {
                    let byte = UInt8(value)
                    result.append(LetterShapes.flipped(Signs.isLetter(byte) ? byte | 0x20 : byte), lower, upper)
                } else {
                    let flipped = table[value].pointee.flipped
                    if flipped != 0 {
                        hasTurned = true
                        result.append(flipped, lower, upper)
                    } else if !table.traits(of: value).contains(.ignorable) {
                        for place in start..<end { result.append(bytes[place], lower, upper) }
                    }
                }
                end = start
            }
        }
        return hasTurned ? result : nil
    }
}
