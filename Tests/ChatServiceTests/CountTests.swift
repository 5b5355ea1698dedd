import ChatModel
import ChatService
import ChatTestSupport
import EventLog
import Testing

/// Unread messages and answers are counted by what is still there.
@Suite(.timeLimit(.minutes(1)))
struct CountTests {
    private let tenant: ChatTenant
    private let ada: Principal
    private let bob: Principal
    private let channel: Channel
    private var service: ChatService { tenant.service }

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        ada = try await tenant.person("ada")
        bob = try await tenant.person("bob")
        channel = try await tenant.channel(members: [ada, bob])
    }

    private func say(_ text: String, to root: Message? = nil, as author: Principal) async throws -> Message {
        try await service.send(
            MessageDraft(channelID: channel.id, text: text, threadRootID: root?.id), as: author
        ).message
    }

    private func unread(_ reader: Principal) async throws -> Int64? {
        let one = try await service.channel(channel.id, for: reader).membership?.unreadCount
        let listed = try await service.joinedChannels(for: reader).first { $0.id == channel.id }
        #expect(listed?.membership?.unreadCount == one)
        return one
    }

    @Test func `what was deleted is not unread`() async throws {
        let messages = [
            try await say("1", as: ada), try await say("2", as: ada), try await say("3", as: bob),
            try await say("4", as: ada),
        ]
        #expect(try await unread(bob) == 3)
        _ = try await service.delete(messages[0].id, by: ada)
        #expect(try await unread(bob) == 2)
        // Of one's own nothing counts, deleted or not.
        _ = try await service.delete(messages[2].id, by: bob)
        #expect(try await unread(bob) == 2)
        #expect(try await unread(ada) == 0)
        let moved = try await service.markRead(channel.id, upTo: 2, by: bob)
        #expect((moved.readSeq, moved.unreadCount) == (2, 1))
        // What was deleted and lies behind the position counts no second time.
        _ = try await service.delete(messages[1].id, by: ada)
        #expect(try await unread(bob) == 1)
        _ = try await service.delete(messages[3].id, by: ada)
        #expect(try await unread(bob) == 0)
        #expect(try await service.markRead(channel.id, upTo: 4, by: bob).unreadCount == 0)
    }

    @Test func `an answer that was deleted is not counted, once`() async throws {
        let root = try await say("root", as: ada)
        let answers = [try await say("a", to: root, as: bob), try await say("b", to: root, as: ada)]
        #expect(try await service.message(root.id, for: bob).replyCount == 2)
        for _ in 0..<2 {
            _ = try? await service.delete(answers[0].id, by: bob)
            #expect(try await service.message(root.id, for: bob).replyCount == 1)
        }
        _ = try await service.delete(answers[1].id, by: ada)
        #expect(try await service.message(root.id, for: bob).replyCount == 0)
    }

    @Test(arguments: [1, 3])
    func `a deleted message takes no answers and no reactions`(together: Int) async throws {
        let root = try await say("root", as: ada)
        let answer = try await say("answer", to: root, as: bob)
        try await service.react("👍", to: root.id, isOn: true, by: bob)
        _ = try await service.delete(root.id, by: ada)
        for _ in 0..<together {
            #expect(await refusal { try await say("late", to: root, as: bob) }?.code == "message_deleted")
            #expect(await refusal { try await say("late", to: answer, as: bob) }?.code == "message_deleted")
        }
        #expect(
            await refusal { try await service.react("👎", to: root.id, isOn: true, by: bob) }?.code == "message_deleted")
        #expect(await refusal { try await service.edit(root.id, text: "again", by: ada) }?.kind == .notFound)
        #expect(try await service.message(root.id, for: bob).replyCount == 1)
        #expect(try await tenant.messages(in: channel).count == 2)
    }

    @Test func `an edit that changes nothing is none`() async throws {
        let message = try await say("as it is", as: ada)
        try await tenant.fixture.settle()
        let start = tenant.fixture.hub.position
        let same = try await service.edit(message.id, text: "as it is", by: ada)
        #expect(same == message)
        let changed = try await service.edit(message.id, text: "as it was", by: ada)
        #expect(changed.editedAt != nil)
        #expect(try await service.edit(message.id, text: "as it was", by: tenant.admin) == changed)
        let reader = try await tenant.fixture.log.reader(
            user: ada.userID, app: tenant.app.id, after: start, types: [.messageUpdated])
        #expect(try await reader.next(limit: 10).count == 1)
        #expect(try await reader.available(limit: 10).isEmpty)
    }
}
