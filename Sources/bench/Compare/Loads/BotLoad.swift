import LoadGenerator

/// Load 7: somebody says something, a bot says it again, and the first hears it.
struct BotLoad: Load {
    private static let channels = 16
    let seconds: Double

    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws {
        let rooms = scene.rooms.prefix(Self.channels)
        let people = rooms.indices.map { ($0 - rooms.startIndex) * Scene.roomSize }
        let echo = try await peer.startEcho(
            zip(people, rooms).map { (user: $0 + 1, channel: $1) }, on: BenchLoops.load)
        do {
            try await measure(peer, machine, Array(zip(people, rooms)), report)
        } catch {
            await echo.stop()
            throw error
        }
        await echo.stop()
    }

    private func measure(
        _ peer: any Peer, _ machine: Machine, _ rooms: [(user: Int, channel: Int)], _ report: (Row) -> Void
    ) async throws {
        var row = Row(load: "bot", peer: peer.name, size: rooms.count, value: 0, unit: "round trips/s")
        let run = EchoRun()
        for (user, channel) in rooms {
            let sender = try await peer.openSender(user, to: [channel], door: peer.doors[0], on: BenchLoops.load)
            let receiver = try await peer.openReceiver(user, channels: [channel], on: BenchLoops.load) {
                run.received($0)
            }
            run.add(sender, receiver, channel)
        }
        defer { run.close() }
        try await run.first()
        let meter = Meter(peer: peer.processIdentifier, machine: machine)
        row.value = await run.closed(warmUp: min(1, seconds / 3), seconds: seconds)
        meter.finish(&row)
        await run.open(rate: row.value / 2, seconds: seconds)
        row.latencyRate = row.value / 2
        row.take(run.latencies)
        row.lost = run.lost
        report(row)
    }
}

/// Used on the loop alone.
final class EchoRun: @unchecked Sendable {
    private(set) var latencies = Histogram()
    private var people: [(sender: any MessageSender, receiver: any MessageReceiver, channel: Int)] = []
    /// What was said: when it was due, and by whom.
    private var said: [UInt64: (heard: Int, person: Int)] = [:]
    private var count = 0
    private var last: UInt64 = 0
    private var isOver = true
    private var schedule: Schedule?
    private var turn = 0

    func add(_ sender: any MessageSender, _ receiver: any MessageReceiver, _ channel: Int) {
        people.append((sender, receiver, channel))
    }

    func close() {
        for person in people {
            person.sender.close()
            person.receiver.close()
        }
    }

    var lost: Int { said.count }

    /// Waits until the bot is there.
    func first() async throws {
        let before = count
        let deadline = MonotonicClock.now() + 20_000_000_000
        while count == before {
            guard MonotonicClock.now() < deadline else { throw BenchError("the bot says nothing") }
            say(0)
            try await Task.sleep(for: .milliseconds(200))
        }
        said = [:]
    }

    /// Everybody waits for the bot's answer before the next word, with four on their way.
    func closed(warmUp: Double, seconds: Double) async -> Double {
        isOver = false
        for _ in 0..<4 { for person in people.indices { say(person) } }
        try? await Task.sleep(for: .milliseconds(Int(warmUp * 1000)))
        var slices: [Double] = []
        for _ in 0..<max(4, Int(seconds * 4)) {
            let before = count
            let begun = MonotonicClock.now()
            try? await Task.sleep(for: .milliseconds(250))
            slices.append(Double(count - before) / (Double(MonotonicClock.now() - begun) / 1e9))
        }
        isOver = true
        await quiet()
        return slices.sorted()[slices.count / 2]
    }

    func open(rate: Double, seconds: Double) async {
        latencies = Histogram()
        schedule = Schedule(start: MonotonicClock.now() + 20_000_000, rate: rate, seconds: seconds)
        let ticker = Ticker(on: BenchLoops.load) {
            let now = MonotonicClock.now()
            while let due = self.schedule?.take(by: now) {
                self.turn += 1
                self.say(self.turn % self.people.count, at: due)
            }
        }
        try? await Task.sleep(for: .milliseconds(Int(seconds * 1000) + 100))
        await quiet()
        ticker.stop()
    }

    /// What was said comes back twice: from the one who said it, and from the bot.
    func received(_ stamp: UInt64) {
        guard let (heard, person) = said[stamp] else { return }
        guard heard == 1 else {
            said[stamp]?.heard = 1
            return
        }
        said[stamp] = nil
        count += 1
        let now = MonotonicClock.now()
        latencies.record(now > stamp ? now - stamp : 0)
        if !isOver { say(person) }
    }

    private func say(_ index: Int, at due: UInt64? = nil) {
        // The time is also the name of what is said.
        last = max(due ?? MonotonicClock.now(), last + 1)
        let stamp = last
        said[stamp] = (0, index)
        people[index].sender.send(stamp, to: people[index].channel) { _ in }
    }

    private func quiet() async {
        let deadline = MonotonicClock.now() + 10_000_000_000
        while !said.isEmpty, MonotonicClock.now() < deadline { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
