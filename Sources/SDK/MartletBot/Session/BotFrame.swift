import Foundation

/// What the server sends on the stream of events.
enum ServerFrame: Sendable, Equatable {
    case hello(maxInFlight: Int, epoch: String)
    case ready(bot: Author, cursor: Cursor, epoch: String)
    case event(Event)
    /// The log goes on under another name.
    case epoch(String)
    /// What the bot showed in `start` belongs to another history.
    case reload(reason: String)
    case gap(from: String, to: String, reason: String)
    case bye(code: String, detail: String, retry: Bool)
    /// A frame of a newer server.
    case unknown(String)
}

/// What the bot sends on the stream of events.
enum ClientFrame: Sendable, Equatable {
    /// Asks for events that others caused; from the last acknowledged one when there is no cursor.
    ///
    /// - seen: The newest event that the bot's state knows of.
    /// - epoch: The name of the log that both cursors came with.
    case start(token: String, events: [EventType], cursor: Cursor?, seen: Cursor?, epoch: String?)
    /// Everything up to and including the cursor is done.
    case ack(Cursor)

    var text: String {
        switch self {
        case .start(let token, let events, let cursor, let seen, let epoch):
            let frame: JSONValue = [
                "op": "start", "token": .string(token),
                "events": .array(events.map { .string($0.description) }),
                "cursor": cursor.map { .string($0.description) } ?? .null,
                "seen": seen.map { .string($0.description) } ?? .null, "epoch": epoch.map { .string($0) } ?? .null,
                "own": false,
            ]
            // Text, arrays and objects always encode.
            return (try? JSONEncoder().encode(frame)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        case .ack(let cursor): return #"{"op":"ack","cursor":"\#(cursor)"}"#
        }
    }
}
