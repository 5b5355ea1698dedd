import Text

/// Words written with something between their letters: `w o r d`, `w.o.r.d`, a letter a line.
enum SpacedLetters {
    /// Characters that may stand between two letters of a word.
    static let longestGap = 3

    private struct Element {
        let range: Range<Int>
        let isAlphabetic: Bool
        let isUnspaced: Bool
    }

    /// The runs of three or more single letters, joined, in both meanings of their signs; a NUL parts them.
    static func joined(of source: Reading) -> [Reading] {
        let runs = runs(of: source)
        guard !runs.isEmpty else { return [] }
        var hasSecond = false
        for run in runs {
            for element in run where element.range.count == 1 {
                let byte = source.bytes[element.range.lowerBound]
                if Leet.letter(byte, isSecond: true) != Leet.letter(byte, isSecond: false) { hasSecond = true }
            }
        }
        return (hasSecond ? [false, true] : [false]).map { isSecond in
            let joined = Reading(.joined, capacity: source.count, isTurned: source.isTurned)
            for run in runs {
                for element in run {
                    let from = source.source(of: element.range)
                    for place in element.range {
                        joined.append(
                            Leet.letter(source.bytes[place], isSecond: isSecond), Int32(from.lowerBound),
                            Int32(from.upperBound))
                    }
                }
                joined.append(0, 0, 0)
            }
            return joined
        }
    }

    private static func runs(of source: Reading) -> [[Element]] {
        let table = FoldTable.shared
        var runs: [[Element]] = []
        var run: [Element] = []
        var first: Element?
        var wordLength = 0
        var gap = 0
        func endRun() {
            let isLong = run.count >= 3 && run.count(where: \.isAlphabetic) >= 2
            if isLong || run.count == 2 && run.allSatisfy(\.isUnspaced) { runs.append(run) }
            run = []
        }
        func endWord() {
            if wordLength == 1, let first { run.append(first) } else if wordLength > 1 { endRun() }
            first = nil
            wordLength = 0
        }
        do {
            let bytes = source.bytes
            var index = 0
            while index < bytes.count {
                let (value, length) = Reading.scalar(bytes, index)
                let range = index..<index + length
                index += length
                var isAlphabetic = false
                var isUnspaced = false
                var isElement = false
                if value < 0x80 {
                    let byte = UInt8(value)
                    isAlphabetic = Signs.isLetter(byte)
                    isElement = isAlphabetic || Leet.isElement(byte)
                } else {
                    let traits = table.traits(of: value)
                    isAlphabetic = traits.contains(.letter)
                    isUnspaced = traits.contains(.unspaced) || traits.contains(.hangul)
                    isElement = isAlphabetic
                    if traits.contains(.accent) || traits.contains(.point) { continue }
                }
                if isElement {
                    if wordLength == 0, gap > longestGap { endRun() }
                    gap = 0
                    if wordLength == 0 {
                        first = Element(range: range, isAlphabetic: isAlphabetic, isUnspaced: isUnspaced)
                    }
                    wordLength += 1
                } else {
                    endWord()
                    gap += 1
                }
            }
        }
        endWord()
        endRun()
        return runs
    }

    /// The text without what stands between two letters of a script that is written without blanks: `笨 蛋`, `笨*蛋`.
    ///
    /// The marks that end sentences and clauses stay. Nil when there is nothing of the kind.
    static func closed(_ source: Reading) -> Reading? {
        let table = FoldTable.shared
        guard isOpen(source, table) else { return nil }
        let result = Reading(.joined, capacity: source.count, isTurned: source.isTurned)
        var hasChanged = false
        do {
            let bytes = source.bytes
            var index = 0
            // What stands behind the last such letter.
            var pending: Range<Int>?
            var count = 0
            while index < bytes.count {
                let (value, length) = Reading.scalar(bytes, index)
                let range = index..<index + length
                index += length
                let isUnspaced = value >= 0x80 && table.traits(of: value).contains(.unspaced)
                if isUnspaced {
                    if pending != nil { hasChanged = true }
                    pending = nil
                    result.append(from: source, range)
                    count = 1
                    continue
                }
                if count > 0, count <= longestGap, isFiller(value, table) {
                    pending = (pending?.lowerBound ?? range.lowerBound)..<range.upperBound
                    count += 1
                    continue
                }
                if let kept = pending { result.append(from: source, kept) }
                pending = nil
                count = 0
                result.append(from: source, range)
            }
            if let kept = pending { result.append(from: source, kept) }
        }
        return hasChanged ? result : nil
    }

    /// Whether something stands between two such letters.
    private static func isOpen(_ source: Reading, _ table: FoldTable) -> Bool {
        let bytes = source.bytes
        var index = 0
        var gap = -1
        while index < bytes.count {
            let (value, length) = Reading.scalar(bytes, index)
            index += length
            if value >= 0x80, table.traits(of: value).contains(.unspaced) {
                if gap > 0 { return true }
                gap = 0
            } else if gap >= 0 {
                gap = gap < longestGap && isFiller(value, table) ? gap + 1 : -1
            }
        }
        return false
    }

    private static func isFiller(_ value: UInt32, _ table: FoldTable) -> Bool {
        if value < 0x80 { return Signs.isFiller(UInt8(value)) }
        if value == 0xB7 || value == 0x30FB || value == 0x2027 || value == 0x2022 || value == 0x2026 { return true }
        return table.traits(of: value).contains(.blot)
    }
}
