import ChatModel
import ChatService
import ChatStore
import ChatTestSupport
import Crypto
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OperatorTests {
    private let fixture: ChatFixture
    private let tenant: ChatTenant
    private var service: ChatService { fixture.service }

    init() async throws {
        fixture = try await ChatFixture.shared()
        tenant = try await fixture.tenant()
    }

    private func token(_ app: String, lifetime: Int64 = OperatorToken.lifetime) throws -> String {
        let now = Timestamp.nowMilliseconds() / 1000
        return try fixture.keys.sign(
            JWTClaims(issuer: OperatorToken.issuer, subject: app, expiresAt: now + lifetime, issuedAt: now))
    }

    @Test func `the key of the server speaks for the app's administrator, without a log-in`() async throws {
        let principal = try await service.authenticate(try token(tenant.app.name))
        #expect(principal.appID == tenant.app.id && principal.isAdmin && principal.session == nil)
        #expect(try await service.checkStillGood(principal).userID == principal.userID)
        let other = try await fixture.tenant()
        let foreign = try await service.authenticate(try token(other.app.name))
        #expect(foreign.appID == other.app.id && foreign.userID != principal.userID)
    }

    @Test func `a token for no app, or for longer than a command takes, is refused`() async throws {
        for text in [try token("no such app"), try token(tenant.app.name, lifetime: 3600), try token("")] {
            #expect(await refusal { try await service.authenticate(text) }?.code == "bad_token")
        }
    }

    @Test func `a password that nobody knows any more is replaced, and its log-ins end`() async throws {
        let admin = try await service.authenticate(try token(tenant.app.name))
        let fresh = "a password anew"
        func set(by principal: Principal) async throws {
            _ = try await service.updateUser(
                admin.userID, name: nil, email: nil, role: nil, isActive: nil, password: fresh, by: principal)
        }
        try await set(by: admin)
        let session = try await service.logIn(
            app: tenant.app.id, handle: admin.user.handle, password: fresh, origin: tenant.app.name)
        let loggedIn = try await service.authenticate(session.accessToken)
        _ = try await service.createUser(
            handle: "made.by.hand", name: nil, email: nil, password: nil, role: .member, by: loggedIn)
        // Who has only logged in shows the old one, as before.
        #expect(await refusal { try await set(by: loggedIn) }?.code != nil)
        try await set(by: admin)
        #expect(await refusal { try await service.authenticate(session.accessToken) }?.code == "bad_token")
        #expect(
            await refusal { try await service.refresh(session.refreshToken, origin: tenant.app.name) }?.code
                == "bad_refresh_token")
        // The log tells the two apart, though one account stands for both.
        let page = try await service.audit(
            before: nil, after: nil, action: "user", actor: nil, since: nil, limit: 100, for: admin)
        #expect(
            page.filter { $0.actorID == admin.userID }.map { "\($0.action) \($0.actor)" }.suffix(3) == [
                "user.password_changed operator", "user.created \(admin.user.handle)",
                "user.password_changed operator",
            ])
        // The key itself goes on: it belongs to no log-in.
        #expect(try await service.authenticate(try token(tenant.app.name)).userID == admin.userID)
    }

    @Test func `when the first administrator's account is closed, the next one is spoken for`() async throws {
        let first = try await service.authenticate(try token(tenant.app.name))
        let heir = try await service.createUser(
            handle: "deputy", name: nil, email: nil, password: nil, role: .admin, by: first)
        _ = try await service.updateUser(
            first.userID, name: nil, email: nil, role: nil, isActive: false, password: nil, heir: heir.id, by: first)
        #expect(try await service.authenticate(try token(tenant.app.name)).userID == heir.id)
        #expect(await refusal { try await service.checkStillGood(first, isFresh: true) }?.code == "bad_token")
    }
}
