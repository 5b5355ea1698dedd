import ChatStore
import Testing

@testable import EventLog

@Suite struct HorizonWatchTests {
    /// One that can be asked inside an expectation.
    private final class Kept {
        private var watch: HorizonWatch

        init(_ watch: HorizonWatch) { self.watch = watch }

        var passed: [UInt64] { watch.passed }
        func looked(_ hider: UInt64?, at now: ContinuousClock.Instant) -> [HorizonWatch.Action] {
            watch.looked(hider, at: now)
        }
        func found(_ transactions: [OpenTransaction], at now: ContinuousClock.Instant) -> Bool {
            watch.found(transactions, at: now)
        }
        func stalled(at now: ContinuousClock.Instant) -> Duration { watch.stalled(at: now) }
    }

    private let start = ContinuousClock.now
    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    private func stranger(_ xid: UInt64) -> OpenTransaction { OpenTransaction(xid: xid, mayWriteEvents: false) }
    private func writer(_ xid: UInt64) -> OpenTransaction { OpenTransaction(xid: xid, mayWriteEvents: true) }

    @Test func `nothing is asked about transactions that come and go`() {
        let watch = Kept(HorizonWatch(limit: .seconds(60)))
        for millisecond in 0..<1000 {
            let hider: UInt64? = millisecond.isMultiple(of: 7) ? nil : UInt64(millisecond / 5)
            #expect(watch.looked(hider, at: at(millisecond)).isEmpty)
        }
        #expect(watch.stalled(at: at(1000)) == .zero)
    }

    @Test func `one that stays is asked about, and passed over when it writes no events`() {
        let watch = Kept(HorizonWatch(limit: .seconds(60)))
        #expect(watch.looked(5, at: at(0)).isEmpty)
        #expect(watch.looked(5, at: at(9)).isEmpty)
        #expect(watch.looked(5, at: at(10)) == [.ask])
        #expect(watch.found([stranger(5), writer(7)], at: at(11)))
        #expect(watch.passed == [5])
        // The next in the way is one that writes: it is asked about now and then, and nothing more to see.
        #expect(watch.looked(7, at: at(12)).isEmpty)
        #expect(watch.looked(7, at: at(22)) == [.ask])
        #expect(!watch.found([stranger(5), writer(7)], at: at(22)))
        #expect(watch.looked(7, at: at(50)).isEmpty)
        #expect(watch.looked(7, at: at(122)) == [.ask])
    }

    @Test func `one that is passed over is told of once, and forgotten when it is over`() {
        let watch = Kept(HorizonWatch(limit: .seconds(60)))
        _ = watch.looked(5, at: at(0))
        _ = watch.looked(5, at: at(10))
        _ = watch.found([stranger(5)], at: at(10))
        #expect(watch.looked(nil, at: at(500)).isEmpty)
        #expect(watch.looked(nil, at: at(1010)) == [.tellPassed(5), .ask])
        _ = watch.found([stranger(5), stranger(9)], at: at(1010))
        // Another one within a minute is not told of: it may be one of very many.
        #expect(watch.looked(nil, at: at(2100)) == [.ask])
        _ = watch.found([], at: at(2100))
        #expect(watch.passed.isEmpty)
        #expect(watch.looked(nil, at: at(9000)).isEmpty)
    }

    @Test func `a writer that stays is told of within two seconds, once, and so is its end`() {
        let watch = Kept(HorizonWatch(limit: .seconds(60)))
        var told: [Int] = []
        for millisecond in stride(from: 0, through: 5000, by: 250) {
            for action in watch.looked(5, at: at(millisecond)) {
                if action == .tellStalled(5) { told.append(millisecond) }
                if action == .ask { _ = watch.found([writer(5)], at: at(millisecond)) }
            }
        }
        #expect(told == [1000])
        #expect(watch.stalled(at: at(5000)) == .seconds(5))
        #expect(watch.looked(6, at: at(5250)) == [.tellResumed(.milliseconds(5250))])
        #expect(watch.stalled(at: at(5250)) == .zero)
        #expect(watch.looked(nil, at: at(5500)).isEmpty)
    }

    @Test func `what is in the way for longer than the limit is ended, again after a while`() {
        let watch = Kept(HorizonWatch(limit: .seconds(3)))
        var ended: [Int] = []
        for millisecond in stride(from: 0, through: 9000, by: 250) {
            if watch.looked(5, at: at(millisecond)).contains(.end(5)) { ended.append(millisecond) }
        }
        #expect(ended == [3000, 8000])
    }
}
