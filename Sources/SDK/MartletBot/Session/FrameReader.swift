import Foundation

/// Reads the frames of one connection, each in one pass: an event's data becomes the type that bots get it as.
struct FrameReader {
    private static let bot = CodingUserInfoKey(rawValue: "bot")!

    private let decoder = JSONDecoder()

    /// The bot's own events are only counted; nobody will want what they carry.
    func skipData(of bot: UserID) { decoder.userInfo[Self.bot] = bot }

    /// - Throws: `DecodingError` for anything that is no frame.
    func read(_ text: String) throws -> ServerFrame {
        let bytes = Data(text.utf8)
        switch try decoder.decode(Reading.self, from: bytes) {
        case .complete(let frame): return frame
        case .event(var event, let data):
            event.setData(data) {
                // The frame was JSON; what no JSON value can hold, as 1e999 in a field that no type has, makes null.
                (try? JSONDecoder().decode(DataOnly.self, from: bytes))?.data ?? .null
            }
            return .event(event)
        }
    }

    private struct DataOnly: Decodable { var data: JSONValue }

    private enum Reading: Decodable {
        case complete(ServerFrame)
        /// An event and its data, which is nil when it was skipped.
        case event(Event, (any Sendable)?)

        private enum CodingKeys: CodingKey { case op }

        init(from decoder: any Decoder) throws {
            let op = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .op)
            switch op {
            case "hello":
                let hello = try Hello(from: decoder)
                self = .complete(.hello(maxInFlight: min(max(hello.max_in_flight, 1), 10_000), epoch: hello.epoch))
            case "ready":
                let ready = try Ready(from: decoder)
                self = .complete(.ready(bot: ready.bot, cursor: ready.cursor, epoch: ready.epoch))
            case "event": self = try Self.event(from: decoder)
            case "epoch": self = .complete(.epoch(try Epoch(from: decoder).epoch))
            case "reload": self = .complete(.reload(reason: try Reload(from: decoder).reason ?? ""))
            case "gap":
                let gap = try Gap(from: decoder)
                self = .complete(.gap(from: gap.from ?? "", to: gap.to ?? "", reason: gap.reason ?? ""))
            case "bye":
                let bye = try Bye(from: decoder)
                self = .complete(.bye(code: bye.code, detail: bye.detail ?? "", retry: bye.retry ?? true))
            default: self = .complete(.unknown(op))
            }
        }

        private static func event(from decoder: any Decoder) throws -> Reading {
            let values = try decoder.container(keyedBy: Event.CodingKeys.self)
            var event = Event(
                cursor: try values.decode(Cursor.self, forKey: .cursor),
                type: try values.decode(EventType.self, forKey: .type),
                version: try values.decode(Int.self, forKey: .version),
                channelID: try values.decodeIfPresent(ChannelID.self, forKey: .channelID),
                actorID: try values.decodeIfPresent(UserID.self, forKey: .actorID),
                subjectID: try values.decodeIfPresent(Int64.self, forKey: .subjectID),
                hops: min(max(0, try values.decode(Int.self, forKey: .hops)), Int(Int16.max)),
                at: try values.decode(String.self, forKey: .at),
                redacted: try values.decodeIfPresent(Event.Redaction.self, forKey: .redacted), data: .null)
            if let actor = event.actorID, actor == decoder.userInfo[FrameReader.bot] as? UserID,
                values.contains(.content)
            {
                return .event(event, nil)
            }
            // What is not of its type is for the handlers to refuse, one event at a time.
            if let type = event.type.payload, let data = try? values.decode(type, forKey: .content) {
                return .event(event, data)
            }
            event.data = try values.decode(JSONValue.self, forKey: .content)
            return .complete(.event(event))
        }
    }

    private struct Hello: Decodable {
        var max_in_flight: Int
        var epoch: String
    }
    private struct Ready: Decodable {
        var bot: Author
        var cursor: Cursor
        var epoch: String
    }
    private struct Epoch: Decodable { var epoch: String }
    private struct Reload: Decodable { var reason: String? }
    private struct Gap: Decodable { var from, to, reason: String? }
    private struct Bye: Decodable {
        var code: String
        var detail: String?
        var retry: Bool?
    }
}

extension EventType {
    /// What ``EventKind`` makes of the data; nil for JSON.
    fileprivate var payload: (any (Decodable & Sendable).Type)? {
        switch self {
        case .messageCreated, .messageUpdated, .messageDeleted: Message.self
        case .reactionAdded, .reactionRemoved: Reaction.self
        case .memberAdded, .memberRemoved: Member.self
        case .channelCreated, .channelUpdated: Channel.self
        default: nil
        }
    }
}
