import Synchronization

/// A message as its text names it: `w3-17` is the seventeenth of writer 3.
struct MessageKey: Hashable, CustomStringConvertible {
    let writer: Int
    let number: Int

    init(writer: Int, number: Int) {
        self.writer = writer
        self.number = number
    }

    init?(_ text: some StringProtocol) {
        guard text.first == "w", let dash = text.firstIndex(of: "-"),
            let writer = Int(text[text.index(after: text.startIndex)..<dash]),
            let number = Int(text[text.index(after: dash)...])
        else { return nil }
        self.init(writer: writer, number: number)
    }

    var description: String { "w\(writer)-\(number)" }
}

/// Where the server said that a message is.
struct Place: Hashable {
    var id: Int64
    var seq: Int64
    var channel: Int64
}

/// What was sent, and what the server promised to have stored.
final class Ledger: Sendable {
    private struct State {
        var sent: [MessageKey: Int64] = [:]
        var acknowledged: [MessageKey: Place] = [:]
        var contradictions: [String] = []
        var repeats = 0
    }

    private let state = Mutex(State())

    func sending(_ key: MessageKey, to channel: Int64) { state.withLock { $0.sent[key] = channel } }

    func acknowledge(_ key: MessageKey, _ place: Place, isDuplicate: Bool) {
        state.withLock { state in
            if isDuplicate { state.repeats += 1 }
            if let before = state.acknowledged[key], before != place {
                state.contradictions.append("\(key) was acknowledged as \(before) and as \(place)")
            }
            state.acknowledged[key] = place
        }
    }

    var acknowledgedCount: Int { state.withLock { $0.acknowledged.count } }
    var sentCount: Int { state.withLock { $0.sent.count } }
    /// Sends that the server answered as known already.
    var repeats: Int { state.withLock { $0.repeats } }
    var contradictions: [String] { state.withLock { $0.contradictions } }
    var acknowledged: [MessageKey: Place] { state.withLock { $0.acknowledged } }
    var sent: [MessageKey: Int64] { state.withLock { $0.sent } }
}
