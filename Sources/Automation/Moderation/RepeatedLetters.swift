/// Words with letters held down: `wooord`, `niitwit`.
enum RepeatedLetters {
    /// The text with repeated letters squeezed, to one and to two where there are three or more; nothing when there are
    /// none.
    ///
    /// Two of one letter are squeezed where no English word has them: so `rapping` stays what it is.
    static func squeezed(_ source: Reading) -> [Reading] {
        var hasLong = false
        var hasDouble = false
        // Runs of one character, as the offset behind each and how many there are in it.
        var runs: [(end: Int32, width: UInt8, count: Int32)] = []
        let bytes = source.bytes
        var index = 0
        runs.reserveCapacity(bytes.count)
        while index < bytes.count {
            let (value, width) = Reading.scalar(bytes, index)
            var end = index + width
            var count: Int32 = 1
            while end + width <= bytes.count, isSame(bytes, index, end, width) {
                end += width
                count += 1
            }
            runs.append((Int32(end), UInt8(width), count))
            if value > 0x20 {
                if count >= 3 { hasLong = true } else if count == 2 { hasDouble = true }
            }
            index = end
        }
        guard hasLong || hasDouble else { return [] }
        let step: ModerationStep = source.step == .joined ? .joined : .squeezed
        let hasHalves = hasDouble && hasEvenWord(source, runs)
        var kept: [Kept] = []
        if hasLong || hasDouble { kept.append(.one) }
        if hasLong { kept.append(.two) }
        if hasHalves { kept.append(.half) }
        return kept.compactMap { kept in
            let result = Reading(step, capacity: source.count, isTurned: source.isTurned)
            var start = 0
            var hasChanged = false
            for (index, run) in runs.enumerated() {
                let count = Int(run.count)
                let width = Int(run.width)
                let end = Int(run.end)
                let left = keeping(kept, source.bytes, runs, index, start)
                if left != count { hasChanged = true }
                for place in 0..<left {
                    let first = start + place * width
                    let last = place == left - 1 ? end - 1 : first + width - 1
                    let (from, to) = (source.start(first), source.end(last))
                    for offset in 0..<width {
                        result.append(bytes[first + offset], min(from, source.start(last)), max(to, source.end(first)))
                    }
                }
                start = end
            }
            return hasChanged ? result : nil
        }
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
            if end + 1 < bytes.count, TextTraits.isLetter(byte), bytes[end] | 0x20 == bytes[end + 1] | 0x20 {
                return true
            }
            index = end
        }
        return false
    }

    private enum Kept {
        case one, two, half
    }

    private typealias Run = (end: Int32, width: UInt8, count: Int32)

    /// How many are left of a run.
    private static func keeping(
        _ kept: Kept, _ bytes: UnsafeBufferPointer<UInt8>, _ runs: [Run], _ index: Int, _ start: Int
    ) -> Int {
        let count = Int(runs[index].count)
        guard count > 1, bytes[start] > 0x20 else { return count }
        if kept == .half { return count % 2 == 0 ? count / 2 : count }
        if count > 2 { return kept == .one ? 1 : 2 }
        let end = Int(runs[index].end)
        let before = start > 0 ? bytes[start - 1] : 0x20
        return isUsual(bytes[start], before: before, after: end < bytes.count ? bytes[end] : 0x20) ? 2 : 1
    }

    /// Whether words of English or other languages have this letter twice at this place.
    private static func isUsual(_ byte: UInt8, before: UInt8, after: UInt8) -> Bool {
        guard TextTraits.isLetter(byte) else { return byte >= 0x80 || !Leet.isSign(byte) }
        let byte = byte | 0x20
        let before = before | 0x20
        let after = after | 0x20
        if isRare[Int(byte)] { return false }
        let isFirst = !TextTraits.isLetter(before)
        let isLast = !TextTraits.isLetter(after)
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "o") {
            return isFirst || isLast || ![UInt8(ascii: "a"), UInt8(ascii: "o"), UInt8(ascii: "u")].contains(after)
        }
        if isFirst { return byte == UInt8(ascii: "l") }
        // A doubled consonant stands behind a vowel and before a vowel, an l, an r or the end.
        return isVowel[Int(before)] && (isLast || isFollower[Int(after)])
    }

    private static let isRare = table("ahijkquvwxy")
    private static let isVowel = table("aeiouy")
    private static let isFollower = table("aeiouylrns")

    private static func table(_ letters: String) -> [Bool] {
        var table = [Bool](repeating: false, count: 256)
        for byte in letters.utf8 { table[Int(byte)] = true }
        return table
    }

    /// Whether some word has every letter an even number of times.
    private static func hasEvenWord(_ source: Reading, _ runs: [Run]) -> Bool {
        var start = 0
        var even = 0
        for run in runs {
            let isLetter = TextTraits.isLetter(source.bytes[start]) || source.bytes[start] >= 0x80
            if isLetter, run.count % 2 == 0 { even += 1 } else { even = 0 }
            if even >= 3 { return true }
            start = Int(run.end)
        }
        return false
    }

    @inline(__always)
    private static func isSame(_ bytes: UnsafeBufferPointer<UInt8>, _ left: Int, _ right: Int, _ width: Int) -> Bool {
        if width == 1 {
            if bytes[left] == bytes[right] { return true }
            return TextTraits.isLetter(bytes[left]) && bytes[left] | 0x20 == bytes[right] | 0x20
        }
        for offset in 0..<width where bytes[left + offset] != bytes[right + offset] { return false }
        return true
    }
}
