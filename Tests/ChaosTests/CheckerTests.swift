import ChatModel
import Testing

@testable import martlet_chaos

/// Each way to break a promise, put into an otherwise good run, has to be found, under its own name.
@Suite(.timeLimit(.minutes(1)))
struct CheckerTests {
    private let ledger = Ledger()
    private var checker: Checker { Checker(ledger: ledger, base: [1: 4]) }

    /// Messages 0 to 3 of writer 2 in channel 1, sent and acknowledged; the second was changed, the third marked and
    /// the last deleted.
    private func run() -> Run {
        var run = Run()
        for number in 0..<4 {
            let key = MessageKey(writer: 2, number: number)
            let place = Place(id: Int64(100 + number), seq: Int64(5 + number), channel: 1)
            ledger.sending(key, to: 1)
            ledger.acknowledge(key, place, isDuplicate: false)
            run.stored.append(StoredMessage(place: place, key: key, text: key.text))
            run.tell(.created, number)
        }
        for (number, change) in [(1, Ledger.Change.edit), (2, .reaction), (3, .deletion)] {
            ledger.asking(change, of: MessageKey(writer: 2, number: number))
            ledger.done(change, of: MessageKey(writer: 2, number: number))
        }
        run.stored[1].text = MessageKey(writer: 2, number: 1).changedText
        run.stored[2].reactions = 1
        run.stored[3].isDeleted = true
        run.stored[3].text = ""
        run.tell(.updated, 1)
        run.tell(.reacted, 2)
        run.tell(.deleted, 3)
        return run
    }

    private struct Run {
        var stored: [StoredMessage] = []
        var log: [LoggedEvent] = []

        mutating func tell(_ kind: Sighting.Kind, _ number: Int) {
            let message = stored[number]
            log.append(
                LoggedEvent(
                    cursor: Cursor(transaction: 1, row: UInt64(log.count + 1)),
                    sighting: Sighting(
                        kind: kind, place: message.place, key: kind == .reacted ? nil : message.key)))
        }

        func journal(_ rule: Journal.Repeats = .never, _ indices: [Int] = Array(0..<7)) -> Journal {
            let journal = Journal("reader", repeats: rule)
            for index in indices { journal.saw(log[index].sighting, at: log[index].cursor) }
            return journal
        }
    }

