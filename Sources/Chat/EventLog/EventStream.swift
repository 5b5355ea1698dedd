import ChatModel
package import ChatStore
package import Redis

/// The Redis stream that carries the log, and how an event lies in it.
///
/// An entry's id is the event's cursor: writing an event twice is refused by Redis, and one cursor is good for the
/// stream and for PostgreSQL.
package enum EventStream {
    package static let key = "martlet:events"
    /// Published by a node that wrote events when the relay runs elsewhere.
    package static let wakeChannel = "martlet:wake"

    /// The consumer group of a bridge.
    package static func group(_ bridge: String) -> String { "bridge:\(bridge)" }

    /// Names the log that the stream was filled from; see ``ChatStore/epoch``.
    package static let epochKey = "martlet:events:epoch"

    /// Whether a relay has seen to it that the stream is of the log with this name.
    package static func belongs(to epoch: String, _ redis: RedisClient) async throws -> Bool {
        try await redis.send("GET", epochKey).string == epoch
    }

    /// An entry's id, fields and values.
    ///
    /// - Parameter previous: The event before it in the log, by which a reader of the stream sees a hole.
    static func entry(_ event: EventRecord, after previous: Cursor) -> [String] {
        var parts = [
            event.cursor.description, "t", event.type.description, "v", String(event.version), "a",
            event.appID.description, "h", String(event.hops), "m", String(event.at), "d", event.data, "p",
            previous.description,
        ]
        if let channel = event.channelID { parts += ["c", channel.description] }
        if let audience = event.audienceID { parts += ["u", audience.description] }
        if let actor = event.actorID { parts += ["w", actor.description] }
        if let redaction = event.redaction { parts += ["r", redaction.rawValue] }
        if let subject = event.subjectID { parts += ["s", String(subject)] }
        return parts
    }

    /// The event before an entry in the log.
    static func previous(of entry: RedisStreamEntry) -> Cursor? {
        entry["p"].flatMap { Cursor(String(decoding: $0, as: UTF8.self)) }
    }

    /// - Returns: nil when the entry was not written by ``entry(_:after:)``.
    package static func event(_ entry: RedisStreamEntry) -> EventRecord? {
        guard let cursor = Cursor(entry.id) else { return nil }
        var type: String?
        var data: String?
        var redaction: Event.Redaction?
        var numbers: [String: Int64] = [:]
        for (name, value) in entry.fields {
            let text = String(decoding: value, as: UTF8.self)
            switch name {
            case "t": type = text
            case "d": data = text
            case "r": redaction = Event.Redaction(rawValue: text)
            case "p": break
            default: numbers[name] = Int64(text)
            }
        }
        guard let type, let data, let app = numbers["a"] else { return nil }
        func small(_ name: String, default standard: Int64) -> Int {
            Int(min(max(0, numbers[name] ?? standard), Int64(Int16.max)))
        }
        return EventRecord(
            cursor: cursor, type: EventType(type), version: small("v", default: 1), appID: AppID(app),
            channelID: numbers["c"].map { ChannelID($0) }, audienceID: numbers["u"].map { UserID($0) },
            actorID: numbers["w"].map { UserID($0) }, subjectID: numbers["s"], hops: small("h", default: 0),
            at: numbers["m"] ?? 0, data: data, redaction: redaction)
    }
}
