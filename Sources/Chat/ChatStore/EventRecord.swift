package import ChatModel
import Telemetry

/// Who may see an event, besides bridges.
package enum EventAudience: Sendable, Hashable {
    /// The members of its channel; everybody in the app when it has none.
    case members
    case user(UserID)
    case administrators

    /// Stands for the administrators where a user's id is stored; no user has it.
    static let administratorsID = UserID(0)
}

/// An event as it is stored and carried: `data` stays JSON text, which nobody on the way has to read.
package struct EventRecord: Sendable, Hashable {
    package let cursor: Cursor
    package let type: EventType
    package let version: Int
    package let appID: AppID
    package let channelID: ChannelID?
    /// The only user who may see it; see ``audience``.
    package let audienceID: UserID?
    package let actorID: UserID?
    package let subjectID: Int64?
    package let hops: Int
    /// Milliseconds since 1970.
    package let at: Int64
    package let data: String
    /// Set when `data` is not what was written then, because the message was deleted or edited since.
    package let redaction: Event.Redaction?

    package init(
        cursor: Cursor, type: EventType, version: Int, appID: AppID, channelID: ChannelID?, audienceID: UserID?,
        actorID: UserID?, subjectID: Int64?, hops: Int, at: Int64, data: String,
        redaction: Event.Redaction? = nil
    ) {
        self.cursor = cursor
        self.type = type
        self.version = version
        self.appID = appID
        self.channelID = channelID
        self.audienceID = audienceID
        self.actorID = actorID
        self.subjectID = subjectID
        self.hops = hops
        self.at = at
        self.data = data
        self.redaction = redaction
    }

    /// The same event with what holds now.
    ///
    /// - Parameter data: JSON text.
    package func redacted(_ redaction: Event.Redaction, data: String) -> EventRecord {
        EventRecord(
            cursor: cursor, type: type, version: version, appID: appID, channelID: channelID, audienceID: audienceID,
            actorID: actorID, subjectID: subjectID, hops: hops, at: at, data: data, redaction: redaction)
    }

    package var audience: EventAudience {
        guard let audienceID else { return .members }
        return audienceID == EventAudience.administratorsID ? .administrators : .user(audienceID)
    }

    /// The event as JSON, in the shape of ``Event``; `op` is the first key when it goes out as a frame.
    package func json(op: Bool) -> [UInt8] {
        var text = op ? "{\"op\":\"event\"," : "{"
        text.reserveCapacity(200 + data.utf8.count)
        text += "\"cursor\":\"\(cursor)\",\"type\":\"\(type)\",\"version\":\(version)"
        if let channelID { text += ",\"channel_id\":\(channelID)" }
        if let actorID { text += ",\"actor_id\":\(actorID)" }
        if let subjectID { text += ",\"subject_id\":\(subjectID)" }
        if let redaction { text += ",\"redacted\":\"\(redaction.rawValue)\"" }
        text += ",\"hops\":\(hops),\"at\":\"\(Timestamp.format(milliseconds: at))\",\"data\":\(data)}"
        return Array(text.utf8)
    }
}
