/// Words with letters held down: `wooord`.
enum RepeatedLetters {
    /// The text with three or more of one character squeezed to one, and to two; nothing when there are none.
    static func squeezed(_ source: Projection) -> [Projection] {
        let scalars = source.scalars
        var runs: [Range<Int>] = []
        var hasLong = false
        var start = 0
        while start < scalars.count {
            var end = start + 1
            while end < scalars.count, isSame(scalars[start].scalar, scalars[end].scalar) { end += 1 }
            runs.append(start..<end)
            if end - start >= 3, !scalars[start].scalar.properties.isWhitespace { hasLong = true }
            start = end
        }
        guard hasLong else { return [] }
        let step: ModerationStep = source.step == .joined ? .joined : .squeezed
        return [1, 2].map { kept in
            var result = Projection(step, capacity: source.bytes.count)
            for run in runs {
                let count = run.count >= 3 ? kept : run.count
                for index in 0..<count {
                    let first = scalars[run.lowerBound + index].range
                    let last = index == count - 1 ? scalars[run.upperBound - 1].range : first
                    let from = source.source(of: first.lowerBound..<last.upperBound)
                    result.append(source.bytes[first], from: from)
                }
            }
            return result
        }
    }

    private static func isSame(_ left: Unicode.Scalar, _ right: Unicode.Scalar) -> Bool {
        if left == right { return true }
        guard left.isASCII, right.isASCII, TextTraits.isLetter(UInt8(left.value)) else { return false }
        return left.value | 0x20 == right.value | 0x20
    }
}
