/// Words written with something between their letters: `w o r d`, `w.o.r.d`.
enum SpacedLetters {
    private struct Element {
        let scalar: Unicode.Scalar
        let range: Range<Int>
    }

    /// The runs of three or more single letters, joined, one a line, in both readings of `1`.
    static func joined(of source: Projection) -> [Projection] {
        let runs = runs(of: source)
        guard !runs.isEmpty else { return [] }
        let ones = runs.joined().contains { $0.scalar == "1" }
        return (ones ? ["i", "l"] : ["i"]).map { one in
            var joined = Projection(.joined)
            for run in runs {
                for element in run {
                    let from = source.source(of: element.range)
                    if element.scalar.isASCII {
                        joined.append([Leet.letter(UInt8(element.scalar.value), oneIs: UInt8(ascii: one))], from: from)
                    } else {
                        joined.append(String(element.scalar).utf8, from: from)
                    }
                }
                joined.append([UInt8(ascii: "\n")], from: 0..<0)
            }
            return joined
        }
    }

    private static func runs(of source: Projection) -> [[Element]] {
        var runs: [[Element]] = []
        var run: [Element] = []
        var word: [Element] = []
        var gap = 0
        func endRun() {
            if run.count >= 3, run.count(where: { $0.scalar.properties.isAlphabetic }) >= 2 { runs.append(run) }
            run = []
        }
        func endWord() {
            if word.count == 1 { run += word } else if !word.isEmpty { endRun() }
            word = []
        }
        for (scalar, range) in source.scalars {
            let isElement =
                scalar.isASCII
                ? TextTraits.isLetter(UInt8(scalar.value)) || Leet.isElement(UInt8(scalar.value))
                : scalar.properties.isAlphabetic
            if isElement {
                if word.isEmpty, gap > 3 { endRun() }
                gap = 0
                // A long word needs no more than to be known as one.
                if word.count < 2 { word.append(Element(scalar: scalar, range: range)) }
            } else {
                endWord()
                gap += scalar == "\n" ? 4 : 1
            }
        }
        endWord()
        endRun()
        return runs
    }
}

extension UInt8 {
    fileprivate init(ascii scalar: String) { self = scalar.utf8.first ?? 0 }
}
