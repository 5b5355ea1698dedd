import ChatModel
import ChatService
import ChatTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ChannelTests {
    private let tenant: ChatTenant
    private let member: Principal
    private var service: ChatService { tenant.service }

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        member = try await tenant.person("member")
    }

    @Test func `two people have one direct channel, also when both open it at once`() async throws {
        let other = try await tenant.person("other")
        let ids = try await withThrowingTaskGroup(of: ChannelID.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let (one, two) = number % 2 == 0 ? (member, other) : (other, member)
                    return try await service.createChannel(
                        kind: .direct, name: nil, topic: nil, members: [two.userID], by: one
                    ).id
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        let id = try #require(ids.first)
        #expect(await refusal { try await service.leave(id, by: member) }?.code == "direct_is_closed")
        #expect(
            await refusal { try await service.addMembers([tenant.admin.userID], role: .member, to: id, by: member) }?
                .code
                == "direct_is_closed")
        _ = try await service.send(MessageDraft(channelID: id, text: "hello"), as: other)
    }

    @Test func `a name is taken once, in any case, and of 8 at once one gets it`() async throws {
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    do {
                        _ = try await service.createChannel(
                            kind: .public, name: number % 2 == 0 ? "News" : "news", topic: nil, members: [], by: member)
                        return true
                    } catch let error as ChatError {
                        #expect(error.code == "name_taken")
                        return false
                    } catch {
                        Issue.record(error)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
        #expect(try await service.channel(named: "#NEWS", for: member).membership?.role == .owner)
    }

    @Test func `rights in a channel go by role`() async throws {
        let channel = try await service.createChannel(
            kind: .public, name: "c", topic: nil, members: [], by: tenant.admin)
        _ = try await service.join(channel.id, by: member)
        let message = try await service.send(MessageDraft(channelID: channel.id, text: "x"), as: tenant.admin).message
        let attempts: [(String, () async throws -> Any)] = [
            (
                "rename",
                { try await service.updateChannel(channel.id, name: "d", topic: nil, isArchived: nil, by: member) }
            ),
            ("remove", { try await service.removeMember(tenant.admin.userID, from: channel.id, by: member) }),
            ("promote", { try await service.addMembers([member.userID], role: .owner, to: channel.id, by: member) }),
            ("edit", { try await service.edit(message.id, text: "y", by: member) }),
            ("delete", { try await service.delete(message.id, by: member) }),
            ("hooks", { try await service.hooks(for: member) }),
            ("bots", { try await service.createBot(handle: "b", name: nil, by: member) }),
        ]
        for (name, attempt) in attempts {
            #expect(await refusal("\(name)", attempt)?.kind == .forbidden, "\(name)")
        }
        let moderator = try await tenant.person("moderator")
        _ = try await service.addMembers([moderator.userID], role: .moderator, to: channel.id, by: tenant.admin)
        #expect(try await service.delete(message.id, by: moderator).text == "")
        #expect(await refusal { try await service.edit(message.id, text: "y", by: tenant.admin) }?.kind == .notFound)
        try await service.removeMember(member.userID, from: channel.id, by: moderator)
        #expect(
            await refusal { try await service.removeMember(member.userID, from: channel.id, by: moderator) }?.code
                == "member_not_found")
    }

    @Test func `guests see only what they were added to`() async throws {
        let guest = try await tenant.person("guest", role: .guest)
        let open = try await tenant.channel("open")
        let shared = try await tenant.channel("shared", members: [guest])
        #expect(try await service.publicChannels(after: ChannelID(0), limit: 10, for: guest).isEmpty)
        #expect(try await service.joinedChannels(for: guest).map(\.id) == [shared.id])
        for attempt in [
            { try await service.channel(open.id, for: guest) }, { try await service.join(open.id, by: guest) },
        ] {
            #expect(await refusal(nil, attempt)?.kind == .notFound)
        }
        #expect(
            await refusal {
                try await service.createChannel(kind: .public, name: "g", topic: nil, members: [], by: guest)
            }?.kind == .forbidden)
    }

    @Test(arguments: ["", "a b", "a#b", "a\0", "a\n", String(repeating: "x", count: 81)])
    func `a channel's name has its limits`(name: String) async throws {
        #expect(
            await refusal {
                try await service.createChannel(kind: .public, name: name, topic: nil, members: [], by: member)
            }?.pointer == "/name")
    }

    @Test func `groups and lists have their limits`() async throws {
        for (kind, members) in [
            (Channel.Kind.group, [UserID]()), (.direct, []), (.direct, [UserID(1), UserID(2)]),
            (.group, (1...20).map { UserID($0) }), (.public, (1...1001).map { UserID($0) }),
        ] {
            #expect(
                await refusal {
                    try await service.createChannel(kind: kind, name: "x", topic: nil, members: members, by: member)
                }?.pointer == "/members", "\(kind) \(members.count)")
        }
        #expect(
            await refusal {
                try await service.createChannel(
                    kind: .public, name: "t", topic: String(repeating: "x", count: 1025), members: [], by: member)
            }?.pointer == "/topic")
    }
}
