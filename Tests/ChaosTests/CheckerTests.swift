import ChatModel
import Testing

@testable import martlet_chaos

@Suite(.timeLimit(.minutes(1)))
struct CheckerTests {
    private let ledger = Ledger()

    /// Three messages of one writer in channel 1, sent and acknowledged.
    private func promised() -> [(text: String, place: Place)] {
        (0..<3).map { number in
            let key = MessageKey(writer: 2, number: number)
            let place = Place(id: Int64(100 + number), seq: Int64(5 + number), channel: 1)
            ledger.sending(key, to: 1)
            ledger.acknowledge(key, place, isDuplicate: false)
            return ("\(key)", place)
        }
    }

    private var checker: Checker { Checker(ledger: ledger, base: [1: 4]) }

    private func journal(
        _ stored: [(text: String, place: Place)], repeats rule: Journal.Repeats = .never
    ) -> Journal {
        let journal = Journal("reader", repeats: rule)
        for (text, place) in stored { journal.see(text, place) }
        return journal
    }

    @Test func `What is stored and seen as promised is good`() {
        let stored = promised()
        #expect(checker.history(stored).isGood)
        let row = checker.reader(journal(stored), stored)
        #expect(row.isGood)
        #expect(row.events == 3)
    }

    @Test func `An acknowledged message that is not stored is lost and leaves a gap`() {
        var stored = promised()
        stored.remove(at: 1)
        let row = checker.history(stored)
        #expect(row.lost.count == 1)
        #expect(row.gaps.count == 1)
    }

    @Test func `The last acknowledged message may not be missing either`() {
        let row = checker.history(promised().dropLast())
        #expect(row.lost.count == 1)
        #expect(row.gaps.isEmpty)
    }

    @Test func `A message that is stored elsewhere than acknowledged is lost`() {
        var stored = promised()
        stored[2].place.id = 999
        #expect(checker.history(stored).lost.count == 1)
    }

    @Test func `A nonce that is stored twice is doubled`() {
        var stored = promised()
        stored.append((stored[0].text, Place(id: 103, seq: 8, channel: 1)))
        #expect(checker.history(stored).doubled.count == 1)
    }

    @Test func `Two different acknowledgements of one send are a contradiction`() {
        let stored = promised()
        ledger.acknowledge(MessageKey(writer: 2, number: 0), Place(id: 7, seq: 7, channel: 1), isDuplicate: true)
        #expect(checker.history(stored).doubled.count == 1)
    }

    @Test(arguments: ["w9-1", "hello", "w2-", ""])
    func `What nobody sent is a phantom`(_ text: String) {
        let stored = promised() + [(text: text, place: Place(id: 103, seq: 8, channel: 1))]
        #expect(checker.history(stored).phantom.count == 1)
    }

    @Test func `A send without an answer is told`() {
        let stored = promised()
        ledger.sending(MessageKey(writer: 2, number: 3), to: 1)
        #expect(checker.history(stored).troubles.count == 1)
    }

    @Test func `A reader that misses a message has lost it`() {
        let stored = promised()
        let middle = checker.reader(journal([stored[0], stored[2]]), stored)
        #expect(middle.lost.count == 1)
        #expect(middle.gaps.count == 1)
        #expect(checker.reader(journal(Array(stored.prefix(2))), stored).lost.count == 1)
        #expect(checker.reader(journal([]), stored).lost.count == 3)
    }

    @Test func `A reader that sees what is not stored sees a phantom`() {
        let stored = promised()
        let row = checker.reader(journal(stored + [("w2-3", Place(id: 103, seq: 8, channel: 1))]), stored)
        #expect(row.phantom.count == 1)
    }

    @Test func `Messages out of order are reordered whatever their cursors`() {
        let stored = promised()
        let journal = Journal("reader", repeats: .always)
        for index in [1, 0, 2] { journal.see(stored[index].text, stored[index].place) }
        #expect(checker.reader(journal, stored).reordered.count == 1)
    }

    @Test func `A person may never see an event twice, and a bot only after a reconnect`() {
        let stored = promised()
        let person = journal(stored)
        person.connected()
        person.see(stored[2].text, stored[2].place)
        #expect(checker.reader(person, stored).doubled.count == 1)

        let bot = journal(stored, repeats: .afterReconnect)
        bot.connected()
        bot.see(stored[2].text, stored[2].place)
        let row = checker.reader(bot, stored)
        #expect(row.isGood)
        #expect(row.repeats == 1)
        bot.see(stored[2].text, stored[2].place)
        #expect(checker.reader(bot, stored).doubled.count == 1)
    }

    @Test func `One message under two cursors is doubled for every reader`() {
        let stored = promised()
        let journal = journal(stored, repeats: .always)
        journal.see(stored[2].text, stored[2].place, row: 900)
        #expect(checker.reader(journal, stored).doubled.count == 1)
    }

    @Test func `A seed gives the same numbers each time, and other numbers to each part`() {
        func numbers(_ seed: UInt64, _ stream: UInt64) -> [UInt64] {
            var source = RandomSource(seed: seed, stream: stream)
            return (0..<8).map { _ in source.next() }
        }
        #expect(numbers(1, 0) == numbers(1, 0))
        #expect(numbers(1, 0) != numbers(2, 0))
        #expect(numbers(1, 0) != numbers(1, 1))
    }

    @Test(arguments: [
        ["--seed"], ["--seed", "x"], ["--minutes", "0"], ["--minutes", "nan"], ["--rate", "-1"], ["-x"],
    ])
    func `An option that makes no sense is refused`(_ arguments: [String]) {
        #expect(throws: ChaosError.self) { try ChaosOptions(arguments) }
    }
}

extension Journal {
    /// Sees a message at a cursor that is its id unless said otherwise.
    fileprivate func see(_ text: String, _ place: Place, row: UInt64? = nil) {
        saw(
            Frame.Subject(id: place.id, channel_id: place.channel, seq: place.seq, text: text),
            at: Cursor(transaction: 1, row: row ?? UInt64(place.id)))
    }
}
