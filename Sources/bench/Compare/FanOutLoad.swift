import LoadGenerator

/// Loads 2 and 3: messages to connections that wait for them, each message to many or many messages to few.
///
/// First the senders keep a few messages on the way, always: that is how many deliveries go. Then messages become due
/// at half of that rate: that is how long they take, from when they were due to each receiver.
final class FanOutRun: @unchecked Sendable {
    private let crowd: Crowd
    private let senders: [any MessageSender]
    private let channels: Range<Int>
    private let fanOut: Int
    private var sent = 0
    private var failed = 0
    private var turn = 0
    private var isOver = false
    private var window = 0
    private var schedule: Schedule?

    /// - Parameter fanOut: How many connections get each message.
    init(_ crowd: Crowd, _ senders: [any MessageSender], channels: Range<Int>, fanOut: Int) {
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
        senders[turn % senders.count].send(stamp, to: channels.lowerBound + turn % channels.count) { [self] isStored in
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
            for user in 0..<min(8, size) {
                senders.append(try await peer.openSender(user, door: peer.doors[0], on: BenchLoops.load))
            }
            defer { for sender in senders { sender.close() } }
            var row = Row(load: "fanout", peer: peer.name, size: size, value: 0, unit: "deliveries/s")
            let run = FanOutRun(crowd, senders, channels: channel..<(channel + 1), fanOut: size)
            let meter = Meter(peer: peer.processIdentifier, machine: machine)
            row.value = await run.closed(window: max(2, 2000 / size), warmUp: min(1, seconds / 3), seconds: seconds)
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
            let rooms = scene.rooms.lowerBound..<(scene.rooms.lowerBound + size / Scene.roomSize)
            var senders: [RoomSender] = []
            for number in 0..<min(64, rooms.count) {
                // A sender stays in the rooms that it is a member of: one each.
                let room = number * rooms.count / min(64, rooms.count)
                let sender = try await peer.openSender(
                    room * Scene.roomSize, door: peer.doors[0], on: BenchLoops.load)
                senders.append(RoomSender(sender, room: rooms.lowerBound + room))
            }
            defer { for sender in senders { sender.close() } }
            var row = Row(load: "rooms", peer: peer.name, size: size, value: 0, unit: "deliveries/s")
            let run = FanOutRun(crowd, senders, channels: rooms, fanOut: Scene.roomSize)
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

/// Sends to its own room, wherever it is asked to.
private final class RoomSender: MessageSender {
    private let sender: any MessageSender
    private let room: Int

    init(_ sender: any MessageSender, room: Int) {
        self.sender = sender
        self.room = room
    }

    func send(_ stamp: UInt64, to channel: Int, done: @escaping (Bool) -> Void) {
        sender.send(stamp, to: room, done: done)
    }

    func close() { sender.close() }
}
