import BridgeKit
import ChatModel
import ChatStore
import Telemetry

extension BridgeEvent {
    /// An event as the log holds it.
    init(_ record: EventRecord) {
        self.init(
            app: record.appID,
            head: Event(
                cursor: record.cursor, type: record.type, version: record.version, channelID: record.channelID,
                actorID: record.actorID, subjectID: record.subjectID, hops: record.hops,
                at: Timestamp.format(milliseconds: record.at), redacted: record.redaction, data: .null),
            data: record.data
        ) { record.json(op: false) }
    }
}
