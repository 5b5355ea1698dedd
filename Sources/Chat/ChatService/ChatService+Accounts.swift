package import ChatModel
import ChatStore
import Crypto
import Limits
import Telemetry

/// What a log-in answers.
package struct Session: Sendable, Codable {
    package var user: User
    package var accessToken: String
    /// Seconds until the access token ends.
    package var expiresIn: Int64
    package var refreshToken: String

    enum CodingKeys: String, CodingKey {
        case user
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
    }
}

extension ChatService {
    private static let refreshLifetime = Duration.seconds(7 * 86_400)
    /// Bot tokens begin with it, so that a leaked one can be found and so that they are told from access tokens.
    package static let botTokenPrefix = "mbt_"

    /// Makes an account and logs it in.
    ///
    /// - Parameter origin: The client's address, for the limit on attempts.
    package func register(
        app: AppID, handle: String, name: String?, email: String?, password: String, origin: String
    ) async throws -> Session {
        guard configuration.allowsRegistration else {
            throw ChatError(
                .forbidden, "registration_closed", "This server does not take registrations; ask an administrator.")
        }
        let address = LimitKey(address: origin)
        try limits.registrations.pass(
            address, "too_many_attempts", "Too many accounts were asked for from here; wait a little.")
        let handle = try Self.check(handle: handle)
        let name = try Self.check(name: name)
        try Self.check(email: email)
        try Self.check(password: password)
        try await judge(handle: handle, name: name, of: .person, in: app)
        let hash = try await hash(password: password, lane: address.lane)
        let user = try await insert(
            NewUser(handle: handle, name: name ?? handle, email: email, passwordHash: hash), in: app)
        return try await startSession(user, in: app, stamp: 0)
    }

    /// Makes a user on behalf of an administrator.
    package func createUser(
        handle: String, name: String?, email: String?, password: String?, role: User.Role, by principal: Principal
    ) async throws -> User {
        try principal.require(.administer)
        let handle = try Self.check(handle: handle)
        let name = try Self.check(name: name)
        try Self.check(email: email)
        if let password { try Self.check(password: password) }
        try await judge(handle: handle, name: name, of: .person, in: principal.appID)
        let hash = if let password { try await hash(password: password) } else { String?.none }
        return try await insert(
            NewUser(handle: handle, name: name ?? handle, email: email, passwordHash: hash, role: role),
            in: principal.appID, by: principal.auditActor)
    }

    /// Has what an account is to be called judged; nobody has said it yet, so it counts as said by the account.
    func judge(handle: String, name: String?, of kind: User.Kind, in app: AppID) async throws {
        try await judge(
            [(.handle, handle, "/handle"), (.name, name, "/name")],
            by: Author(id: UserID(0), handle: handle, name: name ?? handle, kind: kind), in: app)
    }

    /// Makes those of the people named who are not there yet; for imports and bridges.
    package func ensurePeople(
        _ people: [(handle: String, name: String)], by principal: Principal
    ) async throws -> [(id: UserID, handle: String)] {
        try principal.require(.administer)
        guard people.count <= ChatLimits.usersPerRequest else {
            throw ChatError.invalid("/users", "At most \(ChatLimits.usersPerRequest) users fit in one request.")
        }
        var checked: [(handle: String, name: String)] = []
        for (index, person) in people.enumerated() {
            let handle = try Self.check(handle: person.handle, "/users/\(index)/handle")
            checked.append((handle, try Self.check(name: person.name, "/users/\(index)/name") ?? handle))
        }
        let all = try await store.ensurePeople(checked, in: principal.appID, by: principal.auditActor)
        try await store.fillSkeletons()
        handles.forgetAll()
        return all
    }

