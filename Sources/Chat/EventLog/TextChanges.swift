import ChatModel
import ChatStore

/// The newest change of each message whose words were changed by some events.
struct TextChanges {
    private struct Key: Hashable {
        let app: AppID
        let message: Int64
    }

    private var newest: [Key: EventRecord] = [:]

    /// Nil when nothing was changed, as is nearly always so.
    init?(_ records: [EventRecord]) {
        for record in records where record.changesText {
            if let message = record.subjectID { newest[Key(app: record.appID, message: message)] = record }
        }
        if newest.isEmpty { return nil }
    }

    /// The event as it is to be told behind the changes; nil when nothing of it has changed.
    func applied(to record: EventRecord) -> EventRecord? {
        guard record.tellsOfText, let message = record.subjectID,
            let change = newest[Key(app: record.appID, message: message)], change.cursor > record.cursor
        else { return nil }
        // An edit may itself be told as it is now: of a message that is deleted meanwhile.
        let isDeleted = change.type == .messageDeleted || change.redaction == .deleted
        return record.redacted(isDeleted ? .deleted : .edited, data: change.data)
    }
}
