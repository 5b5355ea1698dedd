import ChatModel
import ChatStore
import EventLog
import EventLoop
import Foundation
import Synchronization

#if canImport(Glibc)
@_exported import Glibc
#else
@_exported import Darwin
#endif

/// The channel's number of the message that an event tells of.
func seq(_ event: EventRecord) -> Int64? {
    (try? JSONDecoder().decode(JSONValue.self, from: Data(event.data.utf8)))?["seq"]?.integer
}

/// Collects what a subscription delivers; full while `capacity` events wait to be taken.
final class Collector: EventReceiver {
    private struct State {
        var records: [EventRecord] = []
        var waiting = 0
        var mostWaiting = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int = .max) { self.capacity = capacity }

    var records: [EventRecord] { state.withLock { $0.records } }
    /// How much lay here untaken at the worst.
    var mostWaiting: Int { state.withLock { $0.mostWaiting } }

    func receive(_ event: PublishedEvent, frame: SharedBytes) {
        state.withLock { state in
            state.records.append(event.record)
            state.waiting += 1
            state.mostWaiting = max(state.mostWaiting, state.waiting)
        }
    }

    func receive(frame: SharedBytes) {}
    func mayHaveEnded() {}

    var isCongested: Bool { state.withLock { $0.waiting >= capacity } }

    /// Makes room, as a socket does that has been written to.
    func take() { state.withLock { $0.waiting = 0 } }
}

/// An event as its readers get it.
func decoded(_ record: EventRecord) throws -> Event {
    try JSONDecoder().decode(Event.self, from: Data(record.json(op: false)))
}

func decoded(_ json: String) throws -> Event { try JSONDecoder().decode(Event.self, from: Data(json.utf8)) }
