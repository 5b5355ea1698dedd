import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HandleTests {
    private let tenant: ChatTenant
    private var service: ChatService { tenant.service }

    init() async throws { tenant = try await ChatFixture.shared().tenant() }

    @Test(arguments: [
        "server", "channel", "here", "all", "everyone", "SERVER", "Everyone", "bridge-mail", "Bridge-", "hook-1",
        "HOOK-x",
        "ｓｅｒｖｅｒ", "ＡＬＬ", "ⓗere", "brıdge-x".replacing("ı", with: "i"), "bridge\u{2010}mail", "hook\u{2013}x",
    ])
    func `what means something to the server is nobody's handle`(handle: String) async throws {
        let attempts: [(String, () async throws -> Any)] = [
            (
                "register",
                {
                    try await service.register(
                        app: tenant.app.id, handle: handle, name: nil, email: nil, password: ChatTenant.password,
                        origin: "\(tenant.app.name)/\(handle)")
                }
            ),
            (
                "user",
                {
                    try await service.createUser(
                        handle: handle, name: nil, email: nil, password: nil, role: .member, by: tenant.admin)
                }
            ), ("bot", { try await service.createBot(handle: handle, name: nil, by: tenant.admin) }),
            ("import", { try await service.ensurePeople([("ok", "ok"), (handle, handle)], by: tenant.admin) }),
        ]
        for (name, attempt) in attempts {
            let error = await refusal("\(name)", attempt)
            #expect(error?.kind == .conflict || error?.kind == .invalid, "\(name)")
            #expect(error?.pointer?.hasSuffix("/handle") == true, "\(name)")
        }
        #expect(await refusal { try await service.user(handle: "ok", for: tenant.admin) }?.kind == .notFound)
    }

    @Test(arguments: ["servers", "al", "alle", "here2", "bridge", "bridges-x", "hooks", "my-hook-x", "ahook-1"])
    func `what only resembles it is free`(handle: String) async throws {
        #expect(try await tenant.person(handle).user.handle == handle)
    }

    @Test func `a bridge never acts as somebody who was called so before it`() async throws {
        // Before handles were reserved, people and bots could be called so.
        let store = tenant.fixture.store
        let person = try await store.insertUser(.init(handle: "bridge-mail", name: "Mallory"), in: tenant.app.id)
        let account = try #require(try await service.bridgeAccount(of: "mail", in: tenant.app.id))
        #expect(account.id != person.id && account.kind == .bot && account.handle.hasPrefix("bridge-mail-"))
        // It is the same one from then on, and at another node.
        #expect(try await service.bridgeAccount(of: "mail", in: tenant.app.id)?.id == account.id)

        let bot = try await store.insertBot(
            handle: "bridge-news", name: "b", tokenHash: Array(tenant.app.name.utf8), creator: tenant.admin.auditActor,
            limit: 10, in: tenant.app.id)
        let news = try #require(try await service.bridgeAccount(of: "news", in: tenant.app.id))
        #expect(bot != nil && news.id != bot?.id, "somebody has a token for it")
    }

    @Test func `a bridge keeps the account that an earlier version made for it, and its name`() async throws {
        let old = try await tenant.fixture.store.insertUser(
            .init(kind: .bot, handle: "bridge-old", name: "old"), in: tenant.app.id)
        #expect(try await service.bridgeAccount(of: "old", in: tenant.app.id)?.id == old.id)
        let made = try await withThrowingTaskGroup(of: UserID?.self) { group in
            for _ in 0..<50 { group.addTask { try await service.bridgeAccount(of: "new", in: tenant.app.id)?.id } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(made.count == 1)
        #expect(try await service.user(handle: "bridge-new", for: tenant.admin).id == made.first ?? nil)
    }
}
