import Testing

@testable import EventLog

@Suite struct LogAgeTests {
    private let start = ContinuousClock.now
    private let day: Int64 = 86_400_000
    private let today: Int64 = 20_000 * 86_400_000

    /// Looks every 250 ms from one second to another, while the database's clock shows `time`.
    private func look(
        _ age: inout LogAge, _ seconds: Range<Int>, time: Int64, isComplete: Bool = true
    ) {
        for second in seconds {
            for quarter in 0..<4 {
                let instant = start + .seconds(second) + .milliseconds(quarter * 250)
                age.looked(at: instant, time: time + Int64(second * 1000), isComplete: isComplete)
            }
        }
    }

    @Test func `nothing is left out before everything that can be read was read`() {
        var age = LogAge(oldest: today, at: start)
        look(&age, 0..<20, time: today, isComplete: false)
        #expect(age.floor == nil)
        look(&age, 20..<21, time: today)
        #expect(age.floor == today)
    }

    @Test func `a transaction that was open at the beginning counts until it must be over`() {
        var age = LogAge(oldest: today - 3 * day, at: start)
        look(&age, 0..<170, time: today)
        #expect(age.floor == today - 3 * day)
        look(&age, 170..<600, time: today)
        #expect(age.floor.map { $0 >= today } == true)
    }

    /// One that began before the jump may come to light behind it.
    @Test func `when the clock jumps ahead, what was begun before is found`() {
        var age = LogAge(oldest: today, at: start)
        look(&age, 0..<600, time: today)
        look(&age, 600..<700, time: today + 5 * day)
        #expect(age.floor.map { $0 < today + day } == true)
        look(&age, 700..<1200, time: today + 5 * day)
        #expect(age.floor.map { $0 > today + 4 * day } == true)
    }

    @Test func `when the clock is set back and forth, what was begun in between is found`() {
        var age = LogAge(oldest: today, at: start)
        look(&age, 0..<600, time: today)
        look(&age, 600..<603, time: today - 9 * day)
        look(&age, 603..<700, time: today)
        #expect(age.floor.map { $0 < today - 8 * day } == true)
    }

    @Test func `while a transaction is in the way nothing is forgotten`() {
        var age = LogAge(oldest: today, at: start)
        look(&age, 0..<10, time: today)
        look(&age, 10..<5000, time: today + 5 * day, isComplete: false)
        #expect(age.floor.map { $0 < today + day } == true)
    }

    @Test func `after a pause nobody knows what the clock has shown`() {
        var age = LogAge(oldest: today, at: start)
        look(&age, 0..<600, time: today)
        look(&age, 700..<701, time: today)
        #expect(age.floor == .min)
        look(&age, 701..<1200, time: today)
        #expect(age.floor.map { $0 >= today } == true)
    }
}
