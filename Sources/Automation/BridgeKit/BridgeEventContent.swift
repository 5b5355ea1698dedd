import ChatModel
import Foundation
import Synchronization

/// The parts of an event that cost time to make, made once and only when somebody wants them.
final class BridgeEventContent: Sendable {
    private struct State {
        var event: Event?
        var json: [UInt8]?
    }

    /// Everything but the data, which may be missing here.
    let head: Event
    private let data: String
    private let encode: @Sendable () -> [UInt8]
    private let state: Mutex<State>

    init(event: Event, json: [UInt8]) {
        head = event
        data = ""
        encode = { json }
        state = Mutex(State(event: event, json: json))
    }

    init(head: Event, data: String, encode: @escaping @Sendable () -> [UInt8]) {
        self.head = head
        self.data = data
        self.encode = encode
        state = Mutex(State())
    }

    var event: Event {
        state.withLock { state in
            if let event = state.event { return event }
            var event = head
            event.data = (try? JSONDecoder().decode(JSONValue.self, from: Data(data.utf8))) ?? .null
            state.event = event
            return event
        }
    }

    var json: [UInt8] {
        state.withLock { state in
            if let json = state.json { return json }
            let json = encode()
            state.json = json
            return json
        }
    }
}