    /// The columns in which something was found.
    private func found(_ row: Checker.Row) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: row.findings.filter { !$0.1.isEmpty }.map { ($0.0, $0.1.count) })
    }

    @Test func `what is stored, told and seen as promised is good`() {
        let run = run()
        #expect(checker.history(run.stored).isGood)
        #expect(checker.log(run.log, run.stored).isGood)
        let row = checker.reader(run.journal(), run.log)
        #expect(row.isGood)
        #expect(row.events == 7)
    }

    // MARK: The history

    @Test func `an acknowledged message that is not stored is lost and leaves a gap`() {
        var run = run()
        run.stored.remove(at: 1)
        #expect(found(checker.history(run.stored)) == ["lost": 1, "gaps": 1])
    }

    @Test func `the last acknowledged message may not be missing either`() {
        #expect(found(checker.history(run().stored.dropLast())) == ["lost": 1])
    }

    @Test func `a message that is stored elsewhere than acknowledged is lost`() {
        var run = run()
        run.stored[2].place.id = 999
        #expect(found(checker.history(run.stored)) == ["lost": 1])
    }

    @Test func `messages out of their order are reordered`() {
        var run = run()
        run.stored.swapAt(1, 2)
        #expect(found(checker.history(run.stored)) == ["reordered": 1, "gaps": 1])
    }

    @Test func `a nonce that is stored twice is doubled`() {
        var run = run()
        var again = run.stored[0]
        again.place = Place(id: 104, seq: 9, channel: 1)
        run.stored.append(again)
        // And it lies elsewhere than where it was acknowledged.
        #expect(found(checker.history(run.stored)) == ["doubled": 1, "lost": 1])
    }

    @Test func `two different acknowledgements of one send are a contradiction`() {
        let run = run()
        ledger.acknowledge(MessageKey(writer: 2, number: 0), Place(id: 7, seq: 7, channel: 1), isDuplicate: true)
        #expect(found(checker.history(run.stored)) == ["doubled": 1])
    }

    @Test(arguments: ["w9-1", "hello", "w2-", "w2-4", ""])
    func `what nobody sent is a phantom`(_ nonce: String) {
        var run = run()
        run.stored.append(
            StoredMessage(place: Place(id: 104, seq: 9, channel: 1), key: MessageKey(nonce), text: nonce))
        #expect(found(checker.history(run.stored)) == ["phantom": 1])
    }

    @Test func `a message in a channel that it was not sent to is a phantom`() {
        var run = run()
        run.stored[3].place.channel = 2
        run.stored[3].place.seq = 1
        #expect(found(checker.history(run.stored)) == ["phantom": 1, "lost": 1])
    }

    @Test func `a send without an answer is told, and so is what a writer has to say`() {
        let run = run()
        ledger.sending(MessageKey(writer: 2, number: 4), to: 1)
        ledger.trouble("refused")
        #expect(found(checker.history(run.stored)) == ["other": 2])
    }

    @Test func `an acknowledged change that is not stored is lost`() {
        let run = run()
        var undone = run
        undone.stored[1].text = MessageKey(writer: 2, number: 1).text
        undone.stored[2].reactions = 0
        undone.stored[3] = StoredMessage(place: run.stored[3].place, key: run.stored[3].key, text: "w2-3")
        #expect(found(checker.history(undone.stored)) == ["lost": 3])
    }

    @Test func `a change that nobody asked for is a phantom`() {
        var run = run()
        run.stored[0].reactions = 1
        run.stored[2].text = MessageKey(writer: 2, number: 2).changedText
        run.stored[1].isDeleted = true
        run.stored[1].text = ""
        #expect(found(checker.history(run.stored)) == ["phantom": 3])
    }

    @Test func `a text that nobody wrote is a phantom, and a reaction counts once`() {
        var run = run()
        run.stored[0].text = "w2-0 w2-0"
        run.stored[2].reactions = 2
        run.stored[3].text = "still there"
        #expect(found(checker.history(run.stored)) == ["phantom": 2, "doubled": 1])
    }

    // MARK: The event log

    @Test(arguments: 0..<7)
    func `an event that the log lacks is lost`(_ index: Int) {
        var run = run()
        run.log.remove(at: index)
        #expect(checker.log(run.log, run.stored).lost.count == 1)
    }

    @Test(arguments: [(0, "doubled"), (5, "doubled"), (6, "doubled")])
    func `an event that the log has under two cursors is doubled`(_ index: Int, _ column: String) {
        var run = run()
        run.log.append(
            LoggedEvent(cursor: Cursor(transaction: 2, row: 1), sighting: run.log[index].sighting))
        #expect(checker.log(run.log, run.stored).doubled.count == 1)
    }

    @Test func `an edit may be told twice, because it may be made twice`() {
        var run = run()
        run.tell(.updated, 1)
        let row = checker.log(run.log, run.stored)
        #expect(row.isGood)
        #expect(row.repeats == 1)
    }

    @Test func `cursors that do not rise are reordered`() {
        var run = run()
        run.log[5].cursor = run.log[4].cursor
        #expect(found(checker.log(run.log, run.stored)) == ["reordered": 1])
    }

    @Test func `a log in another order than the channel is reordered and has a gap`() {
        var run = run()
        let first = run.log[1].sighting
        run.log[1].sighting = run.log[2].sighting
        run.log[2].sighting = first
        #expect(found(checker.log(run.log, run.stored)) == ["reordered": 1, "gaps": 1])
    }

    @Test func `a change before the message, or after its deletion, is reordered`() {
        var early = run()
        let edit = early.log[4].sighting
        early.log[4].sighting = early.log[1].sighting
        early.log[1].sighting = edit
        #expect(checker.log(early.log, early.stored).reordered.count == 2)

        var late = early
        late.log = [late.log[0], late.log[4], late.log[2], late.log[3], late.log[6], late.log[5]]
        for index in late.log.indices { late.log[index].cursor = Cursor(transaction: 1, row: UInt64(index + 1)) }
        late.tell(.updated, 3)
        #expect(checker.log(late.log, late.stored).reordered.count == 1)
    }

    @Test func `an event of what is not stored, with another text, or that nobody asked for is a phantom`() {
        var run = run()
        run.log[4].sighting.isGenuine = false
        run.tell(.reacted, 0)
        run.log.append(
            LoggedEvent(
                cursor: Cursor(transaction: 2, row: 1),
                sighting: Sighting(kind: .created, place: Place(id: 104, seq: 9, channel: 1), key: nil)))
        #expect(found(checker.log(run.log, run.stored)) == ["phantom": 3])
    }

    // MARK: Readers

    @Test(arguments: 0..<7)
    func `a reader that misses an event has lost it`(_ index: Int) {
        let run = run()
        let row = checker.reader(run.journal(.never, (0..<7).filter { $0 != index }), run.log)
        #expect(row.lost.count == 1)
        // The hole shows in the numbers too, where a later message was seen.
        #expect(row.gaps.count == (index < 3 ? 1 : 0))
    }

    @Test func `a reader that saw nothing has lost everything`() {
        let run = run()
        #expect(found(checker.reader(run.journal(.never, []), run.log)) == ["lost": 7])
    }

    @Test func `a reader that sees what is not in the log, or something else there, sees a phantom`() {
        let run = run()
        let journal = run.journal(.never, [0, 1, 2, 3, 5, 6])
        var other = run.log[4]
        other.sighting.place.id = 999
        journal.saw(run.log[6].sighting, at: Cursor(transaction: 9, row: 9))
        #expect(found(checker.reader(journal, run.log)) == ["phantom": 1, "lost": 1])
        let changed = Journal("reader", repeats: .never)
        for event in run.log[..<4] + [other] + run.log[5...] { changed.saw(event.sighting, at: event.cursor) }
        #expect(found(checker.reader(changed, run.log)) == ["phantom": 1])
    }

    @Test(arguments: [Journal.Repeats.never, .afterReconnect, .always])
    func `events out of their order are reordered for every reader`(_ rule: Journal.Repeats) {
        let run = run()
        let row = checker.reader(run.journal(rule, [0, 1, 2, 3, 5, 4, 6]), run.log)
        #expect(row.reordered.count == (rule == .always ? 1 : 2))
        #expect(row.gaps.isEmpty)
        // The numbers of the channel tell, whatever the cursors do.
        let messages = checker.reader(run.journal(.always, [1, 0, 2, 3, 4, 5, 6]), run.log)
        #expect(messages.reordered.count == 2)
        #expect(messages.gaps.count == 1)
    }

    @Test func `a person may never see an event twice`() {
        let run = run()
        let journal = run.journal()
        journal.connected()
        journal.saw(run.log[6].sighting, at: run.log[6].cursor)
        #expect(found(checker.reader(journal, run.log)) == ["doubled": 1])
    }

    @Test func `a bot may see an event twice, but only after a reconnect`() {
        let run = run()
        let journal = run.journal(.afterReconnect)
        journal.connected()
        journal.saw(run.log[6].sighting, at: run.log[6].cursor)
        let row = checker.reader(journal, run.log)
        #expect(row.isGood)
        #expect(row.repeats == 1)
        journal.saw(run.log[6].sighting, at: run.log[6].cursor)
        #expect(found(checker.reader(journal, run.log)) == ["doubled": 1])
    }

    @Test func `a bridge may see an event twice, at any time`() {
        let run = run()
        let row = checker.reader(run.journal(.always, [0, 1, 0, 1, 2, 3, 4, 5, 6, 2]), run.log)
        #expect(row.isGood)
        #expect(row.repeats == 3)
    }

    @Test func `one message under two cursors is doubled for every reader`() {
        let run = run()
        let journal = run.journal(.always)
        journal.saw(run.log[3].sighting, at: Cursor(transaction: 1, row: 900))
        #expect(checker.reader(journal, run.log).doubled.count == 1)
    }

    @Test func `what a reader was told beside events is counted`() {
        let run = run()
        let journal = run.journal()
        journal.trouble("was told to reload")
        #expect(found(checker.reader(journal, run.log)) == ["other": 1])
    }

    @Test func `the pages of a channel are read like a log`() {
        let run = run()
        let pages = run.stored.map(HistoryReader.event)
        func journal(_ indices: [Int]) -> Journal {
            let journal = Journal("pages", repeats: .always)
            for index in indices { journal.saw(pages[index].sighting, at: pages[index].cursor) }
            return journal
        }
        #expect(checker.reader(journal([0, 1, 2, 3]), pages).isGood)
        #expect(found(checker.reader(journal([0, 2, 3]), pages)) == ["lost": 1, "gaps": 1])
        #expect(checker.reader(journal([0, 2, 1, 3]), pages).reordered.count == 2)
    }

    @Test func `findings beyond the first few are counted, not kept`() {
        var tally = Tally()
        for number in 0..<1000 { tally.add("\(number)") }
        #expect(tally.count == 1000)
        #expect(tally.examples == ["0", "1", "2", "3", "4"])
    }
}
