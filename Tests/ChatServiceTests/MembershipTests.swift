import ChatModel
import ChatService
import ChatTestSupport
import Testing

/// Who comes, who goes, and who rules.
@Suite(.timeLimit(.minutes(1)))
struct MembershipTests {
    private let tenant: ChatTenant
    private let owner: Principal
    private let moderator: Principal
    private let member: Principal
    private let channel: Channel
    private var service: ChatService { tenant.service }

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        owner = try await tenant.person("owner")
        moderator = try await tenant.person("moderator")
        member = try await tenant.person("member")
        channel = try await tenant.service.createChannel(
            kind: .private, name: "c", topic: nil, members: [member.userID], by: owner)
        _ = try await tenant.service.addMembers([moderator.userID], role: .moderator, to: channel.id, by: owner)
    }

    private func role(_ who: Principal) async throws -> Membership.Role? {
        try await service.members(of: channel.id, after: UserID(0), limit: 100, for: tenant.admin)
            .first { $0.user.id == who.userID }?.role
    }

    @Test func `a moderator neither removes nor demotes an owner, nor another moderator`() async throws {
        let other = try await tenant.person("other")
        _ = try await service.addMembers([other.userID], role: .moderator, to: channel.id, by: owner)
        for target in [owner, other] {
            #expect(
                await refusal { try await service.removeMember(target.userID, from: channel.id, by: moderator) }?.code
                    == "not_allowed")
            #expect(
                await refusal {
                    try await service.setRole(.member, of: target.userID, in: channel.id, by: moderator)
                }?.code == "not_allowed")
        }
        #expect(
            await refusal { try await service.setRole(.owner, of: moderator.userID, in: channel.id, by: moderator) }?
                .code
                == "not_allowed")
        try await service.removeMember(member.userID, from: channel.id, by: moderator)
        #expect(try await role(member) == nil)
        #expect(try await role(owner) == .owner)
    }

    @Test func `the last owner hands over before going, stepping down or being closed`() async throws {
        #expect(await refusal { try await service.leave(channel.id, by: owner) }?.code == "last_owner")
        for actor in [owner, tenant.admin] {
            #expect(
                await refusal { try await service.setRole(.member, of: owner.userID, in: channel.id, by: actor) }?.code
                    == "last_owner")
        }
        #expect(
            await refusal { try await service.removeMember(owner.userID, from: channel.id, by: tenant.admin) }?.code
                == "last_owner")
        let refused = await refusal {
            try await service.updateUser(
                owner.userID, name: nil, email: nil, role: nil, isActive: false, password: nil, by: tenant.admin)
        }
        #expect(refused?.code == "last_owner")
        #expect(refused?.description.contains("channels would be left without an owner: c.") == true)
        #expect(try await service.user(owner.userID, for: tenant.admin).isActive)

        #expect(try await service.setRole(.owner, of: member.userID, in: channel.id, by: owner).role == .owner)
        #expect(
            await refusal { try await service.setRole(.member, of: member.userID, in: channel.id, by: owner) }?.code
                == "not_allowed", "owners are equals")
        try await service.leave(channel.id, by: owner)
        #expect(try await role(owner) == nil)
        #expect(try await role(member) == .owner)
    }

    @Test func `who is alone in a channel may leave it`() async throws {
        let own = try await service.createChannel(kind: .private, name: "own", topic: nil, members: [], by: member)
        // A webhook is no person, and cannot take over.
        _ = try await service.createHook(name: "h", channel: own.id, isLocked: true, by: member)
        try await service.leave(own.id, by: member)
        #expect(try await service.members(of: own.id, after: UserID(0), limit: 9, for: tenant.admin).count == 1)
    }

    @Test func `an account is closed at once when somebody takes its channels`() async throws {
        let second = try await service.createChannel(
            kind: .public, name: "second", topic: nil, members: [moderator.userID], by: owner)
        let alone = try await service.createChannel(kind: .public, name: "alone", topic: nil, members: [], by: owner)
        for heir in [owner.userID, UserID(9_999_999)] {
            #expect(
                await refusal {
                    try await service.updateUser(
                        owner.userID, name: nil, email: nil, role: nil, isActive: false, password: nil, heir: heir,
                        by: tenant.admin)
                }?.pointer == "/hand_over_to")
        }
        let closed = try await service.updateUser(
            owner.userID, name: nil, email: nil, role: nil, isActive: false, password: nil, heir: member.userID,
            by: tenant.admin)
        #expect(!closed.isActive)
        #expect(try await role(member) == .owner)
        #expect(try await service.channel(second.id, for: member).membership?.role == .owner)
        #expect(try await service.channel(alone.id, for: member).membership == nil)
        let rows = try await service.audit(
            before: nil, after: 0, action: "member.role_changed", actor: nil, since: nil, limit: 10, for: tenant.admin)
        #expect(rows.count == 2)
        let check = try await service.checkAudit(after: 0, hash: [], for: tenant.admin)
        #expect(check.fault == nil && check.isEnd)
    }

    @Test func `a role that is asked for is given, or it is said why not`() async throws {
        let fresh = try await tenant.person("fresh")
        let added = try await service.addMembers([fresh.userID], role: .moderator, to: channel.id, by: owner)
        #expect(added.map(\.role) == [.moderator])
        let refused = await refusal {
            try await service.addMembers([fresh.userID], role: .owner, to: channel.id, by: owner)
        }
        #expect(refused?.code == "already_a_member" && refused?.pointer == "/role")
        // Without a role, and with the one that somebody has, nothing is asked for.
        for role in [nil, Membership.Role.moderator] {
            #expect(try await service.addMembers([fresh.userID], role: role, to: channel.id, by: owner).isEmpty)
        }
        #expect(try await service.setRole(.owner, of: fresh.userID, in: channel.id, by: owner).role == .owner)
        #expect(try await service.setRole(.owner, of: fresh.userID, in: channel.id, by: owner).role == .owner)
    }

    @Test func `who is not known is named, and nobody is added then`() async throws {
        let fresh = try await tenant.person("fresh")
        let closed = try await tenant.person("closed")
        _ = try await service.updateUser(
            closed.userID, name: nil, email: nil, role: nil, isActive: false, password: nil, by: tenant.admin)
        let foreign = try await tenant.fixture.tenant().admin
        for stranger in [closed.userID, foreign.userID, UserID(9_999_999), UserID(-1), UserID(0)] {
            let users = [fresh.userID, stranger]
            let error = await refusal { try await service.addMembers(users, role: nil, to: channel.id, by: owner) }
            #expect(error?.code == "user_not_found" && error?.pointer == "/users")
            #expect(error?.description == "There is no user \(stranger).")
            let made = await refusal {
                try await service.createChannel(kind: .public, name: "n", topic: nil, members: users, by: owner)
            }
            #expect(made?.description == "There is no user \(stranger).")
        }
        #expect(try await role(fresh) == nil)
        #expect(await refusal { try await service.channel(named: "n", for: tenant.admin) }?.kind == .notFound)
    }

    @Test func `a direct channel is archived by one for themselves, until something is said`() async throws {
        let direct = try await service.createChannel(
            kind: .direct, name: nil, topic: nil, members: [member.userID], by: owner)
        _ = try await service.send(MessageDraft(channelID: direct.id, text: "hello"), as: owner)
        func isArchived(_ who: Principal) async throws -> Bool? {
            let one = try await service.channel(direct.id, for: who).isArchived
            #expect(try await service.joinedChannels(for: who).first { $0.id == direct.id }?.isArchived == one)
            return one
        }
        for who in [member, owner] {
            let other = who.userID == owner.userID ? member : owner
            let changed = try await service.updateChannel(direct.id, name: nil, topic: nil, isArchived: true, by: who)
            #expect(changed.isArchived)
            #expect(try await isArchived(who) == true)
            #expect(try await isArchived(other) == false)
            // The other one writes, and it is there again.
            _ = try await service.send(MessageDraft(channelID: direct.id, text: "there?"), as: other)
            #expect(try await isArchived(who) == false)
        }
        _ = try await service.updateChannel(direct.id, name: nil, topic: nil, isArchived: true, by: member)
        let again = try await service.createChannel(
            kind: .direct, name: nil, topic: nil, members: [owner.userID], by: member)
        #expect(again.id == direct.id && !again.isArchived, "who opens it wants to see it")
        #expect(try await isArchived(member) == false)
        #expect(
            await refusal {
                try await service.updateChannel(direct.id, name: "n", topic: nil, isArchived: nil, by: member)
            }?.pointer == "/name")
    }
}
