import LoadGenerator

/// Load 3: everybody is in a room of ten, and all rooms are spoken in.
struct RoomsLoad: Load {
    /// How many sockets.
    let sizes: [Int]
    let seconds: Double

    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws {
        for size in sizes {
            let crowd = Crowd()
            await crowd.open(0..<size, on: peer, concurrently: 64) { [scene.room(of: $0)] }
            defer { crowd.close() }
            guard crowd.count == size else {
                throw BenchError(
                    "\(size - crowd.count) of \(size) sockets failed: \(crowd.failure.map { "\($0)" } ?? "")")
            }
            let rooms = size / Scene.roomSize
            let width = min(64, rooms)
            var senders: [any MessageSender] = []
            var channels: [Int] = []
            for number in 0..<width {
                // Members of rooms that lie apart, each in its own.
                let user = number * rooms / width * Scene.roomSize
                channels.append(scene.room(of: user))
                senders.append(
                    try await peer.openSender(user, to: [channels[number]], door: peer.doors[0], on: BenchLoops.load))
            }
            defer { for sender in senders { sender.close() } }
            var row = Row(load: "rooms", peer: peer.name, size: size, value: 0, unit: "deliveries/s")
            let run = FanOutRun(crowd, senders, channels: channels, fanOut: Scene.roomSize)
            let meter = Meter(peer: peer.processIdentifier, machine: machine)
            row.value = await run.closed(window: senders.count, warmUp: min(1, seconds / 3), seconds: seconds)
            meter.finish(&row)
            let rate = row.value / Double(Scene.roomSize) / 2
            await run.open(rate: rate, seconds: seconds)
            row.latencyRate = rate
            row.take(crowd.latencies)
            row.lost = run.lost + run.failures
            report(row)
        }
    }
}
