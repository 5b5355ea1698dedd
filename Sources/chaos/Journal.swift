import ChatModel
import Synchronization

/// What one reader has seen, in the order in which it saw it.
final class Journal: Sendable {
    enum Repeats {
        /// Every event once, over all connections: the reader names its cursor.
        case never
        /// Again after a reconnect, for what was not acknowledged; never within one connection.
        case afterReconnect
        /// At any time, under the same id.
        case always
    }

    struct Findings {
        /// Each event when it was seen first.
        var events: [LoggedEvent] = []
        var repeats = 0
        var doubled = Tally()
        var reordered = Tally()
        var troubles = Tally()
        var connections = 0
    }

    let name: String
    private let rule: Repeats

    private struct State {
        var findings = Findings()
        var last: Cursor?
        var seen: Set<Cursor> = []
    }

    private let state = Mutex(State())

    init(_ name: String, repeats rule: Repeats) {
        self.name = name
        self.rule = rule
    }

    var count: Int { state.withLock { $0.seen.count } }
    var findings: Findings { state.withLock { $0.findings } }

    /// A new connection; what it may repeat depends on the kind of reader.
    func connected() {
        state.withLock { state in
            state.findings.connections += 1
            if rule == .afterReconnect { state.last = nil }
        }
    }

    func trouble(_ text: String) { state.withLock { $0.findings.troubles.add(text) } }

    func saw(_ sighting: Sighting, at cursor: Cursor) {
        state.withLock { state in
            if rule != .always, let last = state.last, cursor <= last {
                if cursor == last || state.seen.contains(cursor) {
                    state.findings.doubled.add("\(cursor) twice on one connection")
                } else {
                    state.findings.reordered.add("\(cursor) after \(last)")
                }
            }
            state.last = max(cursor, state.last ?? cursor)
            guard state.seen.insert(cursor).inserted else {
                state.findings.repeats += 1
                return
            }
            state.findings.events.append(LoggedEvent(cursor: cursor, sighting: sighting))
        }
    }
}
