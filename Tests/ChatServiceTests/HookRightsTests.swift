import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Testing

/// Who answers for what acts by itself.
@Suite(.timeLimit(.minutes(1)))
struct HookRightsTests {
    private let tenant: ChatTenant
    private let maker: Principal
    private let channel: Channel
    private let secret: String
    private let id: Int64
    private var service: ChatService { tenant.service }

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        maker = try await tenant.person("maker")
        channel = try await tenant.channel("secret", kind: .private, members: [maker])
        let made = try await tenant.service.createHook(name: "h", channel: channel.id, isLocked: true, by: maker)
        secret = made.secret
        id = made.hook.id
    }

    private func update(role: User.Role? = nil, isActive: Bool? = nil) async throws {
        _ = try await service.updateUser(
            maker.userID, name: nil, email: nil, role: role, isActive: isActive, password: nil, by: tenant.admin)
    }

    enum Loss: CaseIterable { case removed, left, closed, guest }

    @Test(arguments: Loss.allCases)
    func `a webhook rests when its maker has lost the right, until an administrator takes it over`(
        loss: Loss
    ) async throws {
        #expect(try await service.hook(secret: secret)?.hook.id == id)
        switch loss {
        case .removed: try await service.removeMember(maker.userID, from: channel.id, by: tenant.admin)
        case .left: try await service.leave(channel.id, by: maker)
        case .closed: try await update(isActive: false)
        case .guest: try await update(role: .guest)
        }
        #expect(await refusal { try await service.hook(secret: secret) }?.code == "hook_suspended")
        #expect(try await service.hooks(for: tenant.admin).map(\.maker.answersForIt) == [false])
        #expect(await refusal { try await service.takeOverHook(id, by: maker) }?.code == "admin_only")
        let taken = try await service.takeOverHook(id, by: tenant.admin)
        #expect(taken.maker.id == tenant.admin.userID && taken.maker.answersForIt)
        let used = try #require(try await service.hook(secret: secret))
        _ = try await service.send(MessageDraft(channelID: channel.id, text: "x"), as: used.principal)
        let rows = try await service.audit(
            before: nil, after: nil, action: "hook.taken_over", actor: nil, since: nil, limit: 10, for: tenant.admin)
        #expect(rows.count == 1)
    }

    @Test func `a right that comes back lets the webhook write again`() async throws {
        try await service.removeMember(maker.userID, from: channel.id, by: tenant.admin)
        #expect(await refusal { try await service.hook(secret: secret) }?.code == "hook_suspended")
        _ = try await service.addMembers([maker.userID], role: nil, to: channel.id, by: tenant.admin)
        #expect(try await service.hook(secret: secret) != nil)
    }

    @Test func `there is no webhook in a direct channel, whoever asks`() async throws {
        let direct = try await service.createChannel(
            kind: .direct, name: nil, topic: nil, members: [tenant.admin.userID], by: maker)
        for who in [maker, tenant.admin] {
            let error = await refusal {
                try await service.createHook(name: "h", channel: direct.id, isLocked: false, by: who)
            }
            #expect(error?.kind == .invalid && error?.pointer == "/channel_id")
        }
    }

    @Test func `a webhook does not come into a public channel that takes coming in`() async throws {
        let open = try await tenant.channel("open")
        let hook = try await service.createHook(name: "h", channel: channel.id, isLocked: false, by: maker).hook
        let override = ChannelOverride(subject: .everyone, allow: [], deny: .join)
        _ = try await service.setOverride(override, of: open.id, by: tenant.admin)
        #expect(await refusal { try await service.join(open.id, by: maker) }?.code == "not_allowed")
        #expect(await refusal { try await service.hookChannel(named: "open", of: hook) }?.code == "channel_not_found")
        try await service.deleteOverride(.everyone, 0, of: open.id, by: tenant.admin)
        #expect(try await service.hookChannel(named: "open", of: hook) == open.id)
    }

    @Test func `a bot outlives its maker`() async throws {
        let deputy = try await tenant.person("deputy", role: .admin)
        let made = try await service.createBot(handle: "robot", name: nil, by: deputy)
        _ = try await service.updateUser(
            deputy.userID, name: nil, email: nil, role: nil, isActive: false, password: nil, by: tenant.admin)
        #expect(try await service.authenticate(made.token).userID == made.bot.id)
    }
}
