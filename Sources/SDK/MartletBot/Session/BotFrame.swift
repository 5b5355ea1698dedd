import Foundation

/// What the server sends on the stream of events.
enum ServerFrame: Sendable, Equatable {
    case hello(maxInFlight: Int, epoch: String)
    case ready(bot: Author, cursor: Cursor, epoch: String)
    case event(Event)
    case gap(from: String, to: String, reason: String)
    case bye(code: String, detail: String, retry: Bool)
    /// A frame of a newer server.
    case unknown(String)
}

/// What the bot sends on the stream of events.
enum ClientFrame: Sendable, Equatable {
    /// Asks for events that others caused; from the last acknowledged one when there is no cursor.
    case start(token: String, events: [EventType], cursor: Cursor?)
    /// Everything up to and including the cursor is done.
    case ack(Cursor)

    var text: String {
        switch self {
        case .start(let token, let events, let cursor):
            let frame: JSONValue = [
                "op": "start", "token": .string(token),
                "events": .array(events.map { .string($0.description) }),
                "cursor": cursor.map { .string($0.description) } ?? .null, "own": false,
            ]
            // Text, arrays and objects always encode.
            return (try? JSONEncoder().encode(frame)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        case .ack(let cursor): return #"{"op":"ack","cursor":"\#(cursor)"}"#
        }
    }
}
