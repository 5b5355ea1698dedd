import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Crypto
import Foundation
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AccountTests {
    private let fixture: ChatFixture
    private let tenant: ChatTenant
    private var service: ChatService { fixture.service }

    init() async throws {
        fixture = try await ChatFixture.shared()
        tenant = try await fixture.tenant()
    }

    @Test func `registering logs in, and the handle is taken from then on, in any case`() async throws {
        let session = try await service.register(
            app: tenant.app.id, handle: "Ada", name: nil, email: "ada@example.org", password: "a good password",
            origin: tenant.app.name)
        #expect(session.user.role == .member && session.user.name == "Ada")
        #expect(try await service.authenticate(session.accessToken).userID == session.user.id)
        for (handle, email, code) in [
            ("aDA", "x@example.org", "handle_taken"), ("b", "ADA@example.org", "email_taken"),
        ] {
            #expect(
                await refusal {
                    try await service.createUser(
                        handle: handle, name: nil, email: email, password: nil, role: .member, by: tenant.admin)
                }?.code == code)
        }
        let other = try await fixture.tenant()
        #expect(try await other.person("Ada").userID != session.user.id)
    }

    @Test func `a log-in needs the right password, of an open account of the app`() async throws {
        let session = try await tenant.session("eve")
        let other = try await fixture.tenant()
        func code(_ app: AppID, _ handle: String, _ password: String) async -> String? {
            await refusal {
                try await service.logIn(app: app, handle: handle, password: password, origin: tenant.app.name)
            }?.code
        }
        #expect(await code(tenant.app.id, "eve", "wrong password") == "bad_credentials")
        #expect(await code(tenant.app.id, "nobody", ChatTenant.password) == "bad_credentials")
        #expect(await code(other.app.id, "eve", ChatTenant.password) == "bad_credentials")
        _ = try await service.updateUser(
            session.user.id, name: nil, email: nil, role: nil, isActive: false, password: nil, by: tenant.admin)
        #expect(await code(tenant.app.id, "eve", ChatTenant.password) == "bad_credentials")
        #expect(await refusal { try await service.authenticate(session.accessToken) }?.code == "bad_token")
        #expect(
            await refusal { try await service.refresh(session.refreshToken, origin: tenant.app.name) }?.kind
                == .unauthenticated)
    }

    @Test func `a password that was hashed more cheaply than now is hashed again by its log-in`() async throws {
        let user = try await tenant.session("eve").user
        func hash() async throws -> String? { try await fixture.store.user(user.id, in: tenant.app.id)?.passwordHash }
        let before = try await hash()
        let node = ChatService(
            store: fixture.store, log: fixture.log, keys: fixture.keys,
            configuration: ChatConfiguration(passwordCost: 5), filters: FilterChain(logger: .silent), logger: .silent,
            metrics: Metrics())
        func logIn(_ password: String) async throws {
            _ = try await node.logIn(
                app: tenant.app.id, handle: "eve", password: password, origin: tenant.app.name)
        }
        #expect(await refusal { try await logIn("a wrong password") }?.code == "bad_credentials")
        #expect(try await hash() == before)
        try await logIn(ChatTenant.password)
        let after = try await hash()
        #expect(before?.hasPrefix("$2b$04$") == true && after?.hasPrefix("$2b$05$") == true)
        try await logIn(ChatTenant.password)
        #expect(try await hash() == after)
    }

    @Test func `a refresh token is good once, and a second use ends the whole log-in`() async throws {
        let first = try await tenant.session("eve")
        let second = try await service.refresh(first.refreshToken, origin: tenant.app.name)
        let third = try await service.refresh(second.refreshToken, origin: tenant.app.name)
        #expect(try await service.authenticate(third.accessToken).userID == first.user.id)
        #expect(
            await refusal { try await service.refresh(first.refreshToken, origin: tenant.app.name) }?.code
                == "refresh_token_reused")
        #expect(
            await refusal { try await service.refresh(third.refreshToken, origin: tenant.app.name) }?.code
                == "bad_refresh_token")
        #expect(await refusal { try await service.authenticate(third.accessToken) }?.code == "bad_token")
        #expect(await refusal { try await service.refresh("", origin: tenant.app.name) }?.code == "bad_refresh_token")
    }

    @Test func `of many refreshes with one token at once one is accepted, and none of the log-in is left`() async throws
    {
        let first = try await tenant.session("eve")
        let sessions = await withTaskGroup(of: Session?.self) { group in
            for _ in 0..<8 { group.addTask { try? await service.refresh(first.refreshToken, origin: tenant.app.name) } }
            return await group.reduce(into: [Session]()) { if let session = $1 { $0.append(session) } }
        }
        #expect(sessions.count == 1)
        #expect(
            await refusal { try await service.refresh(sessions[0].refreshToken, origin: tenant.app.name) }?.code
                == "bad_refresh_token")
    }

    @Test func `logging out ends the tokens of this log-in at once, on every node, and of no other`() async throws {
        let first = try await tenant.session("eve")
        let second = try await service.logIn(
            app: tenant.app.id, handle: "eve", password: ChatTenant.password, origin: tenant.app.name)
        let principal = try await service.authenticate(first.accessToken)
        // Another node, with a cache of its own, that knows the log-in.
        let node = ChatService(
            store: fixture.store, log: fixture.log, keys: fixture.keys, configuration: ChatConfiguration(),
            filters: FilterChain(logger: .silent), logger: .silent, metrics: Metrics())
        let known = try await node.authenticate(first.accessToken)
        try await service.logOut(principal)
        #expect(await refusal { try await service.authenticate(first.accessToken) }?.code == "bad_token")
        #expect(await refusal { try await service.checkStillGood(principal) }?.code == "bad_token")
        try await fixture.settle()
        #expect(await refusal { try await node.authenticate(first.accessToken) }?.code == "bad_token")
        #expect(await refusal { try await node.checkStillGood(known) }?.code == "bad_token")
        _ = try await node.authenticate(second.accessToken)
        #expect(
            await refusal { try await service.refresh(first.refreshToken, origin: tenant.app.name) }?.code
                == "bad_refresh_token")
        _ = try await service.refresh(second.refreshToken, origin: tenant.app.name)
    }

    @Test func `a new password ends every other log-in, and a new role every access token`() async throws {
        let mine = try await tenant.session("eve")
        let stolen = try await service.logIn(
            app: tenant.app.id, handle: "eve", password: ChatTenant.password, origin: tenant.app.name)
        let principal = try await service.authenticate(mine.accessToken)
        _ = try await service.updateUser(
            principal.userID, name: nil, email: nil, role: nil, isActive: nil, password: "a new password",
            currentPassword: ChatTenant.password, by: principal)
        for token in [mine.accessToken, stolen.accessToken] {
            #expect(await refusal { try await service.authenticate(token) }?.code == "bad_token")
        }
        #expect(
            await refusal { try await service.refresh(stolen.refreshToken, origin: tenant.app.name) }?.kind
                == .unauthenticated)
        let renewed = try await service.refresh(mine.refreshToken, origin: tenant.app.name)
        let again = try await service.authenticate(renewed.accessToken)
        await #expect(throws: Never.self) { try await service.checkStillGood(again) }
        // All within one second, which is the grain of a token's own time.
        _ = try await service.updateUser(
            principal.userID, name: nil, email: nil, role: .admin, isActive: nil, password: nil, by: tenant.admin)
        #expect(await refusal { try await service.authenticate(renewed.accessToken) }?.code == "bad_token")
        #expect(await refusal { try await service.checkStillGood(again) }?.code == "bad_token")
        let promoted = try await service.refresh(renewed.refreshToken, origin: tenant.app.name)
        #expect(try await service.authenticate(promoted.accessToken).isAdmin)
    }

    @Test func `a new password of one's own needs the old one, and guesses are limited`() async throws {
        let eve = try await tenant.session("eve")
        let principal = try await service.authenticate(eve.accessToken)
        func change(_ current: String?, by: Principal) async -> ChatError? {
            await refusal {
                try await service.updateUser(
                    principal.userID, name: nil, email: nil, role: nil, isActive: nil, password: "another password",
                    currentPassword: current, by: by)
            }
        }
        #expect(await change(nil, by: principal)?.pointer == "/current_password")
        #expect(await change("wrong", by: principal)?.code == "wrong_password")
        #expect(try await service.authenticate(eve.accessToken).userID == eve.user.id)
        // Somebody without a password has none to show.
        let bot = try await service.createBot(handle: "bot", name: nil, by: tenant.admin)
        let token = try await service.authenticate(bot.token)
        #expect(
            await refusal {
                try await service.updateUser(
                    bot.bot.id, name: nil, email: nil, role: nil, isActive: nil, password: "another password",
                    currentPassword: "", by: token)
            }?.code == "wrong_password")
        for _ in 0..<19 { _ = await change("wrong", by: principal) }
        #expect(await change(ChatTenant.password, by: principal)?.code == "too_many_attempts")
        // An administrator sets somebody else's.
        _ = try await service.updateUser(
            principal.userID, name: nil, email: nil, role: nil, isActive: nil, password: "another password",
            by: tenant.admin)
        _ = try await service.logIn(
            app: tenant.app.id, handle: "eve", password: "another password", origin: "\(tenant.app.name)/again")
    }

    @Test func `the last administrator stays one, also when two demote each other at once`() async throws {
        func demote(_ id: UserID, role: User.Role? = nil, isActive: Bool? = nil) async throws {
            _ = try await service.updateUser(
                id, name: nil, email: nil, role: role, isActive: isActive, password: nil, by: tenant.admin)
        }
        // A bot with the role is nobody who could mend anything.
        let bot = try await service.createBot(handle: "bot", name: nil, by: tenant.admin)
        try await demote(bot.bot.id, role: .admin)
        for (role, isActive) in [(User.Role.member, nil), (nil, false), (.guest, false)] as [(User.Role?, Bool?)] {
            let error = await refusal { try await demote(tenant.admin.userID, role: role, isActive: isActive) }
            #expect(error?.code == "last_administrator")
        }
        try await demote(tenant.admin.userID, role: .admin, isActive: true)
        for round in 0..<8 {
            let second = try await tenant.person("second\(round)", role: .admin)
            async let one: Void = demote(tenant.admin.userID, role: .member)
            async let other: Void = demote(second.userID, role: .member)
            let outcomes = [try? await one, try? await other].map { $0 != nil }
            #expect(outcomes.count { $0 } == 1)
            try await demote(tenant.admin.userID, role: .admin)
            if outcomes[0] { try await demote(second.userID, role: .member) }
        }
    }

    @Test func `forged, foreign, expired and cut tokens are refused`() async throws {
        let secret = SecureRandom.bytes(32)
        let keys = try TokenKeys(keys: [.hs256(id: "test", secret: secret)])
        let now = Timestamp.nowMilliseconds() / 1000
        func claims(_ expiry: Int64, issuer: String = "martlet") -> JWTClaims {
            JWTClaims(
                issuer: issuer, subject: tenant.admin.userID.description, expiresAt: expiry, issuedAt: now - 10,
                id: "x", custom: ["app": .int(tenant.app.id.rawValue), "sid": .string("s"), "stp": .int(0)])
        }
        // A node of its own whose key the test knows.
        let known = ChatService(
            store: fixture.store, log: fixture.log, keys: keys, configuration: ChatConfiguration(),
            filters: FilterChain(logger: .silent), logger: .silent, metrics: Metrics())
        try await fixture.store.insertRefreshToken(
            hash: SecureRandom.bytes(32), family: "s", user: tenant.admin.userID, app: tenant.app.id,
            lifetime: .seconds(60))
        let good = try keys.sign(claims(now + 60))
        #expect(try await known.authenticate(good).userID == tenant.admin.userID)
        func code(_ token: String) async -> String? {
            await refusal("\(token)") { try await known.authenticate(token) }?.code
        }
        #expect(await code(try keys.sign(claims(now - 1))) == "token_expired")
        #expect(await code(try keys.sign(claims(now + 60, issuer: "other"))) == "bad_token")
        let foreign = try TokenKeys(keys: [.hs256(id: "test", secret: SecureRandom.bytes(32))])
        #expect(await code(try foreign.sign(claims(now + 60))) == "bad_token")
        let parts = good.split(separator: ".").map(String.init)
        let none = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64EncodedString().replacing("=", with: "")
        for bad in [
            "", ".", "..", parts[0], "\(parts[0]).\(parts[1]).", "\(none).\(parts[1]).",
            "\(none).\(parts[1]).\(parts[2])",
            "\(parts[0]).\(parts[1]).\(parts[2].dropLast(2))", "\(good)x", "mbt_", "mbt_\(good)",
            "mbt_" + String(repeating: "x", count: 10_000),
        ] {
            #expect(await code(bad) == "bad_token")
        }
    }

    @Test(arguments: ["", "1234567", String(repeating: "x", count: 257)])
    func `a password has its limits`(password: String) async throws {
        #expect(
            await refusal {
                try await service.createUser(
                    handle: "p", name: nil, email: nil, password: password, role: .member, by: tenant.admin)
            }?.pointer == "/password")
    }

    @Test func `every character of a long password counts`() async throws {
        let long = String(repeating: "x", count: 100)
        _ = try await service.createUser(
            handle: "long", name: nil, email: nil, password: long + "a", role: .member, by: tenant.admin)
        _ = try await service.logIn(app: tenant.app.id, handle: "long", password: long + "a", origin: tenant.app.name)
        #expect(
            await refusal {
                try await service.logIn(
                    app: tenant.app.id, handle: "long", password: long + "b", origin: tenant.app.name)
            }?.code == "bad_credentials")
    }

    @Test(arguments: [
        "", "a b", "a@b", "#a", "a\0", "a\n", "a\u{200B}", "a\u{202E}b", String(repeating: "x", count: 65),
    ])
    func `a handle has its limits`(handle: String) async throws {
        #expect(
            await refusal {
                try await service.createUser(
                    handle: handle, name: nil, email: nil, password: nil, role: .member, by: tenant.admin)
            }?.pointer == "/handle")
        #expect(
            await refusal { try await service.ensurePeople([("ok", "ok"), (handle, "x")], by: tenant.admin) }?.pointer
                == "/users/1/handle")
    }

    @Test func `registrations from one address are limited, whatever they ask for`() async throws {
        // Attempts that cost nothing count too: a handle that cannot be.
        for _ in 0..<20 {
            _ = await refusal {
                try await service.register(
                    app: tenant.app.id, handle: "", name: nil, email: nil, password: "", origin: tenant.app.name)
            }
        }
        let error = await refusal {
            try await service.register(
                app: tenant.app.id, handle: "fine", name: nil, email: nil, password: "a good password",
                origin: tenant.app.name)
        }
        #expect(error?.code == "too_many_attempts")
        #expect(error?.retryAfter != nil)
    }

    @Test func `people change themselves, administrators everyone, and nobody sees others' addresses`() async throws {
        let eve = try await tenant.person("eve")
        let bob = try await tenant.person("bob")
        _ = try await service.updateUser(
            bob.userID, name: "Bob", email: "bob@example.org", role: nil, isActive: nil, password: nil, by: bob)
        #expect(try await service.user(bob.userID, for: eve).email == nil)
        #expect(try await service.user(bob.userID, for: bob).email == "bob@example.org")
        #expect(try await service.user(handle: "BOB", for: tenant.admin).email == "bob@example.org")
        #expect(try await service.users(prefix: "bo", after: UserID(0), limit: 10, for: eve).map(\.email) == [nil])
        let changes: [(UserID, User.Role?, Bool?)] = [
            (bob.userID, nil, nil), (eve.userID, .admin, nil), (eve.userID, nil, true), (bob.userID, nil, false),
        ]
        for (id, role, isActive) in changes {
            #expect(
                await refusal {
                    try await service.updateUser(
                        id, name: "x", email: nil, role: role, isActive: isActive, password: nil, by: eve)
                }?.code == "admin_only")
        }
    }

    @Test func `a bot's token is good until it is replaced or the bot is closed`() async throws {
        let made = try await service.createBot(handle: "helper", name: nil, by: tenant.admin)
        let bot = try await service.authenticate(made.token)
        #expect(bot.user.kind == .bot && bot.userID == made.bot.id)
        let second = try await service.replaceBotToken(made.bot.id, by: tenant.admin)
        #expect(await refusal { try await service.authenticate(made.token) }?.code == "bad_token")
        _ = try await service.authenticate(second)
        #expect(try await service.bots(for: tenant.admin).map(\.id) == [made.bot.id])
        try await service.closeBot(made.bot.id, by: tenant.admin)
        #expect(await refusal { try await service.authenticate(second) }?.code == "bad_token")
        #expect(try await service.bots(for: tenant.admin).isEmpty)
        let eve = try await tenant.person("eve")
        #expect(await refusal { try await service.closeBot(eve.userID, by: tenant.admin) }?.code == "bot_not_found")
    }
}
