import Foundation

/// Load 9: how what one message or delivery costs grows with the size of the load.
enum Growth {
    /// Microseconds of processor time, of the server and PostgreSQL and Redis together, for one unit of the main figure.
    static func cost(_ row: Row) -> Double? {
        guard let server = row.serverCores, row.value > 0 else { return nil }
        return (server + (row.databaseCores ?? 0) + (row.redisCores ?? 0)) / row.value * 1e6
    }

    /// The slope of a straight line through the points, both axes logarithmic: 0 when the cost stays the same, 1 when it
    /// grows as the size does.
    ///
    /// - Returns: nil when there are fewer than two different sizes.
    static func slope(_ points: [(size: Double, cost: Double)]) -> Double? {
        let logs = points.filter { $0.size > 0 && $0.cost > 0 }.map { (log($0.size), log($0.cost)) }
        guard logs.count > 1 else { return nil }
        let x = logs.reduce(0) { $0 + $1.0 } / Double(logs.count)
        let y = logs.reduce(0) { $0 + $1.1 } / Double(logs.count)
        let spread = logs.reduce(0) { $0 + ($1.0 - x) * ($1.0 - x) }
        guard spread > 0 else { return nil }
        return logs.reduce(0) { $0 + ($1.0 - x) * ($1.1 - y) } / spread
    }
}
