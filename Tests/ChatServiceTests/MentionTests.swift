import ChatModel
import ChatService
import ChatTestSupport
import EventLog
import Foundation
import Testing

/// Whom a message mentions, and for whom it counts.
@Suite(.timeLimit(.minutes(1)))
struct MentionTests {
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

    private func say(
        _ text: String, allowed: AllowedMentions? = nil, as author: Principal? = nil
    ) async throws -> Message {
        try await service.send(
            MessageDraft(channelID: channel.id, text: text, allowedMentions: allowed), as: author ?? ada
        ).message
    }

    private func count(_ reader: Principal) async throws -> Int64? {
        let one = try await service.channel(channel.id, for: reader).membership?.mentionCount
        let listed = try await service.joinedChannels(for: reader).first { $0.id == channel.id }
        #expect(listed?.membership?.mentionCount == one)
        return one
    }

    @Test(arguments: [
        ("hello @bob", ["bob"]), ("@Bob, @BOB. (@bob)", ["bob"]), ("@bob and @ada", ["bob", "ada"]),
        ("`@bob`", []), ("```\n@bob\n```", []), ("mail bob@example.org", []), ("@nobody", []), ("a@bob", []),
        ("@bob.", ["bob"]), ("**@bob**", ["bob"]), ("@bobby", []), ("> @bob", ["bob"]), ("@bob's idea", ["bob"]),
    ])
    func `people are mentioned by their handles, outside code`(text: String, handles: [String]) async throws {
        let message = try await say(text)
        #expect(message.mentions?.users.map(\.handle) ?? [] == handles)
        // Stored, listed, and told by the event as it was answered.
        #expect(try await service.message(message.id, for: bob).mentions == message.mentions)
        let sent = try await service.sendEncoded(MessageDraft(channelID: channel.id, text: text), as: ada)
        #expect(try JSONDecoder().decode(Message.self, from: Data(sent.json)).mentions == message.mentions)
    }

    @Test func `mentions are counted for who has not read them, and for nobody else`() async throws {
        let carol = try await tenant.person("carol")
        _ = try await say("@bob @bob @carol @ada")
        _ = try await say("nobody")
        _ = try await say("@channel and @bob")
        #expect(try await count(bob) == 2)
        #expect(try await count(ada) == 0)
        #expect(try await service.markRead(channel.id, upTo: 1, by: bob).mentionCount == 1)
        #expect(try await service.markRead(channel.id, upTo: 3, by: bob).mentionCount == 0)
        // Who was not a member is not told later.
        _ = try await service.addMembers([carol.userID], role: nil, to: channel.id, by: tenant.admin)
        #expect(try await service.mentions(before: nil, limit: 10, for: carol).map(\.text) == ["@channel and @bob"])
    }

    @Test func `a deletion takes a mention away, and its undoing brings it back`() async throws {
        let message = try await say("@bob")
        let deleted = try await service.delete(message.id, by: ada)
        #expect(deleted.mentions == nil)
        #expect(try await count(bob) == 0)
        let restored = try await service.restore(message.id, by: tenant.admin)
        #expect(restored.mentions?.users.map(\.handle) == ["bob"])
        #expect(try await count(bob) == 1)
    }

    @Test func `an edit mentions those whom the new text names`() async throws {
        let message = try await say("@bob")
        let edited = try await service.edit(message.id, text: "@channel", by: ada)
        #expect(edited.mentions == MessageMentions(channel: true))
        #expect(try await count(bob) == 1)
        #expect(try await service.edit(message.id, text: "nobody", by: ada).mentions == nil)
        #expect(try await count(bob) == 0)
        _ = try await service.edit(message.id, text: "@bob again", by: ada)
        #expect(try await count(bob) == 1)
    }

