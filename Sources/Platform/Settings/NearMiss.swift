/// Finds the word that somebody meant.
package enum NearMiss {
    /// The nearest of `candidates`, when it is near enough: one edit for short words, two or three for longer ones.
    package static func of(_ word: String, among candidates: some Sequence<String>) -> String? {
        let limit = word.count < 4 ? 1 : word.count < 8 ? 2 : 3
        guard word.count <= 64 else { return nil }
        let near = candidates.map { ($0, distance(Array(word.lowercased()), Array($0.lowercased()))) }
            .filter { $0.1 <= limit }
        return near.min { $0.1 < $1.1 }?.0
    }

    /// Says "(did you mean `retry`?)", or nothing.
    package static func hint(_ word: String, among candidates: some Sequence<String>) -> String {
        of(word, among: candidates).map { " (did you mean `\($0)`?)" } ?? ""
    }

    /// The number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var rows = [Array(0...right.count)]
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                var best = min(
                    rows[row - 1][column] + 1, current[column - 1] + 1, rows[row - 1][column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
