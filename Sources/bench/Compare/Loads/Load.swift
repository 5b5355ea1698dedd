import LoadGenerator

/// One of the loads; run on the load loop.
protocol Load: Sendable {
    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws
}

extension Row {
    mutating func take(_ latencies: Histogram) {
        p50 = Double(latencies.value(at: 0.5)) / 1e6
        p95 = Double(latencies.value(at: 0.95)) / 1e6
        p99 = Double(latencies.value(at: 0.99)) / 1e6
        p999 = Double(latencies.value(at: 0.999)) / 1e6
    }
}
