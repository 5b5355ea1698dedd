/// Gathers what one scan reports, until there is enough of it.
struct MatchCollector {
    /// Reports after which a scan stops even when none of them was a match: only hostile text gets there.
    static let mostReports = 200_000

    private(set) var matches: [PatternMatch] = []
    private(set) var isComplete = true
    private let text: UnsafeBufferPointer<UInt8>
    private let expressions: [PatternSet.Rule]
    private let limit: Int
    private var reports = 0
    /// The last match of each pattern, to which an overlapping one is joined.
    private var last: [Int: Int] = [:]

    init(_ text: UnsafeBufferPointer<UInt8>, _ expressions: [PatternSet.Rule], limit: Int) {
        self.text = text
        self.expressions = expressions
        self.limit = limit
    }

    /// Takes one report; false when the scan should stop.
    mutating func report(_ index: Int, from: Int, to: Int) -> Bool {
        reports += 1
        guard reports <= Self.mostReports else {
            isComplete = false
            return false
        }
        let rule = expressions[index]
        var start = rule.length.map { to - $0 } ?? from
        var end = to
        if rule.borders.left, !Word.isBorder(text, before: start) { return true }
        if rule.borders.right, !Word.isBorder(text, after: end) { return true }
        if rule.borders.growsLeft { start = Word.start(text, from: start) }
        if rule.borders.growsRight { end = Word.end(text, from: end) }
        if let previous = last[index], matches[previous].range.overlaps(start..<end) {
            let range = matches[previous].range
            matches[previous].range = min(range.lowerBound, start)..<max(range.upperBound, end)
            return true
        }
        guard matches.count < limit else {
            isComplete = false
            return false
        }
        last[index] = matches.count
        matches.append(PatternMatch(id: rule.id, range: start..<end))
        return true
    }
}
