import ChatModel
import ChatService
import ChatTestSupport
import HTTPTypes
import Testing

/// What an administrator brings in from another server.
@Suite(.timeLimit(.minutes(1)))
struct ImportTests {
    private let tenant: ChatTenant
    private let api: RestCaller

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        api = RestCaller(tenant)
    }

    private func send(_ parts: String, source: String = "old", as handle: String = "admin") async -> Answer {
        await api(.post, "/v1/admin/import", as: handle, #"{"source":"\#(source)",\#(parts)}"#)
    }

    private static let people = #"""
        "users":[{"id":"U1","handle":"ada","name":"Ada L.","email":"ada@example.org"},
            {"id":"U2","handle":"ben","is_active":false},{"id":"U3","handle":"bot9","kind":"bot"}]
        """#
    private static let channels = #"""
        "channels":[{"id":"C1","kind":"public","name":"history","topic":"old"},
            {"id":"D1","kind":"direct","between":["U1","U2"]},
            {"id":"C2","kind":"private","name":"secret","is_archived":true,"created_at":"2020-01-01T00:00:00Z"}]
        """#
    private static let messages = #"""
        "messages":[
            {"id":"m1","channel":"C1","author":"U1","at":"2020-02-03T04:05:06.789Z","text":"hello",
                "reactions":[{"emoji":"thumbsup","users":["U2","U1"]},{"emoji":"party_parrot_custom","users":["U1"]}]},
            {"id":"m2","channel":"C1","author":"U2","at":"2020-02-03T04:06:00Z","text":"answer","thread":"m1",
                "edited_at":"2020-02-03T04:07:00Z"},
            {"id":"m3","channel":"C1","author":"U1","at":"2020-02-03T04:08:00Z","text":"gone","thread":"m1",
                "deleted_at":"2020-02-03T04:09:00Z"},
            {"id":"m4","channel":"C1","author":"U1","at":"2020-02-03T04:10:00Z","text":"lost","thread":"nowhere"},
            {"id":"m5","channel":"D1","author":"U2","at":"2020-02-03T04:11:00Z","text":"to you","kind":"action"}]
        """#
    private static let members = #"""
        "members":[{"channel":"C1","user":"U1","role":"owner"},{"channel":"C1","user":"U2"},{"channel":"D1","user":"U1"},
            {"channel":"D1","user":"U2"},{"channel":"D1","user":"U3"}]
        """#
    private static let all = "\(people),\(channels),\(messages),\(members)"

    @Test func `what comes twice is there once`() async throws {
        let first = await send(Self.all)
        #expect(first.status == 200)
        #expect(first["users"]?["created"]?.integer == 3 && first["channels"]?["created"]?.integer == 3)
        #expect(first["messages"]?["created"]?.integer == 5 && first["members"]?["created"]?.integer == 4)
        #expect(first["reactions"]?.integer == 2 && first["reactions_left_out"]?.integer == 1)
        #expect(first["threads_missing"]?.integer == 1)
        let again = await send(Self.all)
        #expect(again["users"]?["created"]?.integer == 0 && again["users"]?["existing"]?.integer == 3)
        #expect(again["messages"]?["created"]?.integer == 0 && again["messages"]?["existing"]?.integer == 5)
        #expect(again["channels"]?["existing"]?.integer == 3 && again["members"]?["created"]?.integer == 0)
        #expect(again["reactions"]?.integer == 0)

        let channel = try await tenant.service.channel(named: "history", for: tenant.admin)
        #expect(channel.lastSeq == 4 && channel.topic == "old")
        let messages = try await tenant.messages(in: channel)
        #expect(messages.map(\.text) == ["hello", "answer", "", "lost"])
        #expect(messages.map(\.author.handle) == ["ada", "ben", "ada", "ada"])
        #expect(messages[0].createdAt == "2020-02-03T04:05:06.789Z" && messages[0].replyCount == 1)
        #expect(messages[0].reactions == [ReactionCount(emoji: "👍", count: 2)])
        #expect(messages[1].threadRootID == messages[0].id && messages[1].editedAt == "2020-02-03T04:07:00.000Z")
        #expect(messages[2].deletedAt == "2020-02-03T04:09:00.000Z" && messages[2].threadRootID == messages[0].id)
        #expect(messages[3].threadRootID == nil)
    }

    @Test func `who comes has read what was brought, and closed accounts are closed`() async throws {
        _ = await send(Self.all)
        let ada = try await tenant.service.user(handle: "ada", for: tenant.admin)
        let ben = try await tenant.service.user(handle: "ben", for: tenant.admin)
        #expect(ada.isActive && ada.email == "ada@example.org" && ada.name == "Ada L." && !ben.isActive)
        #expect(try await tenant.service.user(handle: "bot9", for: tenant.admin).kind == .bot)
        let principal = Principal(appID: tenant.app.id, user: ada)
        let channels = try await tenant.service.joinedChannels(after: ChannelID(0), for: principal)
        #expect(channels.count == 2)
        for channel in channels { #expect(channel.membership?.unreadCount == 0, "\(channel.name)") }
        #expect(channels.first { $0.name == "history" }?.membership?.role == .owner)
    }

    @Test func `a person who was renamed stays one, and one who left stays outside`() async throws {
        _ = await send(Self.all)
        let ada = try await tenant.service.user(handle: "ada", for: tenant.admin)
        let channel = try await tenant.service.channel(named: "history", for: tenant.admin)
        let ben = try await tenant.service.user(handle: "ben", for: tenant.admin)
        try await tenant.service.removeMember(ben.id, from: channel.id, by: tenant.admin)
        let renamed = Self.all.replacing(#""handle":"ada""#, with: #""handle":"countess""#)
        #expect(await send(renamed)["handles"]?.array?[0]["handle"]?.string == "ada")
        #expect(try await tenant.service.user(ada.id, for: tenant.admin).handle == "ada")
        await #expect(throws: ChatError.self) { try await tenant.service.user(handle: "countess", for: tenant.admin) }
        let members = try await tenant.service.members(
            of: channel.id, after: UserID(0), limit: 10, for: tenant.admin)
        #expect(members.map(\.user.handle) == ["ada"])
    }

    @Test func `an account of the same handle is somebody else's unless the request says otherwise`() async throws {
        _ = try await tenant.person("ada")
        let other = await send(#""users":[{"id":"U1","handle":"Ada"},{"id":"U4","handle":"everyone"}]"#)
        #expect(other["handles"]?.array?[0]["handle"]?.string == "Ada_2")
        #expect(other["handles"]?.array?[1]["handle"]?.string == "everyone_2")
        let same = await send(#""match":"handle","users":[{"id":"U1","handle":"ADA"}]"#, source: "new")
        #expect(same["handles"]?.array?[0]["handle"]?.string == "ada" && same["users"]?["created"]?.integer == 0)
        let many = (1...20).map { #"{"id":"M\#($0)","handle":"many","email":"one@example.org"}"# }
        let crowd = await send(#""users":[\#(many.joined(separator: ","))]"#)
        #expect(
            crowd["users"]?["created"]?.integer == 20 && crowd["handles"]?.array?[19]["handle"]?.string == "many_20")
    }

    @Test func `a private channel never becomes another of its name`() async throws {
        let mine = try await tenant.channel("secret", kind: .private)
        let plain = try await tenant.channel("history")
        _ = await send("\(Self.people),\(Self.channels)")
        let message = #"{"id":"x","channel":"C2","author":"U1","at":"2020-01-01T00:00:00Z","text":"hidden"}"#
        #expect(await send(#""messages":[\#(message)]"#)["messages"]?["created"]?.integer == 1)
        #expect(try await tenant.messages(in: mine).isEmpty)
        let secret = try await tenant.service.channel(named: "secret-2", for: tenant.admin)
        #expect(try await tenant.messages(in: secret).map(\.text) == ["hidden"] && secret.isArchived)
        #expect(try await tenant.service.channel(named: "history", for: tenant.admin).id == plain.id)
    }

    @Test(arguments: [
        (#""messages":[{"id":"a","channel":"C9","author":"U1","at":"2020-01-01T00:00:00Z","text":"x"}]"#, "channel"),
        (#""messages":[{"id":"a","channel":"C1","author":"U9","at":"2020-01-01T00:00:00Z","text":"x"}]"#, "author"),
        (#""messages":[{"id":"a","channel":"C1","author":"U1","at":"yesterday","text":"x"}]"#, "at"),
        (#""messages":[{"id":"a","channel":"C1","author":"U1","at":"2020-01-01T00:00:00Z","text":" "}]"#, "text"),
        (#""messages":[{"id":"","channel":"C1","author":"U1","at":"2020-01-01T00:00:00Z","text":"x"}]"#, "id"),
        (#""members":[{"channel":"C1","user":"U9"}]"#, "user"),
        (#""users":[{"id":"a","handle":"x"},{"id":"a","handle":"y"}]"#, "id"),
        (#""users":[{"id":"a","handle":"a b"}]"#, "handle"),
        (#""users":[{"id":"a","handle":"x","kind":"hook"}]"#, "kind"),
        (#""channels":[{"id":"c","kind":"public"}]"#, "name"),
        (#""channels":[{"id":"c","kind":"direct","between":[]}]"#, "between"),
    ])
    func `what cannot be is refused with its place`(parts: String, end: String) async throws {
        _ = await send("\(Self.people),\(Self.channels)")
        let answer = await send(parts)
        #expect(answer.status == 422)
        #expect(answer.pointer?.hasSuffix("/\(end)") == true, "\(answer.json)")
    }

    @Test func `only administrators import, and only into their own app`() async throws {
        _ = try await api.person("eve")
        #expect(await send(Self.people, as: "eve").status == 403)
        _ = await send(Self.all)
        let other = try await tenant.fixture.tenant()
        let outcome = try await tenant.service.importBatch(
            ImportBatch(source: "old"), by: other.admin)
        #expect(outcome == ImportOutcome())
        var batch = ImportBatch(source: "old")
        batch.members = [ImportBatch.Member(channel: "C1", user: "U1")]
        await #expect(throws: ChatError.self) { try await tenant.service.importBatch(batch, by: other.admin) }
    }

    @Test func `more than a request may hold is refused`() async throws {
        let many = (1...501).map { #"{"id":"\#($0)","handle":"h\#($0)"}"# }
        #expect(await send(#""users":[\#(many.joined(separator: ","))]"#).status == 422)
        #expect(await send(Self.people, source: "a b").status == 422)
        #expect(await send(Self.people, source: String(repeating: "s", count: 65)).status == 422)
    }
}
