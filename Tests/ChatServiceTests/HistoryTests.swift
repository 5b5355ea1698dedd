import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import TestSupport
import Testing

/// Channels that show a member only what was said since it came, and deletions that are undone.
@Suite(.timeLimit(.minutes(1)))
struct HistoryTests {
    private func say(_ text: String, _ channel: Channel, _ tenant: ChatTenant, thread: MessageID? = nil) async throws
        -> Message
    {
        try await tenant.service.send(
            MessageDraft(channelID: channel.id, text: text, threadRootID: thread), as: tenant.admin
        ).message
    }

    @Test func `who comes later sees nothing from before, by any way of reading`() async throws {
        let fixture = try await ChatFixture.shared()
        let tenant = try await fixture.tenant()
        let early = try await tenant.person("early")
        let late = try await tenant.person("late")
        let stranger = try await tenant.person("stranger")
        let channel = try await tenant.service.createChannel(
            kind: .public, name: "since", topic: nil, history: .sinceJoined, members: [early.userID], by: tenant.admin)
        #expect(channel.history == .sinceJoined)
        try await fixture.settle()
        let start = fixture.hub.position
        let old = try await say("old wolpertinger", channel, tenant)
        _ = try await tenant.service.join(channel.id, by: late)
        let answer = try await say("new wolpertinger", channel, tenant, thread: old.id)
        let fresh = try await say("fresh wolpertinger", channel, tenant)

        let service = tenant.service
        func texts(_ principal: Principal, before: Int64? = nil, after: Int64? = nil) async throws -> [String] {
            try await service.messages(in: channel.id, before: before, after: after, limit: 50, for: principal).map(
                \.text)
        }
        let all = ["old wolpertinger", "new wolpertinger", "fresh wolpertinger"]
        for principal in [tenant.admin, early] { #expect(try await texts(principal) == all) }
        #expect(try await texts(late) == Array(all.dropFirst()))
        #expect(try await texts(late, after: 0) == Array(all.dropFirst()))
        #expect(try await texts(late, before: fresh.seq) == ["new wolpertinger"])
        #expect(try await texts(late, before: fresh.seq, after: 0) == ["new wolpertinger"])
        #expect(try await texts(stranger).isEmpty)
        await #expect(throws: ChatError.self) { _ = try await service.message(old.id, for: late) }
        await #expect(throws: ChatError.self) { try await service.react("👍", to: old.id, isOn: true, by: late) }
        await #expect(throws: ChatError.self) {
            _ = try await service.replies(to: old.id, after: 0, limit: 10, for: late)
        }
        #expect(try await service.message(answer.id, for: late).text == "new wolpertinger")
        for (principal, count) in [(early, 3), (late, 2), (stranger, 0)] {
            let found = try await service.search("wolpertinger", in: channel.id, before: nil, limit: 10, for: principal)
            #expect(found.messages.count == count)
            let everywhere = try await service.search("wolpertinger", in: nil, before: nil, limit: 10, for: principal)
            #expect(everywhere.messages.count == count)
        }

        // What happens to the old message later is not for those who came after it either.
        _ = try await service.edit(old.id, text: "older", by: tenant.admin)
        try await service.react("👍", to: old.id, isOn: true, by: early)
        _ = try await service.edit(fresh.id, text: "fresher", by: tenant.admin)
        try await fixture.settle()
        let types: [EventType] = [.messageCreated, .messageUpdated, .reactionAdded]
        let node = try await fixture.node()
        for log in [fixture.log, node.log] {
            for (principal, count) in [(early, 6), (late, 3), (stranger, 0)] {
                let reader = try await log.reader(
                    user: principal.userID, app: tenant.app.id, after: start, types: types)
                let events = try await reader.available(limit: 20)
                #expect(events.count == count)
                #expect(!events.contains { $0.subjectID == old.id.rawValue } || principal.userID == early.userID)
            }
        }
        await node.stop()
    }

    @Test func `a channel may change what it shows, and open readers follow`() async throws {
        let fixture = try await ChatFixture.shared()
        let tenant = try await fixture.tenant()
        let member = try await tenant.person("member")
        let channel = try await tenant.channel(members: [])
        let old = try await say("old", channel, tenant)
        _ = try await tenant.service.join(channel.id, by: member)
        try await fixture.settle()
        let reader = try await fixture.log.reader(
            user: member.userID, app: tenant.app.id, after: nil, types: [.messageUpdated])
        let service = tenant.service
        await #expect(throws: ChatError.self) {
            _ = try await service.updateChannel(
                channel.id, name: nil, topic: nil, isArchived: nil, history: .sinceJoined, by: member)
        }
        _ = try await service.edit(old.id, text: "seen", by: tenant.admin)
        #expect(try await reader.next(limit: 10).count == 1)
        _ = try await service.updateChannel(
            channel.id, name: nil, topic: nil, isArchived: nil, history: .sinceJoined, by: tenant.admin)
        _ = try await service.edit(old.id, text: "hidden", by: tenant.admin)
        try await fixture.settle()
        #expect(try await reader.available(limit: 10).isEmpty)
        await #expect(throws: ChatError.self) { _ = try await service.message(old.id, for: member) }
        _ = try await service.updateChannel(
            channel.id, name: nil, topic: nil, isArchived: nil, history: .all, by: tenant.admin)
        _ = try await service.edit(old.id, text: "seen again", by: tenant.admin)
        #expect(try await reader.next(limit: 10).count == 1)
        #expect(try await service.message(old.id, for: member).text == "seen again")
        let actions = try await service.audit(
            before: nil, after: nil, action: "channel.history_changed", actor: nil, since: nil, limit: 10,
            for: tenant.admin)
        #expect(actions.count == 2)
    }

    @Test func `a moderator puts back what was deleted, with all that belonged to it`() async throws {
        let fixture = try await ChatFixture.shared()
        let tenant = try await fixture.tenant()
        let author = try await tenant.person("author")
        let channel = try await tenant.channel(members: [author])
        let message = try await tenant.service.send(
            MessageDraft(channelID: channel.id, text: "words", content: ["blocks": []]), as: author
        ).message
        let service = tenant.service
        await #expect(throws: ChatError.self) { _ = try await service.restore(message.id, by: tenant.admin) }
        _ = try await service.delete(message.id, by: author)
        await #expect(throws: ChatError.self) { _ = try await service.restore(message.id, by: author) }
        let restored = try await service.restore(message.id, by: tenant.admin)
        #expect(restored.text == "words" && restored.content == message.content && restored.deletedAt == nil)
        #expect(try await tenant.messages(in: channel).map(\.text) == ["words"])
        // And again, as often as it is deleted.
        _ = try await service.delete(message.id, by: author)
        #expect(try await service.restore(message.id, by: tenant.admin).text == "words")
        _ = try await service.delete(message.id, by: author)
        await #expect(throws: ChatError.self) { try await service.erase(message.id, by: author) }
        try await service.erase(message.id, by: tenant.admin)
        await #expect(throws: ChatError.self) { _ = try await service.restore(message.id, by: tenant.admin) }
    }
}
