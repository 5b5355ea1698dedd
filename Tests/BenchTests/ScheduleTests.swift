import LoadGenerator
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ScheduleTests {
    @Test func `things are due at the rate, one after the other, and no more than the time holds`() {
        var schedule = Schedule(start: 1_000, rate: 1_000_000, seconds: 0.00001)
        #expect(schedule.take(by: 999) == nil)
        #expect(schedule.take(by: 1_000) == 1_000)
        #expect(schedule.take(by: 1_000) == nil)
        var due: [UInt64] = []
        while let next = schedule.take(by: .max) { due.append(next) }
        #expect(due == (1..<10).map { 1_000 + $0 * 1_000 })
        #expect(schedule.isOver)
        #expect(schedule.count == 10)
    }

    /// A server that answers in a millisecond and stands still for a second in the middle.
    private struct Server {
        var free: UInt64 = 0
        mutating func answer(_ begun: UInt64) -> UInt64 {
            var start = max(begun, free)
            if (1_000_000_000..<2_000_000_000).contains(start) { start = 2_000_000_000 }
            free = start + 1_000_000
            return free
        }
    }

    @Test func `a server that stands still is charged with everything that was due meanwhile`() {
        // 100 a second for 3 s; one sender, that waits for each answer.
        var schedule = Schedule(start: 0, rate: 100, seconds: 3)
        var server = Server()
        var fromDue = Histogram()
        var fromBegin = Histogram()
        var now: UInt64 = 0
        while let next = schedule.nextDue {
            now = max(now, next)
            guard let due = schedule.take(by: now) else { break }
            let begun = now
            now = server.answer(begun)
            fromDue.record(now - due)
            fromBegin.record(now - begun)
        }
        #expect(fromDue.count == 300)
        // What a sender sees that waits: one slow answer of three hundred.
        #expect(fromBegin.value(at: 0.99) < 2_000_000)
        // What users see: a third of them waited, up to the whole second.
        #expect(fromDue.value(at: 0.6) < 2_000_000)
        #expect(fromDue.value(at: 0.75) > 100_000_000)
        #expect(fromDue.value(at: 0.99) > 900_000_000)
    }

    @Test(arguments: [0.0, -1, .infinity, 1e-12])
    func `a rate that makes no sense ends`(_ rate: Double) {
        var schedule = Schedule(start: 0, rate: rate, seconds: 0.000_001)
        var count = 0
        while schedule.take(by: .max) != nil, count < 10_000 { count += 1 }
        #expect(count <= 10_000)
    }
}
