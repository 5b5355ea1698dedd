/// What one load on one peer came to.
struct Row: Codable, Sendable {
    /// The load: `send`, `fanout` and so on.
    var load: String
    var peer: String
    /// The door in use, or another difference within a peer.
    var variant = ""
    /// How large the load was: senders, sockets or members.
    var size: Int
    /// The main figure, and what it counts.
    var value: Double
    var unit: String
    /// Latencies in milliseconds, at the rate that `latencyRate` says.
    var p50: Double?
    var p95: Double?
    var p99: Double?
    var p999: Double?
    var latencyRate: Double?
    /// Cores in use while the main figure was taken.
    var serverCores: Double?
    var databaseCores: Double?
    var redisCores: Double?
    var generatorCores: Double?
    /// What everybody else on the machine used: a figure taken beside a busy neighbour is worth little.
    var otherCores: Double?
    /// Resident bytes of the peer at the end.
    var memory: Double?
    /// What was sent and did not come.
    var lost: Int?
    var note: String?
}
