import LoadGenerator

/// Many connections that wait for messages; used on the loop alone.
final class Crowd: @unchecked Sendable {
    private(set) var receivers: [any MessageReceiver] = []
    /// How long each took to be ready.
    private(set) var openings = Histogram()
    private(set) var failures = 0
    private(set) var failure: (any Error)?
    /// How many messages have come, over all connections.
    private(set) var received = 0
    var latencies = Histogram()
    /// Called when something came.
    var onMessage: () -> Void = {}

    private var next = 0

    var count: Int { receivers.count }

    /// Opens connections for the users, a number of them at the same time.
    func open(
        _ users: Range<Int>, on peer: any Peer, concurrently width: Int, channels: @escaping @Sendable (Int) -> [Int]
    ) async {
        next = users.lowerBound
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<min(width, users.count) {
                group.addTask(executorPreference: BenchLoops.load.loop) { [self] in
                    while true {
                        guard next < users.upperBound, failures < 100 else { return }
                        let user = next
                        next += 1
                        await openOne(user, peer, channels(user))
                    }
                }
            }
        }
    }

    /// Tries three times, as a client would; what is measured begins with the first.
    private func openOne(_ user: Int, _ peer: any Peer, _ channels: [Int]) async {
        let begun = MonotonicClock.now()
        for _ in 0..<3 {
            do {
                let receiver = try await peer.openReceiver(user, channels: channels, on: BenchLoops.load) { [self] in
                    arrived($0)
                }
                openings.record(MonotonicClock.now() - begun)
                receivers.append(receiver)
                return
            } catch {
                failure = error
            }
        }
        failures += 1
    }

    /// A message of that time has come.
    func arrived(_ stamp: UInt64) {
        received += 1
        let now = MonotonicClock.now()
        latencies.record(now > stamp ? now - stamp : 0)
        onMessage()
    }

    func close() {
        for receiver in receivers { receiver.close() }
        receivers = []
    }
}
