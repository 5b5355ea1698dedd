import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Testing
import Text

/// Every part of what people write is judged, and marked with its message.
@Suite(.timeLimit(.minutes(1)))
struct JudgedFieldTests {
    /// Refuses `nix`, masks `mox` and marks `fly`, in one app.
    private struct Words: MessageFilter {
        let name: String
        let app: AppID
        let whenFailing = FilterFailure.allow
        let isBounded = true

        func judge(_ draft: FilterInput) async throws -> FilterVerdict {
            guard draft.appID == app else { return .allow(flags: []) }
            if draft.text.contains("nix") || draft.text == "👎" { return .block(reason: "no", rules: ["nix"]) }
            let flags = draft.text.contains("fly") ? ["fly-\(draft.field.rawValue)"] : []
            if let found = draft.text.firstRange(of: "mox") {
                let start = draft.text.utf8.distance(from: draft.text.startIndex, to: found.lowerBound)
                return .mask(edits: [TextEdit(range: start..<start + 3, text: "*")], rules: ["mox"], flags: flags)
            }
            return .allow(flags: flags)
        }
    }

    private let tenant: ChatTenant
    private let channel: Channel

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        channel = try await tenant.channel()
        tenant.service.filters.add(Words(name: "words-\(tenant.app.id)", app: tenant.app.id))
    }

    private func send(_ text: String, content: JSONValue? = nil, name: String? = nil) async throws -> Message {
        try await tenant.service.send(
            MessageDraft(channelID: channel.id, text: text, content: content, authorName: name), as: tenant.admin
        ).message
    }

    @Test func `strings and keys of attachments and the name of who says it are judged`() async throws {
        let message = try await send(
            "hi", content: .object(["a mox": .array([.string("mox"), .object(["alt_text": .string("a mox fly")])])]),
            name: "mox man")
        #expect(message.author.name == "*** man")
        #expect(
            message.content
                == .object(["a ***": .array([.string("***"), .object(["alt_text": .string("a *** fly")])])]))
        #expect(message.flags == ["fly-content", "mox"])
        for content in [
            JSONValue.object(["nix": .null]), .object(["files": .array([.object(["name": .string("nix.pdf")])])]),
        ] {
            #expect(await refusal { try await send("hi", content: content) }?.code == "message_blocked")
        }
        #expect(await refusal { try await send("hi", name: "nix") }?.code == "message_blocked")
    }

    @Test func `thousands of strings are one judgement with one mark a rule, which an edit of the text keeps`()
        async throws
    {
        let content = JSONValue.array((0..<4000).map { .string("fly \($0 % 500)") })
        let message = try await send("some fly", content: content)
        #expect(message.flags == ["fly-content", "fly-text"])
        func marks() async throws -> [String] {
            try await tenant.service.flags(after: 0, limit: 200, for: tenant.admin).filter {
                $0.messageID == message.id
            }
            .map { "\($0.rules[0]) \($0.action) \($0.field)" }.sorted()
        }
        #expect(try await marks() == ["fly-content flag content", "fly-text flag text"])
        let edited = try await tenant.service.edit(message.id, text: "nothing", by: tenant.admin)
        #expect(edited.flags == ["fly-content"])
        let masked = try await tenant.service.edit(message.id, text: "mox", by: tenant.admin)
        #expect(masked.flags == ["fly-content", "mox"] && masked.text == "***")
        #expect(try await marks() == ["fly-content flag content", "fly-text flag text", "mox mask text"])
    }

    @Test func `names, topics and reactions are judged, and what would be masked is refused`() async throws {
        let service = tenant.service
        let attempts: [(String, () async throws -> Any)] = [
            ("/handle", { try await tenant.person("nixon") }), ("/handle", { try await tenant.person("moxie") }),
            ("/handle", { try await service.createBot(handle: "nixbot", name: nil, by: tenant.admin) }),
            (
                "/name",
                {
                    try await service.updateUser(
                        tenant.admin.userID, name: "a nix", email: nil, role: nil, isActive: nil, password: nil,
                        by: tenant.admin)
                }
            ), ("/name", { try await tenant.channel("nix") }), ("/name", { try await tenant.hook("nix", to: channel) }),
            (
                "/topic",
                {
                    try await service.updateChannel(
                        channel.id, name: nil, topic: "a mox", isArchived: nil, by: tenant.admin)
                }
            ),
        ]
        for (pointer, attempt) in attempts {
            let error = await refusal("\(pointer)", attempt)
            #expect(error?.code == "message_blocked" && error?.pointer == pointer)
        }
        let message = try await send("hello")
        let reaction = await refusal { try await service.react("👎", to: message.id, isOn: true, by: tenant.admin) }
        #expect(reaction?.pointer == "/emoji")
        try await service.react("👍", to: message.id, isOn: true, by: tenant.admin)
        let rows = try await service.flags(after: 0, limit: 100, for: tenant.admin)
        #expect(rows.count == attempts.count + 1 && rows.allSatisfy { $0.action == "block" })
    }
}