    /// Logs in with a handle, or an address, and a password.
    package func logIn(app: AppID, handle: String, password: String, origin: String) async throws -> Session {
        // Bounded before anything else is done with them: they are texts of anybody.
        guard (1...ChatLimits.login).contains(handle.utf8.count) else {
            throw ChatError.invalid("/handle", "A handle or an address has 1 to \(ChatLimits.login) bytes.")
        }
        guard password.utf8.count <= ChatLimits.password.upperBound * 4 else {
            throw ChatError.invalid("/password", "A password has at most \(ChatLimits.password.upperBound) characters.")
        }
        let isAddress = handle.contains("@")
        let stored =
            isAddress
            ? try await store.user(email: handle, in: app) : try await store.user(handle: handle, in: app)
        let isPerson = stored?.user.isActive == true && stored?.user.kind == .person && stored?.passwordHash != nil
        let attempt = try limits.logins.begin(
            account: isPerson ? stored?.user.id : nil, handle: handle, address: origin)
        if attempt.delay > .zero { try await Task.sleep(for: attempt.delay) }
        // A missing account costs the same time as a wrong password.
        let isRight: Bool
        do {
            isRight = try await Self.hashing {
                try await PasswordHash.verify(
                    password, isPerson ? stored?.passwordHash : nil, cost: configuration.passwordCost,
                    lane: attempt.lane)
            }
        } catch {
            limits.logins.abandoned(attempt)
            throw error
        }
        guard isRight, let stored else { throw ChatError.badCredentials }
        limits.logins.succeeded(attempt)
        if let hash = stored.passwordHash, PasswordHash.needsRenewal(hash, cost: configuration.passwordCost) {
            // It holds as it is; when too many wait for a hash, the next log-in does it.
            let renewed = try? await self.hash(password: password, lane: attempt.lane)
            if let renewed { try await store.renewPasswordHash(of: stored.user.id, in: app, from: hash, to: renewed) }
        }
        return try await startSession(stored.user, in: app, stamp: stored.tokenStamp)
    }

    /// Exchanges a refresh token for new tokens; the old one is used up.
    ///
    /// Using one twice ends the whole log-in: either the user or a thief holds a copy, and nobody can tell which.
    ///
    /// - Parameter origin: The client's address, for the limit on attempts.
    package func refresh(_ token: String, origin: String) async throws -> Session {
        try limits.refreshes.pass(
            LimitKey(address: origin), "too_many_attempts", "Too many tokens were exchanged from here; wait a little.")
        guard token.utf8.count <= ChatLimits.token else { throw Self.badRefreshToken }
        let successor = SecureRandom.token(bytes: 32)
        switch try await store.useRefreshToken(
            hash: Self.hash(token), successor: Self.hash(successor), lifetime: Self.refreshLifetime)
        {
        case .accepted(let userID, let appID, let family):
            guard let stored = try await store.user(userID, in: appID), stored.user.isActive else {
                throw ChatError.badToken
            }
            return try session(
                stored.user, in: appID, family: family, stamp: stored.tokenStamp, refreshToken: successor)
        case .reused(let userID):
            users.forgetSessions(of: userID)
            logger.warn("session.reused")
            throw ChatError(
                .unauthenticated, "refresh_token_reused",
                "This refresh token was used before, so its log-in was ended; log in again.")
        case .unknown: throw Self.badRefreshToken
        }
    }

    private static let badRefreshToken = ChatError(
        .unauthenticated, "bad_refresh_token", "The refresh token is not valid or has expired; log in again.")

    /// Ends a log-in: its refresh token and, on every node, its access tokens.
    package func logOut(_ principal: Principal) async throws {
        guard let session = principal.session else { return }
        try await store.endRefreshFamily(session, user: principal.userID)
        users.forgetSessions(of: principal.userID)
    }

    /// Finds out who shows a token: an access token or a bot's.
    package func authenticate(_ token: String) async throws -> Principal {
        if token.hasPrefix(Self.botTokenPrefix) {
            guard token.utf8.count <= 128 else { throw ChatError.badToken }
            let hash = Self.hash(token)
            guard let bot = try await users.bot(tokenHash: hash) else { throw ChatError.badToken }
            return Principal(appID: bot.appID, user: bot.user, botToken: hash)
        }
        let content: AccessTokens.Content
        switch try tokens.read(token) {
        case .session(let session): content = session
        case .operatorToken(let token): return try await administrator(by: token)
        }
        guard let stored = try await users.user(content.userID, in: content.appID), stored.user.isActive,
            content.stamp == stored.tokenStamp, try await users.isOpen(content.session, of: content.userID)
        else { throw ChatError.badToken }
        return Principal(
            appID: content.appID, user: stored.user, session: content.session, issuedAt: content.issuedAt,
            stamp: content.stamp)
    }

    /// Whom the key of the server speaks for: the app's first administrator whose account is open.
    private func administrator(by token: OperatorToken) async throws -> Principal {
        guard token.app.utf8.count <= ChatLimits.login, let app = try await store.app(named: token.app),
            let stored = try await store.firstAdministrator(in: app.id)
        else { throw ChatError.badToken }
        return Principal(
            appID: app.id, user: stored.user, issuedAt: token.issuedAt, stamp: stored.tokenStamp, isOperator: true)
    }

