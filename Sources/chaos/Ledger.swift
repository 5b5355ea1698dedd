import Synchronization

/// What was sent and changed, and what the server promised to have stored.
final class Ledger: Sendable {
    struct Change: OptionSet, Hashable {
        let rawValue: UInt8

        static let edit = Change(rawValue: 1)
        static let reaction = Change(rawValue: 2)
        static let deletion = Change(rawValue: 4)
    }

    /// One message.
    struct Record {
        var channel: Int64
        /// Nil until it was acknowledged.
        var place: Place?
        /// Changes that were sent at least once, and those that were acknowledged.
        var asked: Change = []
        var done: Change = []
        var sentAt = ContinuousClock.now
    }

    private struct State {
        /// By writer; a message's number is its place in the list.
        var records: [Int: [Record]] = [:]
        var sent = 0
        var acknowledged = 0
        var changed = 0
        var repeats = 0
        var longestWait = Duration.zero
        var contradictions = Tally()
        var troubles = Tally()
    }

    private let state = Mutex(State())

    /// A writer's messages are numbered from 0, without a gap.
    func sending(_ key: MessageKey, to channel: Int64) {
        state.withLock { state in
            precondition(state.records[key.writer, default: []].count == key.number)
            state.records[key.writer, default: []].append(Record(channel: channel))
            state.sent += 1
        }
    }

    func acknowledge(_ key: MessageKey, _ place: Place, isDuplicate: Bool) {
        state.withLock { state in
            if isDuplicate { state.repeats += 1 }
            guard let before = state.records[key.writer]?[key.number].place else {
                let sentAt = state.records[key.writer]?[key.number].sentAt ?? .now
                state.longestWait = max(state.longestWait, .now - sentAt)
                state.records[key.writer]?[key.number].place = place
                state.acknowledged += 1
                return
            }
            if before != place { state.contradictions.add("\(key) was acknowledged as \(before) and as \(place)") }
        }
    }

    func asking(_ change: Change, of key: MessageKey) {
        state.withLock { state in _ = state.records[key.writer]?[key.number].asked.insert(change) }
    }

    func done(_ change: Change, of key: MessageKey) {
        state.withLock { state in
            state.changed += 1
            _ = state.records[key.writer]?[key.number].done.insert(change)
        }
    }

    func trouble(_ text: String) { state.withLock { $0.troubles.add(text) } }

    var acknowledgedCount: Int { state.withLock { $0.acknowledged } }
    var sentCount: Int { state.withLock { $0.sent } }
    /// The longest time from the first try to send a message until it was acknowledged.
    var longestWait: Duration { state.withLock { $0.longestWait } }
    var changedCount: Int { state.withLock { $0.changed } }
    /// Sends that the server answered as known already.
    var repeats: Int { state.withLock { $0.repeats } }
    var contradictions: Tally { state.withLock { $0.contradictions } }
    var troubles: Tally { state.withLock { $0.troubles } }

    func record(of key: MessageKey) -> Record? {
        state.withLock { state in
            guard let list = state.records[key.writer], list.indices.contains(key.number) else { return nil }
            return list[key.number]
        }
    }

    /// Everything that was sent.
    var all: [(key: MessageKey, record: Record)] {
        state.withLock { $0.records }.flatMap { writer, list in
            list.enumerated().map { (MessageKey(writer: writer, number: $0.offset), $0.element) }
        }
    }
}
