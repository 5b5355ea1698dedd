package import ChatModel
package import ChatStore
import Crypto

extension ChatService {
    package static let hookSecretPrefix = "mhk_"

    /// Makes an incoming webhook that writes to `channel` under its own name.
    ///
    /// - Returns: The hook and its secret, which is not kept and cannot be shown again.
    package func createHook(
        name: String, channel: ChannelID, isLocked: Bool, by principal: Principal
    ) async throws -> (hook: StoredHook, secret: String) {
        try Self.check(name: name)
        guard principal.user.role != .guest else { throw ChatError.adminOnly }
        let visible = try await visibleAccess(channel, principal)
        guard principal.isAdmin || visible.role != nil else { throw ChatError.notMember }
        let secret = Self.hookSecretPrefix + SecureRandom.token(bytes: 24)
        let user = try await insert(
            NewUser(kind: .hook, handle: "hook-\(SecureRandom.base32Token(bytes: 5))", name: name, role: .guest),
            in: principal.appID)
        _ = try await store.addMembers(
            [user.id], to: channel, role: .member, by: principal.auditActor, in: principal.appID)
        let hook = try await store.insertHook(
            name: name, secretHash: Self.hash(secret), isLocked: isLocked, channel: channel, user: user.id,
            creator: principal.auditActor, in: principal.appID)
        return (hook, secret)
    }

    package func hooks(for principal: Principal) async throws -> [StoredHook] {
        guard principal.isAdmin else { throw ChatError.adminOnly }
        return try await store.hooks(in: principal.appID)
    }

    package func revokeHook(_ id: Int64, by principal: Principal) async throws {
        guard principal.isAdmin else { throw ChatError.adminOnly }
        guard try await store.revokeHook(id, by: principal.auditActor, in: principal.appID) else {
            throw ChatError(.notFound, "hook_not_found", "There is no hook with this id.")
        }
    }

    /// The hook that a secret belongs to, as the principal that writes for it.
    package func hook(secret: String) async throws -> (hook: StoredHook, principal: Principal)? {
        guard secret.utf8.count <= 128, let hook = try await store.hook(secretHash: Self.hash(secret)) else {
            return nil
        }
        guard let user = try await users.user(hook.author.id, in: hook.appID), user.user.isActive else { return nil }
        return (hook, Principal(appID: hook.appID, user: user.user))
    }

    /// Makes a bot: a user that cannot log in and shows a token instead.
    ///
    /// - Returns: The bot and its token, which is not kept and cannot be shown again.
    package func createBot(
        handle: String, name: String?, by principal: Principal
    ) async throws -> (bot: User, token: String) {
        guard principal.isAdmin else { throw ChatError.adminOnly }
        try Self.check(handle: handle)
        try Self.check(name: name)
        let token = Self.botTokenPrefix + SecureRandom.token(bytes: 24)
        let bot = try await insert(NewUser(kind: .bot, handle: handle, name: name ?? handle), in: principal.appID)
        try await store.insertBot(
            bot.id, tokenHash: Self.hash(token), creator: principal.auditActor, in: principal.appID)
        return (bot, token)
    }

    package func bots(for principal: Principal) async throws -> [User] {
        guard principal.isAdmin else { throw ChatError.adminOnly }
        return try await store.bots(in: principal.appID)
    }

    /// Gives a bot a new token; the old one ends at once.
    package func replaceBotToken(_ id: UserID, by principal: Principal) async throws -> String {
        guard principal.isAdmin else { throw ChatError.adminOnly }
        let token = Self.botTokenPrefix + SecureRandom.token(bytes: 24)
        let isKnown = try await store.replaceBotToken(
            id, tokenHash: Self.hash(token), by: principal.auditActor, in: principal.appID)
        guard isKnown else { throw ChatError(.notFound, "bot_not_found", "There is no bot with this id.") }
        users.forget(id)
        return token
    }

    /// Closes a bot's account; its token ends at once.
    package func closeBot(_ id: UserID, by principal: Principal) async throws {
        guard principal.isAdmin else { throw ChatError.adminOnly }
        guard let stored = try await store.user(id, in: principal.appID), stored.user.kind == .bot else {
            throw ChatError(.notFound, "bot_not_found", "There is no bot with this id.")
        }
        _ = try await updateUser(
            id, name: nil, email: nil, role: nil, isActive: false, password: nil, by: principal)
    }

    package func botCursor(_ principal: Principal) async throws -> Cursor? {
        try await store.botCursor(principal.userID, in: principal.appID)
    }

    package func setBotCursor(_ cursor: Cursor, _ principal: Principal) async throws {
        try await store.setBotCursor(cursor, of: principal.userID, in: principal.appID)
    }

    /// What the rules of moderation did, oldest first; for administrators.
    package func flags(after id: Int64, limit: Int, for principal: Principal) async throws -> [ModerationFlag] {
        guard principal.isAdmin else { throw ChatError.adminOnly }
        return try await store.flags(in: principal.appID, after: id, limit: min(limit, ChatLimits.page))
    }
}
