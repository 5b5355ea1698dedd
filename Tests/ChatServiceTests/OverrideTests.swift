import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import TestSupport
import Testing

/// Overrides, roles of the app's own, announcements and slow mode, with the database behind them.
@Suite(.timeLimit(.minutes(1)))
struct OverrideTests {
    private let tenant: ChatTenant
    private let owner: Principal
    private let member: Principal
    private let channel: Channel
    private var service: ChatService { tenant.service }

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        owner = try await tenant.person("owner")
        member = try await tenant.person("member")
        channel = try await tenant.service.createChannel(
            kind: .private, name: "c", topic: nil, members: [member.userID], by: owner)
    }

    private func send(
        _ text: String, to root: MessageID? = nil, nonce: String? = nil, as principal: Principal
    ) async throws -> (message: Message, isRepeat: Bool) {
        try await service.send(
            MessageDraft(channelID: channel.id, text: text, threadRootID: root, nonce: nonce), as: principal)
    }

    private func set(
        _ subject: ChannelOverride.Subject, _ id: Int64 = 0, allow: Capability = [], deny: Capability = [],
        by principal: Principal
    ) async throws {
        _ = try await service.setOverride(
            ChannelOverride(subject: subject, subjectID: id, allow: allow, deny: deny), of: channel.id, by: principal)
    }

    private func own(_ principal: Principal) async throws -> Capability {
        try #require(try await service.channel(channel.id, for: principal).ownCapabilities)
    }

    // MARK: Overrides

    @Test func `an override holds from the next request on, and what it takes is not among one's capabilities`()
        async throws
    {
        let root = try await send("root", as: member).message
        try await set(.everyone, deny: [.send, .react], by: owner)
        #expect(try await own(member).contains(.send) == false)
        #expect(try await own(owner).contains(.send))
        let refused = await refusal { try await send("no", as: member) }
        #expect(refused?.code == "not_allowed" && refused?.kind == .forbidden)
        #expect(
            await refusal { try await service.react("👍", to: root.id, isOn: true, by: member) }?.code == "not_allowed")
        _ = try await send("answer", to: root.id, as: member)
        _ = try await send("owners are not everyone", as: owner)
        try await set(.user, member.userID.rawValue, allow: .send, by: owner)
        _ = try await send("again", as: member)
        #expect(try await service.overrides(of: channel.id, for: member).map(\.subject) == [.everyone, .user])
        try await service.deleteOverride(.user, member.userID.rawValue, of: channel.id, by: owner)
        #expect(await refusal { try await send("no", as: member) }?.code == "not_allowed")
        try await service.deleteOverride(.everyone, 0, of: channel.id, by: owner)
        _ = try await send("yes", as: member)
        #expect(
            await refusal { try await service.deleteOverride(.everyone, 0, of: channel.id, by: owner) }?.code
                == "override_not_found")
    }

    @Test func `nobody gives what they lack, changes an owner's rights, or takes a membership's`() async throws {
        let (own, other) = (owner.userID.rawValue, member.userID.rawValue)
        #expect(await refusal { try await set(.everyone, deny: .send, by: member) }?.code == "not_allowed")
        #expect(await refusal { try await set(.user, other, allow: .editAny, by: owner) }?.code == "not_allowed")
        #expect(await refusal { try await set(.user, own, deny: .send, by: owner) }?.code == "not_allowed")
        let read = await refusal { try await set(.everyone, deny: [.send, .read], by: tenant.admin) }
        #expect(read?.kind == .invalid && read?.pointer == "/deny")
        #expect(await refusal { try await set(.user, .max, deny: .send, by: owner) }?.code == "user_not_found")
        #expect(await refusal { try await set(.role, .max, deny: .send, by: owner) }?.code == "role_not_found")
        try await set(.user, own, deny: .send, by: tenant.admin)
        #expect(await refusal { try await send("no", as: owner) }?.code == "not_allowed")
        let direct = try await service.createChannel(
            kind: .direct, name: nil, topic: nil, members: [member.userID], by: owner)
        let override = ChannelOverride(subject: .everyone, allow: [], deny: .send)
        #expect(
            await refusal { try await service.setOverride(override, of: direct.id, by: owner) }?.code
                == "direct_is_closed")
    }

    @Test func `another node forgets what it remembers when an override is set`() async throws {
        let node = try await tenant.fixture.node()
        _ = try await node.service.send(MessageDraft(channelID: channel.id, text: "x"), as: member)
        try await set(.everyone, deny: .send, by: owner)
        try await tenant.fixture.settle()
        let end = tenant.fixture.hub.position
        try await eventually("the other node has it") { node.hub.position >= end }
        let refused = await refusal {
            try await node.service.send(MessageDraft(channelID: channel.id, text: "x"), as: member)
        }
        #expect(refused?.code == "not_allowed")
        await node.stop()
    }

    @Test func `who calls all members is decided by the same set, and a bot does so where it is given`() async throws {
        func callsAll(_ principal: Principal) async throws -> Bool {
            try await send("@channel: look", as: principal).message.mentions?.channel == true
        }
        let bot = Principal(
            appID: tenant.app.id,
            user: try await service.createBot(handle: "caller", name: nil, by: tenant.admin).bot)
        _ = try await service.addMembers([bot.userID], role: nil, to: channel.id, by: owner)
        #expect(try await callsAll(member))
        #expect(try await callsAll(bot) == false)
        #expect(try await own(bot).contains(.mentionEveryone) == false)
        try await set(.everyone, deny: .mentionEveryone, by: owner)
        try await set(.user, bot.userID.rawValue, allow: .mentionEveryone, by: owner)
        #expect(try await callsAll(member) == false)
        #expect(try await callsAll(bot))
        #expect(try await callsAll(owner))
    }

    // MARK: Limits

    @Test func `a channel, an app and a user have as many overrides and roles as they may, and no more`() async throws {
        let (store, app, actor) = (tenant.fixture.store, tenant.app.id, tenant.admin.auditActor)
        func put(_ subject: ChannelOverride.Subject, _ id: Int64, deny: Capability = .send) async throws -> Bool {
            try await store.setOverride(
                ChannelOverride(subject: subject, subjectID: id, allow: [], deny: deny), of: channel.id, by: actor,
                isAdministrator: true, limit: 2, in: app)
        }
        #expect(try await put(.everyone, 0))
        #expect(try await put(.user, member.userID.rawValue))
        #expect(try await put(.user, owner.userID.rawValue) == false)
        // One that is there can still be changed.
        #expect(try await put(.everyone, 0, deny: .react))
        func role(_ name: String) async throws -> AppRole? {
            try await store.insertRole(name: name, capabilities: [], rank: 0, by: actor, limit: 2, in: app)
        }
        let first = try #require(try await role("a"))
        let second = try #require(try await role("b"))
        #expect(try await role("c") == nil)
        func give(_ role: Int64) async throws -> ChatStore.RoleChange {
            try await store.setRole(
                role, of: member.userID, isOn: true, by: actor, isAdministrator: true, own: [], limit: 1, in: app)
        }
        #expect(try await give(first.id) == .done)
        #expect(try await give(first.id) == .unchanged)
        #expect(try await give(second.id) == .full)
    }

    @Test func `what is done about rights is in the audit log`() async throws {
        try await set(.everyone, deny: .send, by: owner)
        try await set(.everyone, deny: .send, by: owner)
        try await service.deleteOverride(.everyone, 0, of: channel.id, by: owner)
        let role = try await service.createRole(name: "r", capabilities: [.moderate], rank: 1, by: tenant.admin)
        _ = try await service.updateRole(role.id, name: "r", capabilities: [.moderate], rank: 1, by: tenant.admin)
        _ = try await service.updateRole(role.id, name: "r", capabilities: [], rank: 1, by: tenant.admin)
        for isOn in [true, true, false] {
            try await service.setRole(role.id, of: member.userID, isOn: isOn, by: tenant.admin)
        }
        try await service.deleteRole(role.id, by: tenant.admin)
        try await slow(5)
        let rows = try await service.audit(
            before: nil, after: 0, action: nil, actor: nil, since: nil, limit: 100, for: tenant.admin)
        // What changes nothing is not written.
        #expect(
            rows.map(\.action).filter { !$0.hasPrefix("user.created") } == [
                "override.updated", "override.deleted", "role.created", "role.updated", "user.role_added",
                "user.role_removed", "role.deleted", "channel.slow_mode_changed",
            ])
    }

    // MARK: Roles

    @Test func `a role of the app's own gives what it says, as long as one has it`() async throws {
        let role = try await service.createRole(
            name: "Helpers", capabilities: [.deleteAny, .createChannels], rank: 10, by: tenant.admin)
        #expect(
            await refusal {
                try await service.createRole(name: "helpers", capabilities: [], rank: 0, by: tenant.admin)
            }?.code == "name_taken")
        let guest = try await tenant.person("guest", role: .guest)
        _ = try await service.addMembers([guest.userID], role: nil, to: channel.id, by: owner)
        let said = try await send("x", as: member).message
        #expect(await refusal { try await service.delete(said.id, by: guest) }?.code == "not_your_message")
        try await service.setRole(role.id, of: guest.userID, isOn: true, by: tenant.admin)
        #expect(try await service.me(guest).ownCapabilities == .createChannels)
        _ = try await service.createChannel(kind: .private, name: "guests", topic: nil, members: [], by: guest)
        _ = try await service.delete(said.id, by: guest)
        // In the channel a role can be deprived of what it gives.
        try await set(.role, role.id, deny: .send, by: owner)
        #expect(await refusal { try await send("no", as: guest) }?.code == "not_allowed")
        try await service.deleteRole(role.id, by: tenant.admin)
        _ = try await send("yes", as: guest)
        #expect(try await service.me(guest).ownCapabilities == [])
        #expect(try await service.overrides(of: channel.id, for: owner).isEmpty)
        #expect(
            await refusal {
                try await service.createChannel(kind: .private, name: "more", topic: nil, members: [], by: guest)
            }?.code == "guests_cannot_create")
    }

    @Test func `who assigns roles gives those below their own, and nothing that they lack`() async throws {
        func role(_ name: String, _ capabilities: Capability, _ rank: Int) async throws -> Int64 {
            try await service.createRole(name: name, capabilities: capabilities, rank: rank, by: tenant.admin).id
        }
        let lead = try await role("lead", [.assignRoles, .moderate], 10)
        let low = try await role("low", [.moderate, .createChannels], 5)
        let strong = try await role("strong", .deleteAny, 5)
        let peer = try await role("peer", [], 10)
        #expect(
            await refusal { try await service.setRole(low, of: owner.userID, isOn: true, by: member) }?.code
                == "admin_only")
        try await service.setRole(lead, of: member.userID, isOn: true, by: tenant.admin)
        try await service.setRole(low, of: owner.userID, isOn: true, by: member)
        #expect(try await service.roles(of: owner.userID, for: member).map(\.id) == [low])
        for role in [strong, peer, lead] {
            #expect(
                await refusal { try await service.setRole(role, of: owner.userID, isOn: true, by: member) }?.code
                    == "not_allowed")
        }
        try await service.setRole(low, of: owner.userID, isOn: false, by: member)
        #expect(try await service.roles(of: owner.userID, for: member).isEmpty)
        let forbidden = await refusal {
            try await service.createRole(name: "root", capabilities: .administer, rank: 0, by: tenant.admin)
        }
        #expect(forbidden?.pointer == "/capabilities")
    }

    // MARK: Announcements and slow mode

    @Test func `in an announcement channel members answer, and only moderators and owners send`() async throws {
        let changed = try await service.updateChannel(
            channel.id, name: nil, topic: nil, isArchived: nil, isAnnouncement: true, by: owner)
        #expect(changed.isAnnouncement && changed.ownCapabilities?.contains(.send) == true)
        let root = try await send("news", as: owner).message
        #expect(await refusal { try await send("me too", as: member) }?.code == "not_allowed")
        _ = try await send("thanks", to: root.id, as: member)
        _ = try await service.setRole(.moderator, of: member.userID, in: channel.id, by: owner)
        _ = try await send("now I may", as: member)
    }

    private func slow(_ seconds: Int) async throws {
        _ = try await service.updateChannel(
            channel.id, name: nil, topic: nil, isArchived: nil, slowMode: seconds, by: owner)
    }

    @Test func `in slow mode a member waits, on every node, and a repeat or a moderator does not`() async throws {
        try await slow(3600)
        let first = try await send("one", nonce: "n", as: member)
        let again = try await send("one", nonce: "n", as: member)
        #expect(again.isRepeat && again.message.id == first.message.id)
        let refused = await refusal { try await send("two", as: member) }
        #expect(refused?.code == "slow_mode" && refused?.kind == .overloaded)
        let wait = try #require(refused?.retryAfter)
        #expect(wait > .seconds(3500) && wait <= .seconds(3600))
        #expect(await refusal { try await send("answer", to: first.message.id, as: member) }?.code == "slow_mode")
        let node = try await tenant.fixture.node()
        let elsewhere = await refusal {
            try await node.service.send(MessageDraft(channelID: channel.id, text: "two"), as: member)
        }
        #expect(elsewhere?.code == "slow_mode")
        await node.stop()
        for text in ["a", "b"] { _ = try await send(text, as: owner) }
        #expect(try await tenant.messages(in: channel).map(\.text) == ["one", "a", "b"])
        try await slow(0)
        _ = try await send("three", as: member)
    }

    @Test func `of two at the same moment one is stored, and what is refused takes no turn`() async throws {
        try await slow(3600)
        let answers = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<8 {
                group.addTask { (try? await self.send("\(index)", as: self.member)) != nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(answers == 1)
        let other = try await tenant.person("other")
        _ = try await service.addMembers([other.userID], role: nil, to: channel.id, by: owner)
        let root = try await send("root", as: owner).message
        _ = try await service.delete(root.id, by: owner)
        #expect(await refusal { try await send("answer", to: root.id, as: other) }?.code == "message_deleted")
        let mine = try await send("@owner mine", as: other).message
        #expect(mine.mentions?.users.map(\.id) == [owner.userID])
    }

    @Test(arguments: [-1, 21_601])
    func `a slow mode has bounds`(seconds: Int) async throws {
        #expect(await refusal { try await slow(seconds) }?.pointer == "/slow_mode")
    }
}