    /// Whether a principal that was authenticated a while ago would still be; for what stays open: connections, polls.
    ///
    /// - Parameter isFresh: Asks PostgreSQL, and not what this node remembers: for what happened behind an event that may
    ///   have ended the account, the log-in or the token.
    /// - Returns: The principal as it is now: a bot keeps its token when it gets another role.
    /// - Throws: ``ChatError`` when the token has ended or the account was closed.
    @discardableResult
    package func checkStillGood(_ principal: Principal, isFresh: Bool = false) async throws -> Principal {
        if let token = principal.botToken {
            let bot = isFresh ? try await store.bot(tokenHash: token) : try await users.bot(tokenHash: token)
            guard let bot, bot.user.id == principal.userID else { throw ChatError.badToken }
            return principal.renewed(bot.user)
        }
        let stored =
            isFresh
            ? try await store.user(principal.userID, in: principal.appID)
            : try await users.user(principal.userID, in: principal.appID)
        guard let stored, stored.user.isActive else { throw ChatError.badToken }
        guard let issuedAt = principal.issuedAt else { return principal.renewed(stored.user) }
        guard principal.stamp == stored.tokenStamp else { throw ChatError.badToken }
        if let session = principal.session {
            let isOpen =
                isFresh
                ? try await store.isOpen(session, user: principal.userID)
                : try await users.isOpen(session, of: principal.userID)
            guard isOpen else { throw ChatError.badToken }
        }
        let end = issuedAt + AccessTokens.lifetime.components.seconds
        if Timestamp.nowMilliseconds() / 1000 >= end { throw ChatError.expiredToken }
        return principal.renewed(stored.user)
    }

    /// The app that a request without a token speaks of; the only or first one when it names none.
    package func app(named name: String?) async throws -> AppID {
        let name = name ?? Self.defaultApp
        guard name.utf8.count <= ChatLimits.login, let app = try await store.app(named: name) else {
            throw ChatError(.notFound, "app_not_found", "There is no app of this name.", pointer: "/app")
        }
        return app.id
    }

    package static let defaultApp = "main"

    /// Changes an account: everyone their own name, address and password, administrators every account.
    ///
    /// - Parameters:
    ///   - currentPassword: The one that holds now; needed for a new one of one's own.
    ///   - heir: Who gets the channels that would be left without an owner, when an account is closed.
    package func updateUser(
        _ id: UserID, name: String?, email: String?, role: User.Role?, isActive: Bool?, password: String?,
        currentPassword: String? = nil, heir: UserID? = nil, by principal: Principal
    ) async throws -> User {
        if id != principal.userID || role != nil || isActive != nil || heir != nil {
            try principal.require(.administer)
        }
        let name = try Self.check(name: name)
        try Self.check(email: email)
        if let password { try Self.check(password: password) }
        try await judge([(.name, name, "/name")], by: principal.author, in: principal.appID)
        // Who holds the server's key may set a password that nobody knows any more.
        if password != nil, id == principal.userID, !principal.isOperator {
            try await check(currentPassword: currentPassword, principal)
        }
        let hash = if let password { try await hash(password: password) } else { String?.none }
        do {
            let change = try await store.updateUser(
                id, in: principal.appID, by: principal.auditActor, name: name, email: email, role: role,
                isActive: isActive, passwordHash: hash, session: principal.session, heir: heir)
            switch change {
            case .changed(let user):
                users.forget(id)
                handles.forgetAll()
                keywords.forget(principal.appID)
                access.forgetAll()
                return user
            case .unknown: throw ChatError.userNotFound
            case .lastAdministrator:
                throw ChatError(
                    .conflict, "last_administrator",
                    "This is the last administrator; make somebody else one before.")
            case .lastOwner(let channels):
                throw ChatError(
                    .conflict, "last_owner",
                    "These channels would be left without an owner: \(channels.joined(separator: ", ")). "
                        + "Hand them over before, or say with `hand_over_to` who gets them.", pointer: "/is_active")
            case .unknownHeir:
                throw ChatError(
                    .notFound, "user_not_found", "There is no other active user of this id.",
                    pointer: "/hand_over_to")
            }
        } catch StoreError.taken {
            throw ChatError(.conflict, "email_taken", "This address belongs to another account.", pointer: "/email")
        }
    }

