/// A ratio or a figure that Martlet is held to in each run.
struct Goal: Codable, Sendable {
    var text: String
    var value: Double
    var bound: Double
    var isAtLeast: Bool
    var unit: String

    var isMet: Bool { isAtLeast ? value >= bound : value <= bound }

    /// Those that the run has the figures for.
    static func all(_ result: Result) -> [Goal] {
        var goals: [Goal] = []
        func atLeast(_ bound: Double, _ text: String, _ value: Double?) {
            if let value {
                goals.append(Goal(text: text, value: value, bound: bound, isAtLeast: true, unit: "×"))
            }
        }
        func atMost(_ bound: Double, _ unit: String, _ text: String, _ value: Double?) {
            if let value { goals.append(Goal(text: text, value: value, bound: bound, isAtLeast: false, unit: unit)) }
        }
        let sends = best(result, "send", "martlet")
        let peers = CompareOptions.peers.filter { $0 != "martlet" }
        let peerSends = peers.filter { $0 != "socketio" && $0 != "ejabberd" }.compactMap { best(result, "send", $0) }
        atLeast(5, "durable sends, to the best of Node.js, Python and Synapse", ratio(sends, peerSends.max()))
        let batched = result.rows("send", "pgbench", "200 rows").first?.value
        atLeast(0.4, "durable sends, to pgbench with 200 rows a statement", ratio(sends, batched))

        let fanOuts = result.rows("fanout", "martlet")
        atLeast(
            0.85, "fan-out, to the bare write loop (smallest over the sizes)",
            fanOuts.compactMap { row in ratio(row.value, at(result, "write loop", row.size)) }.min())
        atLeast(
            3, "fan-out, to the best peer (smallest over the sizes)",
            fanOuts.compactMap { row in ratio(row.value, peers.compactMap { at(result, $0, row.size) }.max()) }.min())

        let idle = result.rows("idle", "martlet").last?.value
        let peerIdle = peers.compactMap { result.rows("idle", $0).last?.value }.filter { $0 > 0 }.min()
        atMost(8_000, "bytes", "resident memory of an idle connection", idle)
        atMost(1.0 / 3, "×", "resident memory of an idle connection, to the best peer", ratio(idle, peerIdle))
        atMost(5, "ms", "a page of history, p95 at half load", result.rows("history", "martlet").last?.p95)
        atMost(20, "ms", "a bot's round trip, p99 at half load", result.rows("bot", "martlet").last?.p99)
        let slope = Growth.slope(
            result.rows("stored", "martlet").compactMap { row in Growth.cost(row).map { (Double(row.size), $0) } })
        atMost(0.1, "", "how the cost of a message grows with the messages stored (slope)", slope)
        return goals
    }

    private static func best(_ result: Result, _ load: String, _ peer: String) -> Double? {
        result.rows(load, peer).map(\.value).max()
    }

    private static func at(_ result: Result, _ peer: String, _ size: Int) -> Double? {
        result.rows("fanout", peer).first { $0.size == size }?.value
    }

    private static func ratio(_ value: Double?, _ other: Double?) -> Double? {
        guard let value, let other, other > 0 else { return nil }
        return value / other
    }
}
