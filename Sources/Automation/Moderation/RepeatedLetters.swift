/// Words with letters held down: `wooord`, `niitwit`.
enum RepeatedLetters {
    /// The text with repeated letters squeezed, to one and to two where there are three or more; nothing when there are
    /// none.
    ///
    /// Two of one letter are squeezed where no English word has them: so `rapping` stays what it is.
    static func squeezed(_ source: Reading) -> [Reading] {
        let (runs, hasEvenWord) = runs(of: source)
        guard !runs.isEmpty else { return [] }
        let step: ModerationStep = source.step == .joined ? .joined : .squeezed
        var kept = [Kept.one]
        if runs.contains(where: { $0.count >= 3 }) { kept.append(.two) }
        if hasEvenWord, runs.contains(where: { $0.count == 2 }) { kept.append(.half) }
        let bytes = source.bytes
        return kept.compactMap { kept in
            let result = Reading(step, capacity: source.count, isTurned: source.isTurned)
            var place = 0
            for run in runs {
                let left = keeping(kept, bytes, run)
                guard left != run.count else { continue }
                result.append(from: source, place..<run.start)
                for number in 0..<left {
                    let first = run.start + number * run.width
                    let last = number == left - 1 ? run.end - 1 : first + run.width - 1
                    let (from, to) = (source.start(first), source.end(last))
                    for offset in 0..<run.width {
                        result.append(bytes[first + offset], min(from, source.start(last)), max(to, source.end(first)))
                    }
                }
                place = run.end
            }
            guard place > 0 else { return nil }
            result.append(from: source, place..<bytes.count)
            return result
        }
    }

    /// One character, twice or more.
    private struct Run {
        let start: Int
        let end: Int
        let width: Int
        let count: Int
    }

    /// The characters that stand there more than once, and whether some word has every letter an even number of times.
    private static func runs(of source: Reading) -> (runs: [Run], hasEvenWord: Bool) {
        let bytes = source.bytes
        var runs: [Run] = []
        var hasEvenWord = false
        var even = 0
        var index = 0
        while index < bytes.count {
            let (value, width) = Reading.scalar(bytes, index)
            var end = index + width
            while end + width <= bytes.count, isSame(bytes, index, end, width) { end += width }
            let count = (end - index) / width
            if count > 1, value > 0x20 { runs.append(Run(start: index, end: end, width: width, count: count)) }
            if count % 2 == 0, value >= 0x80 || Signs.isLetter(UInt8(value)) {
                even += 1
                if even >= 3 { hasEvenWord = true }
            } else {
                even = 0
            }
            index = end
        }
        return (runs, hasEvenWord)
    }

    /// Whether something repeats as in no ordinary word; most texts end here.
    static func hasUnusual(_ source: Reading) -> Bool {
        let bytes = source.bytes
        var index = 1
        while index < bytes.count {
            if bytes[index] >= 0xC2 {
                // Three of one letter of another script.
                let (value, width) = Reading.scalar(bytes, index)
                if index >= width * 2, Reading.scalar(bytes, index - width).value == value,
                    Reading.scalar(bytes, index - width * 2).value == value
                {
                    return true
                }
                index += width
                continue
            }
            let byte = bytes[index]
            guard byte > 0x20, byte | 0x20 == bytes[index - 1] | 0x20 else {
                index += 1
                continue
            }
            var end = index + 1
            while end < bytes.count, bytes[end] | 0x20 == byte | 0x20 { end += 1 }
            if end - index >= 2 { return true }
            let before = index >= 2 ? bytes[index - 2] : 0x20
            let after = end < bytes.count ? bytes[end] : 0x20
            if !isUsual(byte, before: before, after: after) { return true }
            // Every letter twice.
            if end + 1 < bytes.count, Signs.isLetter(byte), bytes[end] | 0x20 == bytes[end + 1] | 0x20 {
                return true
            }
            index = end
        }
        return false
    }

    private enum Kept {
        case one, two, half
    }

    /// How many are left of a run.
    private static func keeping(_ kept: Kept, _ bytes: UnsafeBufferPointer<UInt8>, _ run: Run) -> Int {
        if kept == .half { return run.count % 2 == 0 ? run.count / 2 : run.count }
        if run.count > 2 { return kept == .one ? 1 : 2 }
        let before = run.start > 0 ? bytes[run.start - 1] : 0x20
        return isUsual(bytes[run.start], before: before, after: run.end < bytes.count ? bytes[run.end] : 0x20) ? 2 : 1
    }

    /// Whether words of English or other languages have this letter twice at this place.
    private static func isUsual(_ byte: UInt8, before: UInt8, after: UInt8) -> Bool {
        guard Signs.isLetter(byte) else { return byte >= 0x80 || !Leet.isSign(byte) }
        let byte = byte | 0x20
        let before = before | 0x20
        let after = after | 0x20
        if Signs.isRarelyDouble(byte) { return false }
        let isFirst = !Signs.isLetter(before)
        let isLast = !Signs.isLetter(after)
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "o") {
            return isFirst || isLast || ![UInt8(ascii: "a"), UInt8(ascii: "o"), UInt8(ascii: "u")].contains(after)
        }
        if isFirst { return byte == UInt8(ascii: "l") }
        // A doubled consonant stands behind a vowel and before a vowel, an l, an r or the end.
        return Signs.isVowel(before) && (isLast || Signs.followsDouble(after))
    }

    @inline(__always)
    private static func isSame(_ bytes: UnsafeBufferPointer<UInt8>, _ left: Int, _ right: Int, _ width: Int) -> Bool {
        if width == 1 {
            if bytes[left] == bytes[right] { return true }
            return Signs.isLetter(bytes[left]) && bytes[left] | 0x20 == bytes[right] | 0x20
        }
        for offset in 0..<width where bytes[left + offset] != bytes[right + offset] { return false }
        return true
    }
}
