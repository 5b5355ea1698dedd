import LoadGenerator

/// Loads 4 and 5: connections that nobody writes to, and how fast they come.
struct IdleLoad: Load {
    let sizes: [Int]
    let seconds: Double

    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws {
        let crowd = Crowd()
        defer { crowd.close() }
        let empty = ProcessUsage.tree(peer.processIdentifier).resident
        let emptyDatabase = machine.postgresUsage.resident
        for size in sizes {
            let before = crowd.count
            var storm = Row(load: "storm", peer: peer.name, size: size, value: 0, unit: "connections/s")
            let begun = MonotonicClock.now()
            let meter = Meter(peer: peer.processIdentifier, machine: machine)
            await crowd.open(before..<size, on: peer, concurrently: 256) { [scene.room(of: $0)] }
            storm.value = Double(crowd.count - before) / (Double(MonotonicClock.now() - begun) / 1e9)
            meter.finish(&storm)
            storm.take(crowd.openings)
            storm.lost = crowd.failures
            storm.note = crowd.failure.map { "\($0)" }
            report(storm)
            guard crowd.count > 0 else { return }

            try? await Task.sleep(for: .seconds(2))
            var row = Row(load: "idle", peer: peer.name, size: crowd.count, value: 0, unit: "bytes/connection")
            let idle = Meter(peer: peer.processIdentifier, machine: machine)
            try? await Task.sleep(for: .seconds(seconds))
            idle.finish(&row)
            row.value = ((row.memory ?? 0) - empty) / Double(max(1, crowd.count))
            let lost = crowd.receivers.count { !$0.isOpen }
            row.lost = lost
            _ = emptyDatabase
            report(row)
            if crowd.failures > 0 { break }
        }
    }
}