    package func user(_ id: UserID, for principal: Principal) async throws -> User {
        guard let stored = try await store.user(id, in: principal.appID) else { throw ChatError.userNotFound }
        return Self.visible(stored.user, to: principal)
    }

    package func user(handle: String, for principal: Principal) async throws -> User {
        // With an `@` it is a mention as it stands in a text.
        let handles = handle.hasPrefix("@") ? Mention.handles(in: handle) : [handle]
        guard let stored = try await store.user(handles: handles, in: principal.appID) else {
            throw ChatError(.notFound, "user_not_found", "There is no user of this handle.")
        }
        return Self.visible(stored.user, to: principal)
    }

    package func users(prefix: String, after: UserID, limit: Int, for principal: Principal) async throws -> [User] {
        try await store.users(prefix: prefix, after: after, limit: limit, in: principal.appID)
            .map { Self.visible($0, to: principal) }
    }

    // MARK: Parts

    func insert(_ new: NewUser, in app: AppID, by actor: AuditActor? = nil) async throws -> User {
        do {
            let user = try await store.insertUser(new, in: app, by: actor)
            // Nobody was called so until now.
            handles.forgetAll()
            return user
        } catch StoreError.taken(let field) {
            throw ChatError(
                .conflict, "\(field)_taken", "This \(field) is taken; choose another.", pointer: "/\(field)")
        } catch StoreError.alike {
            throw ChatError.alike("handle")
        }
    }

    private func check(currentPassword: String?, _ principal: Principal) async throws {
        guard let currentPassword else {
            throw ChatError.invalid("/current_password", "A new password of your own needs the one that holds now.")
        }
        guard currentPassword.utf8.count <= ChatLimits.password.upperBound * 4 else {
            throw ChatError.invalid(
                "/current_password", "A password has at most \(ChatLimits.password.upperBound) characters.")
        }
        let key = LimitKey(principal.userID.rawValue)
        try limits.passwords.pass(
            key, "too_many_attempts", "Too many wrong passwords; wait a little before the next one.")
        let stored = try await store.user(principal.userID, in: principal.appID)
        let isRight = try await Self.hashing {
            try await PasswordHash.verify(currentPassword, stored?.passwordHash, lane: key.lane)
        }
        guard isRight else {
            throw ChatError(
                .forbidden, "wrong_password", "This is not the password that holds now.", pointer: "/current_password")
        }
        limits.passwords.giveBack(key)
    }

    private func startSession(_ user: User, in app: AppID, stamp: Int64) async throws -> Session {
        let family = SecureRandom.token(bytes: 12)
        let refreshToken = SecureRandom.token(bytes: 32)
        let isOpen = try await store.insertRefreshToken(
            hash: Self.hash(refreshToken), family: family, user: user.id, app: app, lifetime: Self.refreshLifetime,
            stamp: stamp)
        // The password was changed, or the account closed, since it was compared.
        guard isOpen else { throw ChatError.badCredentials }
        return try session(user, in: app, family: family, stamp: stamp, refreshToken: refreshToken)
    }

    private func session(
        _ user: User, in app: AppID, family: String, stamp: Int64, refreshToken: String
    ) throws -> Session {
        Session(
            user: user, accessToken: try tokens.issue(user: user.id, app: app, session: family, stamp: stamp),
            expiresIn: AccessTokens.lifetime.components.seconds, refreshToken: refreshToken)
    }

    func hash(password: String, lane: UInt64 = 0) async throws -> String {
        let cost = configuration.passwordCost
        return try await Self.hashing { try await PasswordHash.hash(password, cost: cost, lane: lane) }
    }

    /// Runs work on the hash workers; when too many wait there, the caller is told to come back.
    private static func hashing<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as CryptoError where error.code == .overloaded {
            throw ChatError(
                .overloaded, "too_many_logins", "Too many people are logging in at the moment; try again in a moment.",
                retryAfter: .seconds(1))
        }
    }

    static func hash(_ token: String) -> [UInt8] { Digest.sha256(Array(token.utf8)) }

    private static func visible(_ user: User, to principal: Principal) -> User {
        guard !principal.may(.seeAddresses), user.id != principal.userID else { return user }
        var user = user
        user.email = nil
        return user
    }
}
