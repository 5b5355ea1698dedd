import AdminAPI
import BridgeRuntime
import BridgeTestSupport
import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import HTTPRouting
import HTTPTypes
import Telemetry
import Testing
import Webhooks

/// Every route, asked by everybody: who may is answered, who may not is refused.
@Suite(.timeLimit(.minutes(2)))
struct RightsMatrixTests {
    private let tenant: ChatTenant
    private let api: RestCaller
    private let node: BridgeNode
    private let boss: Principal
    private var service: ChatService { tenant.service }

    init() async throws {
        let bridges = try await BridgeTenant()
        tenant = bridges.chat
        node = bridges.node()
        api = RestCaller(
            tenant,
            more: BridgeRoutes(runtime: node.runtime).routes
                + Webhooks(service: tenant.service, metrics: Metrics(), logger: .silent).routes)
        boss = try await tenant.person("boss")
    }

    @Test func `every route is in the table`() async {
        let declared = Set(api.router.routes.map { "\($0.method.rawValue) \($0.template)" })
        let known = Set(RightsMatrix.rows.map(\.route)).union(RightsMatrix.open)
        #expect(declared.subtracting(known).sorted() == [], "say in RightsMatrix who may ask for these")
        #expect(known.subtracting(declared).sorted() == [], "these are no routes any more")
        for route in api.router.routes {
            let isOpen = RightsMatrix.open.contains("\(route.method.rawValue) \(route.template)")
            #expect((route.access == .open) == isOpen, "\(route.template)")
        }
        await node.stop()
    }

    @Test func `who may is answered, and everybody else refused, on every route`() async throws {
        var cells = 0
        var refusals = 0
        for asker in Asker.allCases {
            let scene = try await scene(for: asker)
            for row in RightsMatrix.rows {
                let ids = scene.ids.merging(row.ids.compactMapValues { scene.ids[$0] }) { $1 }
                let path = Self.filled(row.template, ids) + row.query
                let answer = await api(
                    row.method, path, as: scene.handle, row.body.map { Self.filled($0, ids) }, headers: scene.headers)
                let isRefused = [401, 403, 404].contains(answer.status) && answer.code != row.settled
                let isAnswered = answer.status < 300 || row.settled != nil && answer.code == row.settled
                cells += 1
                if isRefused { refusals += 1 }
                let text = "\(asker) \(row.route)\(row.query) \(row.body ?? ""): \(answer.status) \(answer.json)"
                if row.who.contains(asker) {
                    #expect(isAnswered, "may not, but should: \(text)")
                } else {
                    #expect(isRefused, "may, but should not: \(text)")
                }
                if asker == .nobody || asker == .deactivated { #expect(answer.status == 401, "\(text)") }
            }
        }
        print(
            "rights: \(RightsMatrix.rows.count) lines, \(Asker.allCases.count) askers, \(cells) cells, \(refusals) refusals"
        )
        #expect(refusals > cells / 3)
        await node.stop()
    }

    private static func filled(_ text: String, _ ids: [String: String]) -> String {
        ids.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    // MARK: The scene

    /// What one asker finds: a channel, people and things to act upon.
    private struct Scene {
        var ids: [String: String]
        /// nil of who shows no log-in, or one that has ended.
        var handle: String?
        var headers: HTTPHeaders = [:]
    }

    private func scene(for asker: Asker) async throws -> Scene {
        let name = asker.rawValue.lowercased()
        var scene = Scene(ids: [
            "asker": name, "name": "c-\(name)", "handle": "boss", "bridge": "none", "letter_id": "1",
            "emoji": "%F0%9F%91%8D",
        ])
        let principal = try await principal(asker, &scene)
        let people = try await ["newcomer", "chief", "leaver", "member"].mapAsync {
            try await tenant.person("\($0)-\(name)")
        }
        let channel = try await channel("c-\(name)", asker, principal, with: Array(people.dropFirst(2)))
        let other = try await self.channel("o-\(name)", asker, principal, with: [])
        let said = try await say("x", in: channel, as: boss)
        let gone = try await say("y", in: channel, as: boss)
        _ = try await service.delete(gone, by: boss)
        var own = try await say("z", in: channel, as: boss)
        if let principal, Set.members.contains(asker) || asker == .removed {
            own = try await say("mine", in: channel, as: principal)
        }
        if asker == .removed, let principal {
            for channel in [channel, other] {
                try await service.removeMember(principal.userID, from: channel, by: boss)
            }
        }
        let bot = try await service.createBot(handle: "b-\(name)", name: nil, by: tenant.admin).bot
        let hook = try await service.createHook(name: "h", channel: channel, isLocked: true, by: boss).hook
        let role = try await service.createRole(name: "r-\(name)", capabilities: [], rank: 0, by: tenant.admin)
        let numbers: [String: Int64] = [
            "channel_id": channel.rawValue, "other": other.rawValue, "message_id": said.rawValue,
            "own": own.rawValue, "gone": gone.rawValue, "user_id": people[3].userID.rawValue,
            "newcomer": people[0].userID.rawValue, "chief": people[1].userID.rawValue,
            "leaver": people[2].userID.rawValue, "bot_id": bot.id.rawValue, "hook_id": hook.id, "role_id": role.id,
        ]
        for (key, number) in numbers { scene.ids[key] = "\(number)" }
        return scene
    }

    private func principal(_ asker: Asker, _ scene: inout Scene) async throws -> Principal? {
        let name = "the-\(asker.rawValue.lowercased())"
        switch asker {
        case .nobody: return nil
        case .deactivated:
            let made = try await service.createBot(handle: name, name: nil, by: tenant.admin)
            try await service.closeBot(made.bot.id, by: tenant.admin)
            scene.headers = ["Authorization": "Bearer \(made.token)"]
            return nil
        case .holder:
            let principal = Principal(appID: tenant.app.id, user: tenant.admin.user, isOperator: true)
            scene.handle = api.know(principal, as: name)
            return principal
        case .bot:
            let made = try await service.createBot(handle: name, name: nil, by: tenant.admin).bot
            let principal = Principal(appID: tenant.app.id, user: made)
            scene.handle = api.know(principal, as: name)
            return principal
        default:
            let role: User.Role =
                switch asker {
                case .guest, .guestOutside: .guest
                case .admin, .adminMember: .admin
                default: .member
                }
            scene.handle = name
            return try await api.person(name, role: role)
        }
    }

    /// A channel of the boss to which the asker stands as it should.
    private func channel(
        _ name: String, _ asker: Asker, _ principal: Principal?, with others: [Principal]
    ) async throws -> ChannelID {
        let channel = try await service.createChannel(
            kind: asker == .visitor ? .public : .private, name: name, topic: nil, members: others.map(\.userID),
            by: boss)
        if let principal, Set.members.contains(asker) || asker == .removed {
            let role: Membership.Role =
                switch asker {
                case .moderator: .moderator
                case .owner: .owner
                default: .member
                }
            _ = try await service.addMembers([principal.userID], role: role, to: channel.id, by: boss)
        }
        return channel.id
    }

    private func say(_ text: String, in channel: ChannelID, as principal: Principal) async throws -> MessageID {
        try await service.send(MessageDraft(channelID: channel, text: text), as: principal).message.id
    }
}

extension Sequence {
    fileprivate func mapAsync<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
