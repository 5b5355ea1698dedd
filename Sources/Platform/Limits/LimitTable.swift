/// When each key's bucket will be empty again, in nanoseconds; forgets what time has emptied.
///
/// Two generations take turns. What nobody touched for a whole horizon has run dry by then, so the older generation goes
/// at once, without a search: nothing is forgotten early, and no key costs more than its own look-up.
///
/// When the table is full, keys that it does not know share a fixed number of cells. That is stricter for those who
/// share, and takes nothing from the keys that have a place: a flood of invented keys neither grows the table nor resets
/// anybody's count.
struct LimitTable: Sendable {
    private static let cellCount = 1 << 14

    private let capacity: Int
    private let horizon: Int64
    private var young: [LimitKey: Int64] = [:]
    private var old: [LimitKey: Int64] = [:]
    /// Made at the first key that finds no place.
    private var cells: [Int64] = []
    private var turned: Int64

    /// - Parameters:
    ///   - capacity: Keys of both generations.
    ///   - horizon: The farthest that a bucket's end may lie ahead.
    init(capacity: Int, horizon: Int64, now: Int64) {
        self.capacity = capacity
        self.horizon = horizon
        turned = now
    }

    /// Places in memory, for tests.
    var count: Int { young.count + old.count + cells.count }

    /// Reads a key's end and writes what `body` makes of it.
    mutating func update<Result>(_ key: LimitKey, now: Int64, _ body: (inout Int64) -> Result) -> Result {
        turn(now)
        if var end = young[key] {
            let result = body(&end)
            young[key] = end
            return result
        }
        // Those of the older generation keep their place.
        if var end = old.removeValue(forKey: key) {
            let result = body(&end)
            young[key] = end
            return result
        }
        guard young.count + old.count < capacity else {
            if cells.isEmpty { cells = Array(repeating: .min, count: Self.cellCount) }
            let index = Int(truncatingIfNeeded: key.low) & (Self.cellCount - 1)
            return body(&cells[index])
        }
        var end = Int64.min
        let result = body(&end)
        if end > now { young[key] = end }
        return result
    }

    private mutating func turn(_ now: Int64) {
        guard now - turned >= horizon else { return }
        old = now - turned >= 2 * horizon ? [:] : young
        young = [:]
        turned = now
    }
}
