import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import EventLoop
import Postgres
import Redis
import TestSupport
import Testing

/// What readers of the log get of messages that were deleted or edited since.
@Suite(.timeLimit(.minutes(2)))
struct RedactionTests {
    /// What became of a message behind its event.
    enum Change: CaseIterable {
        case deleted, edited, editedTwice, editedAndDeleted, restored, untouched

        /// By type of event: what is told of it now.
        var expected: [(type: EventType, redaction: Event.Redaction?, text: String)] {
            switch self {
            case .untouched: [(.messageCreated, nil, "first")]
            case .deleted: [(.messageCreated, .deleted, ""), (.messageDeleted, nil, "")]
            case .edited: [(.messageCreated, .edited, "second"), (.messageUpdated, nil, "second")]
            case .editedTwice:
                [
                    (.messageCreated, .edited, "third"), (.messageUpdated, .edited, "third"),
                    (.messageUpdated, nil, "third"),
                ]
            case .editedAndDeleted:
                [(.messageCreated, .deleted, ""), (.messageUpdated, .deleted, ""), (.messageDeleted, nil, "")]
            case .restored:
                [(.messageCreated, .edited, "first"), (.messageDeleted, nil, ""), (.messageUpdated, nil, "first")]
            }
        }

        func perform(on message: MessageID, _ tenant: ChatTenant) async throws {
            let service = tenant.service
            switch self {
            case .untouched: break
            case .deleted: _ = try await service.delete(message, by: tenant.admin)
            case .edited: _ = try await service.edit(message, text: "second", by: tenant.admin)
            case .editedTwice:
                _ = try await service.edit(message, text: "second", by: tenant.admin)
                _ = try await service.edit(message, text: "third", by: tenant.admin)
            case .editedAndDeleted:
                _ = try await service.edit(message, text: "second", by: tenant.admin)
                _ = try await service.delete(message, by: tenant.admin)
            case .restored:
                _ = try await service.delete(message, by: tenant.admin)
                _ = try await service.restore(message, by: tenant.admin)
            }
        }
    }

    private static let types: [EventType] = [.messageCreated, .messageUpdated, .messageDeleted]

    /// Says "first" with an attachment and changes it.
    private func change(_ change: Change, _ fixture: ChatFixture) async throws -> (tenant: ChatTenant, start: Cursor) {
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        try await fixture.settle()
        let start = fixture.hub.position
        let message = try await tenant.service.send(
            MessageDraft(channelID: channel.id, text: "first", content: ["attachments": [["text": "attached"]]]),
            as: tenant.admin
        ).message
        try await change.perform(on: message.id, tenant)
        try await fixture.settle()
        return (tenant, start)
    }

    private func check(_ records: [EventRecord], _ change: Change) throws {
        try #require(records.count == change.expected.count)
        for (record, expected) in zip(records, change.expected) {
            #expect(record.type == expected.type && record.redaction == expected.redaction)
            let event = try decoded(record)
            #expect(event.redacted == expected.redaction)
            #expect(event.data["text"]?.string == expected.text)
            #expect((event.data["content"] == nil) == expected.text.isEmpty)
            #expect(event.subjectID == event.data["id"]?.integer)
        }
    }

    @Test(arguments: Change.allCases, [true, false])
    func `a reader gets what holds now, under the same cursors`(_ change: Change, isFromMemory: Bool) async throws {
        let fixture = try await ChatFixture.shared()
        let (tenant, start) = try await self.change(change, fixture)
        // A node that began later has nothing of it in memory.
        let node = isFromMemory ? nil : try await fixture.node()
        let reader = try await (node?.log ?? fixture.log).reader(
            user: tenant.admin.userID, app: tenant.app.id, after: start, types: Self.types)
        try check(try await reader.next(limit: 10), change)
        await node?.stop()
    }

    @Test(arguments: Change.allCases, [true, false])
    func `a subscriber that comes back gets what holds now`(_ change: Change, isFromMemory: Bool) async throws {
        let fixture = try await ChatFixture.shared()
        let (tenant, start) = try await self.change(change, fixture)
        let node = isFromMemory ? nil : try await fixture.node()
        let loop = fixture.group.next()
        let collector = Collector()
        let (subscription, _) = try await (node?.log ?? fixture.log).subscription(
            user: tenant.admin.userID, app: tenant.app.id, receiver: collector, loop: loop)
        try await withTaskExecutorPreference(loop) { try await subscription.run(after: start) }
        try check(collector.records, change)
        loop.execute { subscription.close() }
        await node?.stop()
    }

    @Test(arguments: Change.allCases)
    func `what was read before the change is told as it is now`(_ change: Change) async throws {
        let fixture = try await ChatFixture.shared()
        let tenant = try await fixture.tenant()
        let channel = try await tenant.channel()
        try await fixture.settle()
        let start = fixture.hub.position
        let message = try await tenant.service.send(
            MessageDraft(channelID: channel.id, text: "first", content: ["attachments": [["text": "attached"]]]),
            as: tenant.admin
        ).message
        try await fixture.settle()
        // Other tests write to the same log.
        let old = try await fixture.store.settledEvents(after: start, limit: 1000)
            .filter { $0.appID == tenant.app.id && $0.type == .messageCreated }
        try #require(old.count == 1 && old[0].redaction == nil)
        try await change.perform(on: message.id, tenant)
        try await fixture.settle()
        let expected = change.expected[0]
        let node = try await fixture.node()
        for current in [try await fixture.log.current(old), try await node.log.current(old)] {
            let record = try #require(current.first)
            #expect(record.cursor == old[0].cursor && record.redaction == expected.redaction)
            #expect(try decoded(record).data["text"]?.string == expected.text)
        }
        await node.stop()
    }

