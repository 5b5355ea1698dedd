import ChatModel
import ChatService
import Foundation

/// What a bot sends.
enum BotRequest: Equatable {
    case start(Start)
    case ack(Cursor)
    /// Something of a newer client; ignored.
    case unknown

    /// - Throws: ``BotFrameError`` with a sentence for the bot's author.
    init(_ text: String) throws(BotFrameError) {
        let frame: Frame
        do {
            frame = try JSONDecoder().decode(Frame.self, from: Data(text.utf8))
        } catch {
            throw BotFrameError("a frame is a JSON object with `op`, and fields of the right types")
        }
        switch frame.op {
        case "start":
            guard let token = frame.token else { throw BotFrameError("`start` needs `token`") }
            if let events = frame.events, events.isEmpty || events.count > 64 || events.contains(where: \.isEmpty) {
                throw BotFrameError("`events` lists 1 to 64 types, or is left out for all")
            }
            let types = frame.events.map { $0.map { EventType($0) } }
            if let fault = types.flatMap(EventType.fault) { throw BotFrameError(fault) }
            if let epoch = frame.epoch, epoch.utf8.count > 64 { throw BotFrameError("`epoch` is what `ready` told") }
            self = .start(
                Start(
                    token: token, types: types,
                    cursor: try Self.cursor(frame.cursor, "cursor"), seen: try Self.cursor(frame.seen, "seen"),
                    epoch: frame.epoch, own: frame.own ?? true))
        case "ack":
            guard let cursor = try Self.cursor(frame.cursor, "cursor") else {
                throw BotFrameError("`ack` needs `cursor`")
            }
            self = .ack(cursor)
        default: self = .unknown
        }
    }

    /// What a bot begins with.
    struct Start: Equatable {
        var token: String
        var types: [EventType]?
        /// Where to begin; behind the last acknowledgement when nil.
        var cursor: Cursor?
        /// The newest event that the bot remembers; only looked at, whether the log has given it.
        var seen: Cursor?
        /// The name of the log that the bot was told beside its cursors.
        var epoch: String?
        /// Whether the bot wants the events that it caused itself.
        var own: Bool
    }

    private static func cursor(_ text: String?, _ field: String) throws(BotFrameError) -> Cursor? {
        guard let text else { return nil }
        guard let cursor = Cursor(text) else { throw BotFrameError("`\(field)` has the form 812-77") }
        return cursor
    }

    private struct Frame: Decodable {
        var op: String
        var token: String?
        var events: [String]?
        var cursor: String?
        var seen: String?
        var epoch: String?
        var own: Bool?
    }
}

/// A frame that cannot be read.
struct BotFrameError: Error, Equatable {
    let detail: String
    init(_ detail: String) { self.detail = detail }
}

/// What the server sends to a bot besides events.
enum BotAnswer {
    static func hello(epoch: String) -> String {
        "{\"op\":\"hello\",\"heartbeat_ms\":\(BotGateway.heartbeat.components.seconds * 1000),"
            + "\"max_in_flight\":\(BotGateway.maxInFlight),\"epoch\":\(json(epoch))}"
    }

    static func ready(_ bot: Author, app: App, cursor: Cursor, epoch: String) -> String {
        "{\"op\":\"ready\",\"bot\":\(json(bot)),\"app\":\(json(app)),\"cursor\":\"\(cursor)\",\"epoch\":\(json(epoch))}"
    }

    static func epoch(_ epoch: String) -> String { "{\"op\":\"epoch\",\"epoch\":\(json(epoch))}" }

    static func reload(_ reason: String) -> String { "{\"op\":\"reload\",\"reason\":\(json(reason))}" }

    static func gap(from: Cursor, to: Cursor) -> String {
        "{\"op\":\"gap\",\"from\":\"\(from)\",\"to\":\"\(to)\",\"reason\":\"retention\"}"
    }

    static func bye(_ goodbye: Goodbye, detail: String) -> String {
        "{\"op\":\"bye\",\"code\":\"\(goodbye.rawValue)\",\"detail\":\(json(detail)),\"retry\":\(goodbye.mayReturn)}"
    }

    private static func json(_ value: some Encodable) -> String {
        guard let data = try? JSONEncoder().encode(value) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// Why the server ends a bot's connection.
enum Goodbye: String, CaseIterable {
    case badToken = "bad_token"
    case superseded
    case `protocol`
    case shutdown
    case unavailable

    /// Whether a new connection may fare better.
    var mayReturn: Bool {
        switch self {
        case .badToken, .superseded, .protocol: false
        case .shutdown, .unavailable: true
        }
    }

    /// The WebSocket close code that follows.
    var closeCode: UInt16 {
        switch self {
        case .badToken: 4003
        case .superseded: 4009
        case .protocol: 1008
        case .shutdown: 1012
        case .unavailable: 1011
        }
    }
}
