import LoadGenerator
import Synchronization

/// Messages to be stored, from a number of senders that each wait for an answer before the next.
///
/// Used on the loop alone. First everybody sends as fast as the answers come: that is how many go. Then a given rate is
/// kept up whatever the answers do, by a schedule: that is how long they take.
final class SendRun: @unchecked Sendable {
    private let senders: [any MessageSender]
    private let channels: Range<Int>
    private(set) var latencies = Histogram()
    private(set) var windows: [Int] = []
    private(set) var failures = 0
    private var count = 0
    private var isOver = false
    private var isRecording = false
    private var inFlight = 0
    // Open loop.
    private var schedule: Schedule?
    private var free: [Int] = []
    private var due: [UInt64] = []
    private var dueHead = 0

    init(_ senders: [any MessageSender], channels: Range<Int>) {
        self.senders = senders
        self.channels = channels
    }

    /// A sender speaks in one channel.
    private func channel(of index: Int) -> Int { channels.lowerBound + index % channels.count }

    /// Everybody sends the next when the last is answered.
    func closed(warmUp: Double, seconds: Double) async -> Double {
        for index in senders.indices { sendNext(index) }
        try? await Task.sleep(for: .milliseconds(Int(warmUp * 1000)))
        isRecording = true
        let slices = max(4, Int(seconds * 4))
        for _ in 0..<slices {
            let before = count
            let begun = MonotonicClock.now()
            try? await Task.sleep(for: .milliseconds(Int(seconds * 1000) / slices))
            let elapsed = Double(MonotonicClock.now() - begun) / 1e9
            windows.append(Int(Double(count - before) / elapsed))
        }
        isRecording = false
        isOver = true
        await quiet()
        return Double(windows.sorted()[windows.count / 2])
    }

    private func sendNext(_ index: Int) {
        guard !isOver else { return }
        let begun = MonotonicClock.now()
        inFlight += 1
        senders[index].send(begun, to: channel(of: index)) { [self] isStored in
            inFlight -= 1
            guard isStored else {
                failures += 1
                // A peer that refuses everything must not be asked a million times.
                if failures < 1000 { sendNext(index) }
                return
            }
            count += 1
            if isRecording { latencies.record(MonotonicClock.now() - begun) }
            sendNext(index)
        }
    }

    /// Messages become due at a rate; each goes with the next sender that is free, and its time counts from when it was due.
    func open(rate: Double, seconds: Double) async {
        latencies = Histogram()
        isOver = false
        free = Array(senders.indices)
        schedule = Schedule(start: MonotonicClock.now() + 20_000_000, rate: rate, seconds: seconds)
        let ticker = Ticker(on: BenchLoops.load) { self.tick() }
        let deadline = MonotonicClock.now() + UInt64((seconds * 2 + 5) * 1e9)
        while MonotonicClock.now() < deadline {
            try? await Task.sleep(for: .milliseconds(20))
            if schedule?.isOver == true, dueHead == due.count, inFlight == 0 { break }
        }
        ticker.stop()
        // What was never answered took at least until now.
        for stamp in due[dueHead...] { latencies.record(MonotonicClock.now() - stamp) }
        isOver = true
        await quiet()
    }

    private func tick() {
        let now = MonotonicClock.now()
        while let moment = schedule?.take(by: now) { due.append(moment) }
        hand()
    }

    private func hand() {
        while dueHead < due.count, let index = free.popLast() {
            let moment = due[dueHead]
            dueHead += 1
            inFlight += 1
            senders[index].send(moment, to: channel(of: index)) { [self] isStored in
                inFlight -= 1
                if isStored { count += 1 } else { failures += 1 }
                latencies.record(MonotonicClock.now() - moment)
                free.append(index)
                hand()
            }
        }
    }

    private func quiet() async {
        let deadline = MonotonicClock.now() + 10_000_000_000
        while inFlight > 0, MonotonicClock.now() < deadline { try? await Task.sleep(for: .milliseconds(5)) }
    }
}
