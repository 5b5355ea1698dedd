import LoadGenerator

/// Load 9: the same sends again as more and more messages are stored.
///
/// How the cost of the other loads grows with their size follows from their own rows; see ``Growth``.
struct GrowthLoad: Load {
    private static let senders = 64
    /// How many messages are stored when it is measured.
    let sizes: [Int]
    let seconds: Double

    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws {
        var stored = 0
        for size in sizes {
            guard try await peer.fill(size - stored, machine) else { return }
            stored = size
            // What the filling has left to be written must not be written during the measurement.
            try await machine.sql("CHECKPOINT", on: BenchLoops.service)
            var senders: [any MessageSender] = []
            for number in 0..<Self.senders {
                let channel = scene.sends.lowerBound + number % scene.sends.count
                senders.append(
                    try await peer.openSender(number, to: [channel], door: peer.doors[0], on: BenchLoops.load))
            }
            var row = Row(load: "stored", peer: peer.name, size: size, value: 0, unit: "messages/s")
            let run = SendRun(senders, channels: scene.sends)
            let meter = Meter(peer: peer.processIdentifier, machine: machine)
            row.value = await run.closed(warmUp: min(1, seconds / 3), seconds: seconds)
            meter.finish(&row)
            row.lost = run.failures
            for sender in senders { sender.close() }
            report(row)
        }
    }
}
