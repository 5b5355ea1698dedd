import LoadGenerator

/// Load 1: durable sends from 1 to 256 concurrent senders.
struct SendLoad: Load {
    let sizes: [Int]
    let seconds: Double

    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws {
        for door in peer.doors {
            for size in sizes {
                var senders: [any MessageSender] = []
                for number in 0..<size {
                    let channel = scene.sends.lowerBound + number % scene.sends.count
                    senders.append(
                        try await peer.openSender(number, to: [channel], door: door, on: BenchLoops.load))
                }
                var row = Row(load: "send", peer: peer.name, variant: door, size: size, value: 0, unit: "messages/s")
                let run = SendRun(senders, channels: scene.sends)
                let meter = Meter(peer: peer.processIdentifier, machine: machine)
                row.value = await run.closed(warmUp: min(1, seconds / 3), seconds: seconds)
                meter.finish(&row)
                let rate = row.value / 2
                await run.open(rate: rate, seconds: seconds)
                row.latencyRate = rate
                row.take(run.latencies)
                row.lost = run.failures
                for sender in senders { sender.close() }
                report(row)
            }
        }
    }
}
