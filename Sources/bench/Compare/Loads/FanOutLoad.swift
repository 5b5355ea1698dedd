import LoadGenerator

/// Load 2: everybody is in one channel.
struct FanOutLoad: Load {
    let sizes: [Int]
    let seconds: Double

    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws {
        for size in sizes {
            guard let channel = scene.fanOut[size] else { continue }
            let crowd = Crowd()
            await crowd.open(0..<size, on: peer, concurrently: 64) { _ in [channel] }
            defer { crowd.close() }
            guard crowd.count == size else {
                throw BenchError(
                    "\(size - crowd.count) of \(size) sockets failed: \(crowd.failure.map { "\($0)" } ?? "")")
            }
            var senders: [any MessageSender] = []
            for user in 0..<min(16, size) {
                senders.append(try await peer.openSender(user, to: [channel], door: peer.doors[0], on: BenchLoops.load))
            }
            defer { for sender in senders { sender.close() } }
            var row = Row(load: "fanout", peer: peer.name, size: size, value: 0, unit: "deliveries/s")
            let run = FanOutRun(crowd, senders, channels: [channel], fanOut: size)
            let meter = Meter(peer: peer.processIdentifier, machine: machine)
            row.value = await run.closed(window: max(4, 8000 / size), warmUp: min(1, seconds / 3), seconds: seconds)
            meter.finish(&row)
            let rate = max(row.value / Double(size) / 2, 0.5)
            await run.open(rate: rate, seconds: seconds)
            row.latencyRate = rate
            row.take(crowd.latencies)
            row.lost = run.lost + run.failures
            report(row)
        }
    }
}
