import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Foundation
import Testing

/// `docs/events.md` shows each type as it is sent.
@Suite(.timeLimit(.minutes(1)))
struct EventPageTests {
    private struct Refusing: MessageFilter {
        let name = "test"
        let deadline = Duration.seconds(1)
        let whenFailing = FilterFailure.allow
        func judge(_ draft: FilterInput) async throws -> FilterVerdict {
            draft.text == "refuse" ? .block(reason: "No.", rules: ["a rule"]) : .allow(flags: [])
        }
    }

    /// The example behind each heading that is a type.
    private func examples() throws -> [String: JSONValue] {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/events.md")
        var examples: [String: JSONValue] = [:]
        for section in try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n### ").dropFirst() {
            let name = String(section.prefix { $0 != "\n" })
            let block = try #require(section.components(separatedBy: "```json\n").dropFirst().first, "\(name)")
            let json = block.components(separatedBy: "```")[0]
            examples[name] = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
        }
        return examples
    }

    /// The names and kinds of what is in a value; what a list holds is told by its first element.
    private func shape(_ value: JSONValue) -> String {
        switch value {
        case .object(let fields):
            "{" + fields.sorted { $0.key < $1.key }.map { "\($0.key):\(shape($0.value))" }.joined(separator: ",") + "}"
        case .array: "[]"
        case .string: "string"
        case .integer, .number: "number"
        case .bool: "bool"
        case .null: "null"
        }
    }

    @Test func `the page has every type with the data that is sent`() async throws {
        let fixture = try await ChatFixture()
        let town = try await fixture.town()
        let service = town.service
        service.filters.add(Refusing())
        let member = try await town.person("member")
        let channel = try await town.channel()
        _ = try await service.updateChannel(channel.id, name: nil, topic: "t", isArchived: nil, by: town.admin)
        _ = try await service.join(channel.id, by: member)
        let message = try await service.send(
            MessageDraft(channelID: channel.id, text: "x", nonce: "n"), as: member
        ).message
        _ = try? await service.send(MessageDraft(channelID: channel.id, text: "refuse"), as: member)
        try await service.react("👍", to: message.id, isOn: true, by: member)
        _ = try await service.edit(message.id, text: "y", by: member)
        try await service.react("👍", to: message.id, isOn: false, by: member)
        _ = try await service.delete(message.id, by: member)
        _ = try await service.markRead(channel.id, upTo: 1, by: town.admin)
        try await service.leave(channel.id, by: member)
        _ = try await service.updateUser(
            member.userID, name: "M", email: nil, role: nil, isActive: nil, password: nil, by: member)
        try await fixture.settle()
        let examples = try examples()
        #expect(Set(examples.keys) == Set(EventType.all.map(\.description)))
        var seen: Set<EventType> = []
        for event in try await fixture.store.settledEvents(after: .beginning, limit: 1000) {
            let data = try JSONDecoder().decode(JSONValue.self, from: Data(event.data.utf8))
            let example = try #require(examples[event.type.description])
            #expect(shape(data) == shape(example), "\(event.type)")
            seen.insert(event.type)
            // What the types promise.
            switch event.type {
            case .messageCreated, .messageUpdated, .messageDeleted:
                #expect(try JSONDecoder().decode(Message.self, from: Data(event.data.utf8)).id == message.id)
            case .channelCreated, .channelUpdated:
                #expect(try JSONDecoder().decode(Channel.self, from: Data(event.data.utf8)).id == channel.id)
            case .memberAdded:
                #expect(
                    try JSONDecoder().decode(Member.self, from: Data(event.data.utf8)).user.id.rawValue
                        == event.subjectID)
            default: break
            }
        }
        #expect(seen == Set(EventType.all))
        await fixture.stop()
    }
}
