import LoadGenerator

/// Loads 2 and 3: messages to connections that wait for them, each message to many or many messages to few.
///
/// First the senders keep a few messages on the way, always: that is how many deliveries go. Then messages become due
/// at half of that rate: that is how long they take, from when they were due to each receiver.
final class FanOutRun: @unchecked Sendable {
    private let crowd: Crowd
    private let senders: [any MessageSender]
    private let channels: [Int]
    private let fanOut: Int
    private var sent = 0
    private var failed = 0
    private var turn = 0
    private var isOver = false
    private var window = 0
    private var schedule: Schedule?

    /// - Parameters:
    ///   - channels: Where each of the senders speaks, in turn.
    ///   - fanOut: How many connections get each message.
    init(_ crowd: Crowd, _ senders: [any MessageSender], channels: [Int], fanOut: Int) {
        self.crowd = crowd
        self.senders = senders
        self.channels = channels
        self.fanOut = fanOut
    }

    private var start = 0
    private var expected: Int { (sent - failed) * fanOut }
    private var arrived: Int { crowd.received - start }

    /// - Parameter window: How many messages are on their way.
    /// - Returns: Deliveries in a second: the median of its slices.
    func closed(window: Int, warmUp: Double, seconds: Double) async -> Double {
        self.window = window
        start = crowd.received
        crowd.onMessage = { [unowned self] in refill() }
        refill()
        try? await Task.sleep(for: .milliseconds(Int(warmUp * 1000)))
        var slices: [Double] = []
        for _ in 0..<max(4, Int(seconds * 4)) {
            let before = crowd.received
            let begun = MonotonicClock.now()
            try? await Task.sleep(for: .milliseconds(250))
            slices.append(Double(crowd.received - before) / (Double(MonotonicClock.now() - begun) / 1e9))
        }
        isOver = true
        await quiet()
        crowd.onMessage = {}
        return slices.sorted()[slices.count / 2]
    }

    private func refill() {
        guard !isOver else { return }
        while sent - failed < window || arrived > expected - window * fanOut {
            send(MonotonicClock.now())
            guard failed < 1000 else { return }
        }
    }

    private func send(_ stamp: UInt64) {
        sent += 1
        turn += 1
        let sender = turn % senders.count
        senders[sender].send(stamp, to: channels[sender % channels.count]) { [self] isStored in
            if !isStored { failed += 1 }
        }
    }

    func open(rate: Double, seconds: Double) async {
        crowd.latencies = Histogram()
        isOver = false
        let schedule = Schedule(start: MonotonicClock.now() + 20_000_000, rate: rate, seconds: seconds)
        self.schedule = schedule
        let ticker = Ticker(on: BenchLoops.load) { self.tick() }
        let end = MonotonicClock.now() + UInt64((seconds + 0.1) * 1e9)
        while MonotonicClock.now() < end { try? await Task.sleep(for: .milliseconds(20)) }
        await quiet()
        ticker.stop()
    }

    private func tick() {
        let now = MonotonicClock.now()
        while let due = schedule?.take(by: now) { send(due) }
    }

    /// What did not come within ten seconds.
    var lost: Int { max(0, expected - arrived) }
    var failures: Int { failed }

    private func quiet() async {
        let deadline = MonotonicClock.now() + 10_000_000_000
        while arrived < expected, MonotonicClock.now() < deadline { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
