import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import EventLog
import HTTPTypes
import Testing

/// Long polls that are open while a right ends.
@Suite(.timeLimit(.minutes(1)))
struct OpenPollTests {
    private let tenant: ChatTenant
    private let api: RestCaller
    private var service: ChatService { tenant.service }

    init() async throws {
        tenant = try await ChatFixture.shared().tenant()
        api = RestCaller(tenant)
    }

    enum Ending: CaseIterable { case loggedOut, closed, passwordChanged, tokenReplaced, botClosed }

    /// A token and what ends it.
    private func token(
        _ ending: Ending
    ) async throws -> (token: String, id: UserID, end: @Sendable () async throws -> Void) {
        let (service, admin) = (service, tenant.admin)
        switch ending {
        case .tokenReplaced, .botClosed:
            let made = try await service.createBot(handle: "bot", name: nil, by: admin)
            return (
                made.token, made.bot.id,
                {
                    if ending == .botClosed { return try await service.closeBot(made.bot.id, by: admin) }
                    _ = try await service.replaceBotToken(made.bot.id, by: admin)
                }
            )
        case .loggedOut, .closed, .passwordChanged:
            let session = try await tenant.session("eve")
            let principal = try await service.authenticate(session.accessToken)
            return (
                session.accessToken, session.user.id,
                {
                    if ending == .loggedOut { return try await service.logOut(principal) }
                    _ = try await service.updateUser(
                        session.user.id, name: nil, email: nil, role: nil, isActive: ending == .closed ? false : nil,
                        password: ending == .closed ? nil : "another horse", by: admin)
                }
            )
        }
    }

    @Test(arguments: Ending.allCases, ["", "&types=message.created"])
    func `a poll that is open when its right ends hands nothing out`(ending: Ending, types: String) async throws {
        let (token, id, end) = try await token(ending)
        let secret = try await tenant.channel("secret", kind: .private)
        _ = try await service.addMembers([id], role: nil, to: secret.id, by: tenant.admin)
        try await tenant.fixture.settle()
        let target = "/v1/events?wait=50&after=\(tenant.fixture.hub.position)\(types)"
        async let answer = api(.get, target, as: nil, headers: ["Authorization": "Bearer \(token)"])
        try await end()
        _ = try await service.send(MessageDraft(channelID: secret.id, text: "private"), as: tenant.admin)
        let (status, json) = (await answer.status, await answer.json)
        #expect(status == 401, "\(json)")
        #expect(!"\(json)".contains("private"))
    }

    @Test func `whoever is removed from a channel gets nothing of it behind that, and the poll goes on`() async throws {
        let eve = try await api.person("eve")
        let secret = try await tenant.channel("secret", kind: .private, members: [eve])
        let open = try await tenant.channel("open", members: [eve])
        try await tenant.fixture.settle()
        var cursor = "\(tenant.fixture.hub.position)"
        try await service.removeMember(eve.userID, from: secret.id, by: tenant.admin)
        for text in ["private", "more"] {
            _ = try await service.send(MessageDraft(channelID: secret.id, text: text), as: tenant.admin)
        }
        _ = try await service.send(MessageDraft(channelID: open.id, text: "for all"), as: tenant.admin)
        var texts: [String] = []
        while texts.isEmpty {
            let answer = await api(.get, "/v1/events?wait=50&after=\(cursor)", as: "eve")
            cursor = try #require(answer["cursor"]?.string)
            texts += (answer["events"]?.array ?? []).compactMap { $0["data"]?["text"]?.string }
        }
        #expect(texts == ["for all"])
    }

    @Test(arguments: [Ending.loggedOut, .closed, .tokenReplaced])
    func `what ends on one node ends a poll on another`(ending: Ending) async throws {
        let node = try await tenant.fixture.node()
        let (token, id, end) = try await token(ending)
        let principal = try await service.authenticate(token)
        let secret = try await tenant.channel("secret", kind: .private)
        _ = try await service.addMembers([id], role: nil, to: secret.id, by: tenant.admin)
        // The other node remembers that all is well.
        try await node.service.checkStillGood(principal)
        let reader = try await node.log.reader(
            user: id, app: tenant.app.id, after: node.hub.position, types: nil,
            admit: { try await node.service.checkStillGood(principal, isFresh: $0) })
        try await end()
        _ = try await service.send(MessageDraft(channelID: secret.id, text: "psst"), as: tenant.admin)
        await #expect(throws: ChatError.self) {
            while true {
                for event in try await reader.next(limit: 10) { #expect(!event.data.contains("psst")) }
            }
        }
        await node.stop()
    }
}
