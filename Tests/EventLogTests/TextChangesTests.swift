import ChatModel
import ChatStore
import Testing

@testable import EventLog

/// What a batch of events does to those before it.
struct TextChangesTests {
    private func record(_ row: UInt64, _ type: EventType, _ redaction: Event.Redaction? = nil) -> EventRecord {
        EventRecord(
            cursor: Cursor(transaction: row, row: row), type: type, version: 1, appID: AppID(1),
            channelID: ChannelID(1), audienceID: nil, actorID: nil, subjectID: 7, hops: 0, at: 0,
            data: redaction == .deleted || type == .messageDeleted ? #"{"text":""}"# : #"{"text":"words"}"#,
            redaction: redaction)
    }

    @Test(arguments: [
        (EventType.messageUpdated, Event.Redaction?.none, Event.Redaction.edited),
        (.messageUpdated, .edited, .edited), (.messageUpdated, .deleted, .deleted), (.messageDeleted, nil, .deleted),
    ])
    func `what is told without its words is told as deleted, also when the deletion itself comes later`(
        type: EventType, redaction: Event.Redaction?, expected: Event.Redaction
    ) throws {
        let change = record(2, type, redaction)
        let changes = try #require(TextChanges([change]))
        let created = try #require(changes.applied(to: record(1, .messageCreated)))
        #expect(created.redaction == expected)
        #expect(created.data == change.data)
        #expect(changes.applied(to: record(3, .messageCreated)) == nil)
    }
}
