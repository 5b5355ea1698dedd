import Testing

@testable import MartletBot

/// Keeps a value that `#expect` may change while it looks.
private final class Kept<Value> {
    private var value: Value
    init(_ value: Value) { self.value = value }
    func callAsFunction<Result>(_ use: (inout Value) -> Result) -> Result { use(&value) }
}

struct DeliveryTests {
    private func cursor(_ number: Int) -> Cursor { Cursor(transaction: UInt64(number), row: 0) }

    @Test func `only what has nothing open before it is acknowledged`() {
        let ledger = Kept(DeliveryLedger())
        ledger({ $0.begin(epoch: "e", cursor: cursor(10), isOther: false) })
        for number in 11...14 { #expect(ledger({ $0.receive(cursor(number)) })) }
        #expect(ledger({ $0.finish(cursor(12), generation: 1) }) == nil)
        #expect(ledger({ $0.finish(cursor(14), generation: 1) }) == nil)
        #expect(ledger({ $0.finish(cursor(11), generation: 1) }) == cursor(12))
        #expect(ledger({ $0.openCount }) == 2)
        #expect(ledger({ $0.finish(cursor(13), generation: 1) }) == cursor(14))
        #expect(ledger({ $0.openCount }) == 0)
        #expect(ledger({ $0.finish(cursor(13), generation: 1) }) == nil)
    }

    @Test func `while others are under way several are acknowledged together, and the rest when nothing is`() {
        let ledger = Kept(DeliveryLedger())
        ledger({ $0.begin(epoch: "e", cursor: cursor(10), isOther: false) })
        ledger({ $0.together = 3 })
        for number in 11...16 { #expect(ledger({ $0.receive(cursor(number)) })) }
        #expect(ledger({ $0.finish(cursor(11), generation: 1) }) == nil)
        #expect(ledger({ $0.finish(cursor(13), generation: 1) }) == nil)
        #expect(ledger({ $0.finish(cursor(12), generation: 1) }) == cursor(13))
        #expect(ledger({ $0.finish(cursor(14), generation: 1) }) == nil)
        #expect(ledger({ $0.tell() }) == cursor(14))
        #expect(ledger({ $0.tell() }) == nil)
        #expect(ledger({ $0.finish(cursor(15), generation: 1) }) == nil)
        #expect(ledger({ $0.finish(cursor(16), generation: 1) }) == cursor(16))
    }

    @Test func `an event that is done or under way is not handled again`() {
        let ledger = Kept(DeliveryLedger())
        ledger({ $0.begin(epoch: "e", cursor: cursor(10), isOther: false) })
        #expect(!ledger({ $0.receive(cursor(10)) }))
        #expect(ledger({ $0.receive(cursor(11)) }))
        #expect(ledger({ $0.receive(cursor(12)) }))
        ledger({ $0.begin(epoch: "e", cursor: cursor(10), isOther: false) })
        #expect(!ledger({ $0.receive(cursor(11)) }))
        #expect(!ledger({ $0.receive(cursor(12)) }))
        #expect(ledger({ $0.receive(cursor(13)) }))
        #expect(ledger({ $0.resumeCursor }) == cursor(10))
    }

    @Test func `another log begins anew and forgets what was under way`() {
        let ledger = Kept(DeliveryLedger())
        #expect(ledger({ $0.resumeCursor }) == nil)
        ledger({ $0.begin(epoch: "e", cursor: cursor(10), isOther: false) })
        _ = ledger({ $0.receive(cursor(11)) })
        ledger({ $0.begin(epoch: "f", cursor: cursor(3), isOther: true) })
        #expect(ledger({ $0.receive(cursor(4)) }))
        #expect(ledger({ $0.receive(cursor(11)) }))
        #expect(ledger({ $0.finish(cursor(11), generation: 1) }) == nil)
        #expect(ledger({ $0.finish(cursor(4), generation: 2) }) == cursor(4))
    }

    @Test func `a log that goes on under another name keeps what is under way`() {
        let ledger = Kept(DeliveryLedger())
        ledger({ $0.begin(epoch: "e", cursor: cursor(10), isOther: false) })
        _ = ledger({ $0.receive(cursor(11)) })
        ledger({ $0.begin(epoch: "f", cursor: cursor(10), isOther: false) })
        #expect(ledger({ $0.epoch }) == "f" && ledger({ $0.generation }) == 1)
        #expect(!ledger({ $0.receive(cursor(11)) }))
        ledger({ $0.rename("g") })
        #expect(ledger({ $0.finish(cursor(11), generation: 1) }) == cursor(11))
        #expect(ledger({ $0.epoch }) == "g" && ledger({ $0.resumeCursor }) == cursor(11))
    }

    @Test func `one lane is served in order, lanes side by side up to the limit`() {
        let lanes = Kept(ChannelLanes<Int>(limit: 2))
        let (a, b, c) = (ChannelID(1), ChannelID(2), ChannelID(3))
        #expect(lanes({ $0.add(1, to: a) }))
        #expect(!lanes({ $0.add(2, to: a) }))
        #expect(lanes({ $0.add(3, to: b) }))
        #expect(!lanes({ $0.add(4, to: c) }))
        #expect(!lanes({ $0.add(5, to: c) }))
        #expect(lanes({ $0.workers }) == 2)
        // The lane that waits without a worker goes before more of the lane that had one.
        let first = lanes({ $0.finish(a) })
        #expect(first?.lane == c && first?.item == 4)
        let second = lanes({ $0.finish(b) })
        #expect(second?.lane == a && second?.item == 2)
        let third = lanes({ $0.finish(c) })
        #expect(third?.lane == c && third?.item == 5)
        #expect(lanes({ $0.finish(a) }) == nil)
        #expect(lanes({ $0.finish(c) }) == nil)
        #expect(lanes({ $0.workers }) == 0)
    }

    @Test func `events without a channel share a lane`() {
        let lanes = Kept(ChannelLanes<Int>(limit: 4))
        #expect(lanes({ $0.add(1, to: nil) }))
        #expect(!lanes({ $0.add(2, to: nil) }))
        lanes({ $0.dropWaiting() })
        #expect(lanes({ $0.finish(nil) }) == nil)
    }
}
