import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Postgres
import Testing

/// Many ask at once for what only some can have: the statement that acts is the one that checks.
@Suite(.timeLimit(.minutes(2)))
struct RaceTests {
    private let tenant: ChatTenant
    private var service: ChatService { tenant.service }

    init() async throws { tenant = try await ChatFixture.shared().tenant() }

    /// Runs `body` so many times at once; nil stands for a success, otherwise there is the code of the refusal.
    private func race(
        _ count: Int = 50, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async -> [String?: Int] {
        await withTaskGroup(of: String?.self) { group in
            for number in 0..<count {
                group.addTask {
                    do {
                        try await body(number)
                        return nil
                    } catch let error as ChatError {
                        return error.code
                    } catch {
                        return "\(error)"
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    private func people(_ prefix: String, _ count: Int) async throws -> [Principal] {
        let made = try await service.ensurePeople(
            (0..<count).map { ("\(prefix)\($0)", "\(prefix)\($0)") }, by: tenant.admin)
        var people: [Principal] = []
        for person in made {
            people.append(
                Principal(appID: tenant.app.id, user: try await service.user(person.id, for: tenant.admin)))
        }
        return people
    }

    @Test func `a group of 20 stays one when 50 are added at once`() async throws {
        let people = try await people("p", 51)
        let group = try await service.createChannel(
            kind: .group, name: nil, topic: nil, members: [people[50].userID], by: tenant.admin)
        let outcome = await race { number in
            _ = try await service.addMembers([people[number].userID], role: nil, to: group.id, by: tenant.admin)
        }
        #expect(outcome == [nil: 18, "group_is_full": 32])
        let members = try await service.members(of: group.id, after: UserID(0), limit: 100, for: tenant.admin)
        #expect(members.count == 20)
        // Also in one request, and for those who are in it already nothing changes.
        #expect(
            await refusal {
                try await service.addMembers(people.map(\.userID), role: nil, to: group.id, by: tenant.admin)
            }?.code == "group_is_full")
        #expect(
            try await service.addMembers(members.map(\.user.id), role: nil, to: group.id, by: tenant.admin).isEmpty)
        // A webhook is a member, too.
        #expect(await refusal { try await tenant.hook(to: group) }?.code == "group_is_full")
    }

    @Test func `a message takes 64 kinds of reactions, also from 200 at once`() async throws {
        let channel = try await tenant.channel()
        let message = try await service.send(MessageDraft(channelID: channel.id, text: "x"), as: tenant.admin).message
        let emoji = (0..<200).compactMap { UnicodeScalar(0x1F400 + $0).map { String(Character($0)) } }
        #expect(emoji.count == 200)
        let outcome = await race(200) { number in
            try await service.react(emoji[number], to: message.id, isOn: true, by: tenant.admin)
        }
        #expect(outcome == [nil: 64, "too_many_reactions": 136])
        let reactions = try await service.message(message.id, for: tenant.admin).reactions
        #expect(reactions.count == 64)
        // What stands there already is joined by others, and room that was made is taken.
        let other = try await people("o", 1)[0]
        _ = try await service.join(channel.id, by: other)
        let first = try #require(reactions.first).emoji
        try await service.react(first, to: message.id, isOn: true, by: other)
        try await service.react(first, to: message.id, isOn: false, by: other)
        try await service.react(first, to: message.id, isOn: false, by: tenant.admin)
        try await service.react("🧭", to: message.id, isOn: true, by: other)
        #expect(try await service.message(message.id, for: tenant.admin).reactions.count == 64)
    }

    @Test func `of owners who all leave or step down at once, one stays`() async throws {
        let owners = try await people("owner", 50)
        let channel = try await service.createChannel(
            kind: .private, name: "c", topic: nil, members: owners.dropFirst().map(\.userID), by: owners[0])
        for owner in owners.dropFirst() {
            _ = try await service.setRole(.owner, of: owner.userID, in: channel.id, by: tenant.admin)
        }
        _ = try await service.addMembers(
            [try await people("m", 1)[0].userID], role: nil, to: channel.id, by: tenant.admin)
        let outcome = await race { number in
            switch number % 3 {
            case 0: try await service.leave(channel.id, by: owners[number])
            case 1:
                _ = try await service.setRole(.member, of: owners[number].userID, in: channel.id, by: owners[number])
            default:
                _ = try await service.updateUser(
                    owners[number].userID, name: nil, email: nil, role: nil, isActive: false, password: nil,
                    by: tenant.admin)
            }
        }
        #expect(outcome == [nil: 49, "last_owner": 1])
        let left = try await service.members(of: channel.id, after: UserID(0), limit: 100, for: tenant.admin)
        var active = 0
        for member in left where member.role == .owner {
            if try await service.user(member.user.id, for: tenant.admin).isActive { active += 1 }
        }
        #expect(active == 1)
    }

    @Test func `a handle, an address and a channel's name are given once`() async throws {
        let handles = await race { number in
            _ = try await service.createUser(
                handle: number % 2 == 0 ? "Twin" : "twin", name: nil, email: nil, password: nil, role: .member,
                by: tenant.admin)
        }
        #expect(handles == [nil: 1, "handle_taken": 49])
        let bots = await race { _ in
            _ = try await service.createBot(handle: "robot", name: nil, by: tenant.admin)
        }
        #expect(bots == [nil: 1, "handle_taken": 49])
        #expect(try await service.bots(for: tenant.admin).map(\.handle) == ["robot"])
        let channels = await race { _ in
            _ = try await service.createChannel(
                kind: .public, name: "one", topic: nil, members: [], by: tenant.admin)
        }
        #expect(channels == [nil: 1, "name_taken": 49])
    }

    @Test func `one channel has at most 100 webhooks, also when many are made at once`() async throws {
        let channel = try await tenant.channel()
        let outcome = await race(120) { number in
            _ = try await tenant.hook("h\(number)", to: channel)
        }
        #expect(outcome == [nil: 100, "too_many_hooks": 20])
        // Nothing is left of those that were refused.
        #expect(
            try await service.members(of: channel.id, after: UserID(0), limit: 200, for: tenant.admin).count == 101)
    }

    @Test func `nothing is sent to a channel behind its archiving, or to a thread behind its deletion`() async throws {
        let channel = try await tenant.channel()
        let root = try await service.send(MessageDraft(channelID: channel.id, text: "root"), as: tenant.admin).message
        let answers = await race { number in
            if number == 10 {
                _ = try await service.delete(root.id, by: tenant.admin)
            } else {
                _ = try await service.send(
                    MessageDraft(channelID: channel.id, text: "a\(number)", threadRootID: root.id), as: tenant.admin)
            }
        }
        #expect(answers[nil, default: 0] + answers["message_deleted", default: 0] == 50)
        let messages = try await tenant.messages(in: channel)
        #expect(messages.count == answers[nil, default: 0])
        #expect(messages.map(\.seq) == Array(1...Int64(messages.count)))
        #expect(try await service.message(root.id, for: tenant.admin).replyCount == messages.count - 1)
        let sends = await race { number in
            if number == 10 {
                _ = try await service.updateChannel(
                    channel.id, name: nil, topic: nil, isArchived: true, by: tenant.admin)
            } else {
                _ = try await service.send(MessageDraft(channelID: channel.id, text: "b\(number)"), as: tenant.admin)
            }
        }
        #expect(sends[nil, default: 0] + sends["channel_is_archived", default: 0] == 50)
        let lastSeq = try await service.channel(channel.id, for: tenant.admin).lastSeq
        #expect(lastSeq == Int64(messages.count + sends[nil, default: 0] - 1))
    }

    @Test func `a log-in that is renewed while the password changes does not outlive it`() async throws {
        for round in 0..<5 {
            let session = try await tenant.session("r\(round)")
            let outcome = await race(2) { number in
                if number == 0 {
                    _ = try await service.refresh(session.refreshToken, origin: tenant.app.name)
                } else {
                    _ = try await service.updateUser(
                        session.user.id, name: nil, email: nil, role: nil, isActive: nil, password: "new horse stable",
                        by: tenant.admin)
                }
            }
            #expect(outcome[nil, default: 0] >= 1)
            let rows = try await tenant.fixture.store.pool.query(
                "SELECT count(*) FROM refresh_tokens WHERE user_id = $1", session.user.id.rawValue)
            #expect(try rows.first?.decode(0, as: Int64.self) == 0)
        }
    }
}