    @Test func `a stream that is filled again does not hold what was deleted`() async throws {
        let fixture = try await ChatFixture()
        let (_, _) = try await change(.deleted, fixture)
        let (_, _) = try await change(.editedTwice, fixture)
        let redis = fixture.redisClient()
        func texts() async throws -> [String] {
            try RedisStreamEntry.list(try await redis.send("XRANGE", EventStream.key, "-", "+"))
                .compactMap { EventStream.event($0) }.filter(\.tellsOfText)
                .map { try decoded($0).data["text"]?.string ?? "-" }
        }
        #expect(try await texts().contains("first"))
        _ = try await redis.send("FLUSHDB")
        try await eventually("the stream is filled again") { try await texts().count == 4 }
        #expect(try await texts() == ["", "third", "third", "third"])
        await redis.close()
        await fixture.stop()
    }

    @Test func `what was erased is nowhere any more, and cannot be put back`() async throws {
        let fixture = try await ChatFixture()
        let (tenant, start) = try await change(.editedAndDeleted, fixture)
        let store = fixture.store
        let event = try #require(try await store.settledEvents(after: start, limit: 1).first)
        let message = MessageID(try #require(event.subjectID))
        for row in try await store.pool.query(
            "SELECT xid::text || '-' || id, data FROM events WHERE type = 'message.created'")
        {
            // As they were kept before the deletion.
            let record = event.redacted(.deleted, data: try row.decode(1, as: String.self))
            #expect(record.data.contains("first"))
            try await store.insertDeadLetter(bridge: "b", event: record, error: "e", attempts: 1)
            _ = try await store.deferEvent(record, of: "b", dueAt: 0, attempts: 0, limit: 10)
        }
        let copies = """
            SELECT count(*) FROM (
                SELECT data::text FROM events UNION ALL SELECT event::text FROM dead_letters
                UNION ALL SELECT data::text FROM deferred_events UNION ALL SELECT text FROM messages
                UNION ALL SELECT text || coalesce(content::text, '') FROM deleted_messages
            ) AS c (text) WHERE text ~ 'first|second|attached'
            """
        #expect(try await store.pool.query(copies).first?.decode(0, as: Int64.self) ?? 0 > 3)
        // Nothing is old enough yet, and other authors' are let alone.
        #expect(try await store.eraseDeletedMessages() == 0)
        #expect(try await store.eraseDeletedMessages(of: UserID(9999), in: tenant.app.id) == 0)
        #expect(try await store.eraseDeletedMessages(of: tenant.admin.userID, in: tenant.app.id) == 1)
        #expect(try await store.pool.query(copies).first?.decode(0, as: Int64.self) == 0)
        do {
            _ = try await tenant.service.restore(message, by: tenant.admin)
            Issue.record("it was put back")
        } catch let error as ChatError {
            #expect(error.code == "text_erased")
        }
        await fixture.stop()
    }

    @Test func `a month after the deletion the words go by themselves`() async throws {
        let fixture = try await ChatFixture()
        _ = try await change(.deleted, fixture)
        let store = fixture.store
        try await store.pool.execute("UPDATE deleted_messages SET deleted_at = now() - interval '29 days'")
        #expect(try await store.eraseDeletedMessages() == 0)
        try await store.pool.execute("UPDATE deleted_messages SET deleted_at = now() - interval '31 days'")
        #expect(try await store.eraseDeletedMessages() == 1)
        await fixture.stop()
    }

    @Test func `a dead letter is shown as its message is now`() async throws {
        let fixture = try await ChatFixture.shared()
        for change in Change.allCases {
            let tenant = try await fixture.tenant()
            let channel = try await tenant.channel()
            try await fixture.settle()
            let start = fixture.hub.position
            let message = try await tenant.service.send(
                MessageDraft(channelID: channel.id, text: "first"), as: tenant.admin
            ).message
            try await fixture.settle()
            let event = try #require(
                try await fixture.store.settledEvents(after: start, limit: 1000)
                    .first { $0.appID == tenant.app.id && $0.type == .messageCreated })
            let bridge = fixture.servers.uniqueName("letters")
            try await fixture.store.insertDeadLetter(bridge: bridge, event: event, error: "e", attempts: 1)
            try await change.perform(on: message.id, tenant)
            let letter = try #require(try await fixture.store.deadLetters(of: bridge, limit: 10).first)
            let expected = change.expected[0]
            let shown = try decoded(letter.event)
            #expect(shown.redacted == expected.redaction && shown.data["text"]?.string == expected.text, "\(change)")
            #expect(try await fixture.store.deadLetter(letter.id, of: bridge)?.event == letter.event)
        }
    }
}
