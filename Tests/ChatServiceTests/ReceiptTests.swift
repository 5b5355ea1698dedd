import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Testing

/// How far members have got.
@Suite(.timeLimit(.minutes(1)))
struct ReceiptTests {
    private let tenant: ChatTenant
    private let ada: Principal
    private var service: ChatService { tenant.service }
    private var store: ChatStore { tenant.fixture.store }

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        ada = try await tenant.person("ada")
    }

    private func channel(of messages: Int) async throws -> Channel {
        let channel = try await tenant.channel(members: [ada])
        for number in 0..<messages {
            _ = try await service.send(MessageDraft(channelID: channel.id, text: "\(number)"), as: tenant.admin)
        }
        return channel
    }

    private func deliver(_ seq: Int64, in channel: Channel, app: AppID? = nil) async throws -> [Receipt] {
        try await store.markDelivered([(app ?? tenant.app.id, channel.id, ada.userID, seq)]).map(\.receipt)
    }

    @Test func `a position moves forward, and no further than the last message`() async throws {
        let channel = try await channel(of: 3)
        #expect(try await deliver(2, in: channel).map(\.deliveredSeq) == [2])
        #expect(try await deliver(1, in: channel).isEmpty)
        #expect(try await deliver(.max, in: channel).map(\.deliveredSeq) == [3])
        #expect(try await deliver(.max, in: channel).isEmpty)
        let member = try await service.members(of: channel.id, after: UserID(0), limit: 9, for: ada).last
        #expect(member?.readSeq == 0 && member?.readAt == nil && member?.deliveredAt != nil)
    }

    @Test func `what was read has been delivered`() async throws {
        let channel = try await channel(of: 3)
        _ = try await service.markRead(channel.id, upTo: 2, by: ada)
        let member = try await service.members(of: channel.id, after: UserID(0), limit: 9, for: ada).last
        #expect(member?.deliveredSeq == 2 && member?.readSeq == 2)
        #expect(try await deliver(2, in: channel).isEmpty)
    }

    @Test func `nothing is kept of who is no member, of another app, and in channels with many members`() async throws {
        let channel = try await channel(of: 1)
        let other = try await tenant.fixture.tenant()
        #expect(try await deliver(1, in: channel, app: other.app.id).isEmpty)
        let outsider = try await tenant.person("outsider")
        #expect(
            await refusal { try await service.markDelivered(channel.id, upTo: 1, by: outsider) }?.code == "not_a_member"
        )
        #expect(await refusal { try await service.markDelivered(channel.id, upTo: -1, by: ada) }?.pointer == "/seq")
        let many = try await service.ensurePeople(
            (0..<ChatStore.mostTold).map { ("p\($0)", "P") }, by: tenant.admin)
        _ = try await service.addMembers(many.map(\.id), role: nil, to: channel.id, by: tenant.admin)
        #expect(try await deliver(1, in: channel).isEmpty)
        // Reading is kept as ever, and told to nobody else.
        #expect(try await store.markRead(channel.id, upTo: 1, by: ada.userID, in: tenant.app.id)?.news == nil)
        #expect(try await service.channel(channel.id, for: ada).membership?.readSeq == 1)
    }
}
