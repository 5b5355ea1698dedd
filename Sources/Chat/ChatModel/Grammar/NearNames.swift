/// Finds what somebody may have meant who mistyped a name.
package enum NearNames {
    /// At most `limit` of `names` that one or two slips of the finger make of `word`, the nearest first.
    package static func of(_ word: String, among names: [String], limit: Int = 3) -> [String] {
        guard word.utf8.count <= 64 else { return [] }
        let allowed = word.count <= 4 ? 1 : 2
        let word = Array(word.lowercased())
        let near = names.compactMap { name -> (distance: Int, name: String)? in
            let distance = distance(word, Array(name.lowercased()))
            return distance <= allowed ? (distance, name) : nil
        }
        return near.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
    }

    /// Insertions, deletions, changes and swaps of neighbours between two words (optimal string alignment).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard abs(left.count - right.count) <= 2 else { return .max }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var row = [i + 1]
            for (j, other) in right.enumerated() {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (character == other ? 0 : 1))
                if i > 0, j > 0, character == right[j - 1], left[i - 1] == other {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            beforeLast = last
            last = row
        }
        return last[right.count]
    }
}