    @Test(arguments: [
        (AllowedMentions(parse: [.channel]), [], true), (AllowedMentions(parse: [.users]), ["bob"], false),
        (AllowedMentions.none, [], false), (AllowedMentions(users: []), [], false), (nil, ["bob"], true),
    ])
    func `a sender says which mentions count`(
        allowed: AllowedMentions?, handles: [String], channel: Bool
    ) async throws {
        let mentions = try await say("@bob @channel", allowed: allowed).mentions
        #expect(mentions?.users.map(\.handle) ?? [] == handles)
        #expect(mentions?.channel ?? false == channel)
    }

    @Test func `a list of people lets those through whom the text names`() async throws {
        let only = AllowedMentions(users: [bob.userID, tenant.admin.userID])
        #expect(try await say("@ada @bob", allowed: only).mentions?.users.map(\.handle) == ["bob"])
        let both = AllowedMentions(parse: [.users], users: [bob.userID])
        #expect(await refusal { try await say("@bob", allowed: both) }?.pointer == "/allowed_mentions/users")
    }

    @Test func `programs and guests mention people, and call nobody else`() async throws {
        let guest = try await tenant.person("gus", role: .guest)
        let bot = try await service.createBot(handle: "robo", name: nil, by: tenant.admin)
        let robo = try await service.authenticate(bot.token)
        _ = try await service.addMembers([guest.userID, robo.userID], role: nil, to: channel.id, by: tenant.admin)
        for author in [guest, robo] {
            let mentions = try await say("@channel @here @bob", as: author).mentions
            #expect(mentions == MessageMentions(users: [.init(id: bob.userID, handle: "bob")]))
        }
        #expect(try await count(bob) == 2)
    }

    @Test func `a handle that begins as a call of all is a handle`() async throws {
        let hands = try await tenant.person("all-hands")
        #expect(try await say("@all-hands").mentions?.users.map(\.id) == [hands.userID])
        #expect(try await say("@here-and-now").mentions == nil)
        #expect(try await say("@all: lunch").mentions == MessageMentions(channel: true))
        #expect(try await say("@HERE!").mentions == MessageMentions(here: true))
    }

    @Test func `who is called otherwise, or closed, is found so at once`() async throws {
        #expect(try await say("@dora").mentions == nil)
        let dora = try await tenant.person("dora")
        #expect(try await say("@dora").mentions?.users.map(\.id) == [dora.userID])
        _ = try await service.updateUser(
            dora.userID, name: nil, email: nil, role: nil, isActive: false, password: nil, by: tenant.admin)
        #expect(try await say("@dora").mentions == nil)
    }

    @Test func `a text with a thousand mentions has a hundred at most`() async throws {
        let text = (0..<1000).map { "@p\($0)" }.joined(separator: " ")
        #expect(try await say(text + " @bob").mentions == nil)
    }

    // MARK: Keywords

    @Test func `a message with a keyword counts for whose it is`() async throws {
        #expect(
            try await service.setKeywords([" deploy ", "on  call", "deploy", "部署"], by: bob) == [
                "deploy", "on call", "部署",
            ])
        for text in ["Deploy!", "who is on call?", "我们部署了", "redeployed", "on the call", "`deploy`"] {
            let message = try await say(text)
            // Nobody else learns of it.
            #expect(message.mentions == nil)
        }
        #expect(try await count(bob) == 4)
        #expect(try await count(ada) == 0)
        #expect(
            try await service.mentions(before: nil, limit: 10, for: bob).map(\.text)
                == ["`deploy`", "我们部署了", "who is on call?", "Deploy!"])
        _ = try await service.setKeywords([], by: bob)
        _ = try await say("deploy")
        #expect(try await count(bob) == 4)
    }

    @Test(arguments: [
        ["x"], ["!!"], [String(repeating: "a", count: 51)], ["a\nb"], [""], ["a\u{0}b"],
        (0..<21).map { "word\($0)" },
    ])
    func `a keyword that cannot be one is refused by its place`(words: [String]) async throws {
        let refused = await refusal { try await service.setKeywords(words, by: bob) }
        #expect(refused?.pointer == (words.count > 1 ? "/keywords" : "/keywords/0"))
    }
}
