/// Keeps ranges from cutting the characters of a text apart.
struct CharacterBorders {
    /// Where characters begin, in UTF-8 offsets, and the end; found once, since one character can be very long.
    private let offsets: [Int]

    init(_ text: String) {
        var offset = 0
        offsets =
            [0]
            + text.map { character in
                offset += character.utf8.count
                return offset
            }
    }

    /// The smallest range of whole characters around `range`.
    func widened(_ range: Range<Int>) -> Range<Int> {
        let lower = firstIndex(above: range.lowerBound) - 1
        let upper = firstIndex(above: range.upperBound - 1)
        return offsets[max(0, lower)]..<offsets[min(offsets.count - 1, upper)]
    }

    private func firstIndex(above offset: Int) -> Int {
        var low = 0
        var high = offsets.count
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
