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

    /// - Throws: `DecodingError` for anything that is no frame.
    init(_ text: String) throws {
        let data = Data(text.utf8)
        let decoder = JSONDecoder()
        let op = try decoder.decode(Op.self, from: data).op
        switch op {
        case "hello":
            let hello = try decoder.decode(Hello.self, from: data)
            self = .hello(maxInFlight: min(max(hello.max_in_flight, 1), 10_000), epoch: hello.epoch)
        case "ready":
            let ready = try decoder.decode(Ready.self, from: data)
            self = .ready(bot: ready.bot, cursor: ready.cursor, epoch: ready.epoch)
        case "event": self = .event(try decoder.decode(Event.self, from: data))
        case "gap":
            let gap = try decoder.decode(Gap.self, from: data)
            self = .gap(from: gap.from ?? "", to: gap.to ?? "", reason: gap.reason ?? "")
        case "bye":
            let bye = try decoder.decode(Bye.self, from: data)
            self = .bye(code: bye.code, detail: bye.detail ?? "", retry: bye.retry ?? true)
        default: self = .unknown(op)
        }
    }

    private struct Op: Decodable { var op: String }
    private struct Hello: Decodable {
        var max_in_flight: Int
        var epoch: String
    }
    private struct Ready: Decodable {
        var bot: Author
        var cursor: Cursor
        var epoch: String
    }
    private struct Gap: Decodable { var from, to, reason: String? }
    private struct Bye: Decodable {
        var code: String
        var detail: String?
        var retry: Bool?
    }
}

/// What the bot sends on the stream of events.
enum ClientFrame: Sendable, Equatable {
    /// Asks for events; from the last acknowledged one when there is no cursor.
    case start(token: String, events: [EventType], cursor: Cursor?)
    /// Everything up to and including the cursor is done.
    case ack(Cursor)

    var text: String {
        switch self {
        case .start(let token, let events, let cursor):
            let frame: JSONValue = [
                "op": "start", "token": .string(token),
                "events": .array(events.map { .string($0.description) }),
                "cursor": cursor.map { .string($0.description) } ?? .null,
            ]
            // Text, arrays and objects always encode.
            return (try? JSONEncoder().encode(frame)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        case .ack(let cursor): return #"{"op":"ack","cursor":"\#(cursor)"}"#
        }
    }
}
