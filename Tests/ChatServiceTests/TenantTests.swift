import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Testing

/// Whoever asks for what belongs to another app learns nothing, not even that it is there.
@Suite(.timeLimit(.minutes(1)))
struct TenantTests {
    /// What belongs to another app.
    struct Foreign: Sendable {
        let user: UserID
        let channel: ChannelID
        let message: MessageID
        let bot: UserID
        let hook: Int64
        let role: Int64
    }

    typealias Attempt = @Sendable (ChatService, Foreign, Principal) async throws -> Void

    static let attempts: [(String, Attempt)] = [
        (
            "updateUser",
            {
                _ = try await $0.updateUser(
                    $1.user, name: "x", email: nil, role: nil, isActive: nil, password: nil, by: $2)
            }
        ),
        ("user", { _ = try await $0.user($1.user, for: $2) }),
        ("userOfHandle", { service, _, principal in _ = try await service.user(handle: "foreigner", for: principal) }),
        ("channel", { _ = try await $0.channel($1.channel, for: $2) }),
        ("channelOfName", { service, _, principal in _ = try await service.channel(named: "foreign", for: principal) }),
        (
            "updateChannel",
            { _ = try await $0.updateChannel($1.channel, name: "x", topic: nil, isArchived: nil, by: $2) }
        ),
        ("join", { _ = try await $0.join($1.channel, by: $2) }),
        ("leave", { try await $0.leave($1.channel, by: $2) }),
        ("addMembers", { _ = try await $0.addMembers([$2.userID], role: .member, to: $1.channel, by: $2) }),
        ("removeMember", { try await $0.removeMember($1.user, from: $1.channel, by: $2) }),
        ("members", { _ = try await $0.members(of: $1.channel, after: UserID(0), limit: 10, for: $2) }),
        ("markRead", { _ = try await $0.markRead($1.channel, upTo: 1, by: $2) }),
        ("send", { _ = try await $0.send(MessageDraft(channelID: $1.channel, text: "x"), as: $2) }),
        ("messages", { _ = try await $0.messages(in: $1.channel, before: nil, after: nil, limit: 10, for: $2) }),
        ("message", { _ = try await $0.message($1.message, for: $2) }),
        ("replies", { _ = try await $0.replies(to: $1.message, after: 0, limit: 10, for: $2) }),
        ("edit", { _ = try await $0.edit($1.message, text: "x", by: $2) }),
        ("delete", { _ = try await $0.delete($1.message, by: $2) }),
        ("react", { try await $0.react("x", to: $1.message, isOn: true, by: $2) }),
        ("checkMayType", { try await $0.checkMayType(in: $1.channel, $2) }),
        ("search", { _ = try await $0.search("secret", in: $1.channel, before: nil, limit: 10, for: $2) }),
        ("overrides", { _ = try await $0.overrides(of: $1.channel, for: $2) }),
        (
            "setOverride",
            {
                let override = ChannelOverride(subject: .user, subjectID: $1.user.rawValue, allow: [], deny: .send)
                _ = try await $0.setOverride(override, of: $1.channel, by: $2)
            }
        ),
        ("deleteOverride", { try await $0.deleteOverride(.everyone, 0, of: $1.channel, by: $2) }),
        ("updateRole", { _ = try await $0.updateRole($1.role, name: "x", capabilities: [], rank: 0, by: $2) }),
        ("deleteRole", { try await $0.deleteRole($1.role, by: $2) }),
        ("rolesOfUser", { _ = try await $0.roles(of: $1.user, for: $2) }),
        ("giveRole", { try await $0.setRole($1.role, of: $2.userID, isOn: true, by: $2) }),
        ("createHook", { _ = try await $0.createHook(name: "x", channel: $1.channel, isLocked: true, by: $2) }),
        ("revokeHook", { try await $0.revokeHook($1.hook, by: $2) }),
        ("replaceBotToken", { _ = try await $0.replaceBotToken($1.bot, by: $2) }),
        ("closeBot", { try await $0.closeBot($1.bot, by: $2) }),
        (
            "createDirect",
            { _ = try await $0.createChannel(kind: .direct, name: nil, topic: nil, members: [$1.user], by: $2) }
        ),
        (
            "createChannel",
            { _ = try await $0.createChannel(kind: .public, name: "x", topic: nil, members: [$1.user], by: $2) }
        ),
    ]

    @Test func `nothing of another app is found, not even by an administrator`() async throws {
        let fixture = try await ChatFixture.shared()
        let theirs = try await fixture.tenant()
        let ours = try await fixture.tenant()
        let person = try await theirs.person("foreigner")
        let channel = try await theirs.channel("foreign", members: [person])
        let message = try await theirs.service.send(
            MessageDraft(channelID: channel.id, text: "secret"), as: person
        ).message
        let foreign = Foreign(
            user: person.userID, channel: channel.id, message: message.id,
            bot: try await theirs.service.createBot(handle: "bot", name: nil, by: theirs.admin).bot.id,
            hook: try await theirs.hook(to: channel).hook.id,
            role: try await theirs.service.createRole(name: "r", capabilities: [], rank: 0, by: theirs.admin).id)
        let own = try await ours.channel("own")
        for (name, attempt) in Self.attempts {
            let error = await refusal("\(name) was not refused") {
                try await attempt(ours.service, foreign, ours.admin)
            }
            #expect(error?.kind == .notFound, "\(name): \(error.map { "\($0)" } ?? "")")
        }
        let role = try await ours.service.createRole(name: "r", capabilities: [], rank: 0, by: ours.admin)
        #expect(
            await refusal { try await ours.service.setRole(role.id, of: foreign.user, isOn: true, by: ours.admin) }?
                .code
                == "user_not_found")
        let override = ChannelOverride(subject: .role, subjectID: foreign.role, allow: [], deny: .send)
        #expect(
            await refusal { try await ours.service.setOverride(override, of: own.id, by: ours.admin) }?.code
                == "role_not_found")
        // Lists and answers that are not about one thing hold nothing of theirs.
        #expect(try await ours.service.hooks(for: ours.admin).isEmpty)
        #expect(try await ours.service.bots(for: ours.admin).isEmpty)
        #expect(try await ours.service.users(prefix: "", after: UserID(0), limit: 200, for: ours.admin).count == 1)
        #expect(
            try await ours.service.publicChannels(after: ChannelID(0), limit: 10, for: ours.admin).map(\.id) == [own.id]
        )
        #expect(
            try await ours.service.search("secret", in: nil, before: nil, limit: 10, for: ours.admin).messages.isEmpty)
        #expect(
            await refusal {
                try await ours.service.addMembers([foreign.user], role: .member, to: own.id, by: ours.admin)
            }?.code == "user_not_found")
        #expect(try await ours.service.members(of: own.id, after: UserID(0), limit: 10, for: ours.admin).count == 1)
        var draft = MessageDraft(channelID: own.id, text: "as theirs")
        draft.authorID = foreign.user
        #expect(await refusal { try await ours.service.send(draft, as: ours.admin) }?.kind == .notFound)
        draft.authorID = nil
        draft.threadRootID = foreign.message
        #expect(await refusal { try await ours.service.send(draft, as: ours.admin) }?.kind == .notFound)
        // And nothing was changed there.
        #expect(try await theirs.service.message(message.id, for: person) == message)
        #expect(try await theirs.service.channel(channel.id, for: person).name == "foreign")
        #expect(try await theirs.service.hooks(for: theirs.admin).count == 1)
    }
}
