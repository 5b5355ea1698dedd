import ChatModel
import Testing

@testable import BridgeRuntime

/// How much of a bridge's ups and downs is told.
struct BridgeNewsTests {
    private let start = ContinuousClock.now

    private func letter(_ number: UInt64) -> BridgeNews.DeadLetter {
        BridgeNews.DeadLetter(
            app: AppID(1), cursor: Cursor(transaction: 1, row: number), type: .messageCreated, attempts: 1, error: "no",
            hops: 1)
    }

    @Test func `a change is told at once, and only when it is one`() {
        var news = BridgeNews()
        #expect(news.due(at: start) == [])
        news.target(isDown: true, reason: "refused")
        #expect(news.due(at: start) == [.targetDown(reason: "refused")])
        news.target(isDown: true, reason: "still")
        #expect(news.due(at: start) == [])
        news.target(isDown: false, reason: "")
        #expect(news.due(at: start) == [.targetBack])
        #expect(news.due(at: start + .seconds(3600)) == [])
    }

    @Test func `of a target that comes and goes a few changes are told, and at last how it is`() {
        var news = BridgeNews()
        var told: [BridgeNews.Item] = []
        // Once a second for an hour.
        for second in 0..<3600 {
            news.target(isDown: second.isMultiple(of: 2), reason: "")
            told += news.due(at: start + .seconds(second))
        }
        #expect((100...130).contains(told.count), "\(told.count)")
        for (one, next) in zip(told, told.dropFirst()) { #expect(one != next) }
        news.target(isDown: false, reason: "")
        told += (0..<120).flatMap { news.due(at: start + .seconds(3600 + $0)) }
        #expect(told.last == .targetBack)
    }

    @Test func `every dead letter is counted, however few are told`() {
        var news = BridgeNews()
        var counts: [Int] = []
        var last: BridgeNews.DeadLetter?
        for number in 1...10_000 as ClosedRange<UInt64> {
            news.add(letter(number))
            for item in news.due(at: start + .milliseconds(number * 10)) {
                guard case .deadLetters(let count, let letter) = item else { continue }
                counts.append(count)
                last = letter
            }
        }
        for item in news.due(at: start + .seconds(1000)) {
            guard case .deadLetters(let count, let letter) = item else { continue }
            counts.append(count)
            last = letter
        }
        #expect(counts.prefix(6) == [1, 1, 1, 1, 1, 1])
        #expect(counts.count <= 11)
        #expect(counts.reduce(0, +) == 10_000)
        #expect(last == letter(10_000))
    }

    @Test func `a bridge that was quiet for long has its whole allowance again, and not more`() {
        var news = BridgeNews()
        func burst(at now: ContinuousClock.Instant) -> Int {
            (0..<20).reduce(0) { count, number in
                news.target(isDown: number.isMultiple(of: 2), reason: "")
                return count + news.due(at: now).count
            }
        }
        #expect(burst(at: start) == 6)
        #expect(burst(at: start + .seconds(29)) == 0)
        #expect(burst(at: start + .seconds(31)) == 1)
        #expect(burst(at: start + .seconds(86_400)) == 6)
    }
}
