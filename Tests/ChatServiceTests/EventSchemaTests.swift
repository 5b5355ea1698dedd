import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventCatalogue
import Foundation
import Testing

/// Each type of event is declared once, and what is written is as declared.
@Suite(.timeLimit(.minutes(1)))
struct EventSchemaTests {
    private struct Refusing: MessageFilter {
        let name = "test"
        let whenFailing = FilterFailure.allow
        func judge(_ draft: FilterInput) async throws -> FilterVerdict {
            draft.text == "refuse" ? .block(reason: "No.", rules: ["a rule"]) : .allow(flags: [])
        }
    }

    private func json(_ text: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    @Test func `every type is declared, once`() {
        #expect(EventDefinition.all.map(\.type) == EventType.all)
        #expect(Set(EventType.all).count == EventType.all.count)
    }

    @Test(arguments: EventDefinition.all)
    func `an example is as its schema says, and less is not`(definition: EventDefinition) throws {
        let example = try json(definition.exampleEvent)
        #expect(SchemaValidator.problems(example, definition.document) == [])
        for name in ["cursor", "data", "version", "at"] {
            var fields = try #require(example.object)
            fields[name] = nil
            #expect(SchemaValidator.problems(.object(fields), definition.document) == ["/\(name): missing"])
            fields[name] = .bool(true)
            #expect(SchemaValidator.problems(.object(fields), definition.document).count >= 1, "\(name)")
        }
        var fields = try #require(example.object)
        fields["more"] = 1
        #expect(SchemaValidator.problems(.object(fields), definition.document) == ["/more: not declared"])
    }

    @Test func `what the service writes is as the schemas say`() async throws {
        let fixture = try await ChatFixture()
        let tenant = try await fixture.tenant()
        let service = tenant.service
        service.filters.add(Refusing())
        let member = try await tenant.person("member")
        let channel = try await tenant.channel()
        _ = try await service.updateChannel(channel.id, name: nil, topic: "t", isArchived: nil, by: tenant.admin)
        _ = try await service.createChannel(
            kind: .direct, name: nil, topic: nil, members: [member.userID], by: tenant.admin)
        _ = try await service.join(channel.id, by: member)
        let message = try await service.send(
            MessageDraft(
                channelID: channel.id, text: "x", content: ["attachments": [["text": "y"]]], nonce: "n"), as: member
        ).message
        let answer = try await service.send(
            MessageDraft(channelID: channel.id, text: "z", threadRootID: message.id), as: member
        ).message
        _ = try? await service.send(MessageDraft(channelID: channel.id, text: "refuse"), as: member)
        try await service.react("👍", to: message.id, isOn: true, by: member)
        _ = try await service.edit(message.id, text: "y @channel", by: member)
        _ = try await service.setKeywords(["yes"], by: member)
        try await service.react("👍", to: message.id, isOn: false, by: member)
        _ = try await service.delete(answer.id, by: member)
        _ = try await service.markRead(channel.id, upTo: 1, by: tenant.admin)
        _ = try await service.setRole(.moderator, of: member.userID, in: channel.id, by: tenant.admin)
        let override = ChannelOverride(
            subject: .user, subjectID: member.userID.rawValue, allow: [.send], deny: [.react])
        _ = try await service.setOverride(override, of: channel.id, by: tenant.admin)
        try await service.deleteOverride(.user, member.userID.rawValue, of: channel.id, by: tenant.admin)
        let role = try await service.createRole(name: "r", capabilities: [.moderate], rank: 1, by: tenant.admin)
        _ = try await service.updateRole(role.id, name: "r", capabilities: [], rank: 2, by: tenant.admin)
        try await service.setRole(role.id, of: member.userID, isOn: true, by: tenant.admin)
        try await service.setRole(role.id, of: member.userID, isOn: false, by: tenant.admin)
        try await service.deleteRole(role.id, by: tenant.admin)
        try await service.leave(channel.id, by: member)
        _ = try await service.updateUser(
            member.userID, name: "M", email: nil, role: nil, isActive: nil, password: nil, by: member)
        _ = try await service.ensurePeople([("imported", "Imported")], by: tenant.admin)
        let hook = try await tenant.hook(to: channel)
        _ = try await service.takeOverHook(hook.hook.id, by: tenant.admin)
        try await service.revokeHook(hook.hook.id, by: tenant.admin)
        let bot = try await service.createBot(handle: "helper", name: nil, by: tenant.admin)
        let token = try await service.replaceBotToken(bot.bot.id, by: tenant.admin)
        _ = try await service.updateUser(
            bot.bot.id, name: "Helper", email: nil, role: nil, isActive: nil, password: nil, by: tenant.admin)
        try await service.closeBot(bot.bot.id, by: tenant.admin)
        let session = try await tenant.session("eve")
        try await service.logOut(try await service.authenticate(session.accessToken))
        try await fixture.settle()
        var seen: Set<EventType> = []
        for event in try await fixture.store.settledEvents(after: .beginning, limit: 1000) {
            let definition = try #require(EventDefinition.named(event.type.description), "\(event.type)")
            let text = String(decoding: event.json(op: false), as: UTF8.self)
            #expect(SchemaValidator.problems(try json(text), definition.document) == [], "\(text)")
            seen.insert(event.type)
            for secret in [hook.secret, bot.token, token, session.refreshToken] {
                #expect(!text.contains(secret), "\(event.type)")
            }
            // What the types promise beyond their schemas, and who gets it.
            switch definition.audience {
            case .administrators: #expect(event.audience == .administrators)
            case .user: #expect(event.audience == .user(UserID(try #require(event.subjectID))))
            case .members, .everybody: #expect(event.audience == .members)
            }
            switch event.type {
            case .messageCreated, .messageUpdated, .messageDeleted:
                #expect(try JSONDecoder().decode(Message.self, from: Data(event.data.utf8)).channelID == channel.id)
            case .channelCreated, .channelUpdated:
                #expect(
                    try JSONDecoder().decode(Channel.self, from: Data(event.data.utf8)).id.rawValue == event.subjectID)
            case .memberAdded:
                #expect(
                    try JSONDecoder().decode(Member.self, from: Data(event.data.utf8)).user.id.rawValue
                        == event.subjectID)
            default: break
            }
        }
        // Bridges tell of themselves; see the tests of their runtime.
        #expect(seen == Set(EventType.all.filter { !$0.description.hasPrefix("bridge.") }))
        await fixture.stop()
    }
}
