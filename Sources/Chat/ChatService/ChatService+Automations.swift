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
        let name = try Self.check(name: name) ?? name
        try await rights(in: channel, principal).require(.makeHook)
        try await judge(
            [(.hookName, name, "/name")], by: principal.author, in: principal.appID,
            channel: (channel, channelName(of: channel, principal)))
        let secret = Self.hookSecretPrefix + SecureRandom.token(bytes: 24)
        let hook = try await store.insertHook(
            name: name, handle: "hook-\(SecureRandom.base32Token(bytes: 5))", secretHash: Self.hash(secret),
            isLocked: isLocked, channel: channel, creator: principal.auditActor,
            isAdministrator: principal.may(.administer), limit: ChatLimits.hooksPerChannel,
            groupLimit: ChatLimits.groupMembers, in: principal.appID)
        if let hook { return (hook, secret) }
        access.forget(user: principal.userID, in: channel)
        try await rights(in: channel, principal).require(.makeHook)
        guard try await store.hookCount(of: channel, in: principal.appID) < ChatLimits.hooksPerChannel else {
            throw ChatError(
                .conflict, "too_many_hooks",
                "At most \(ChatLimits.hooksPerChannel) webhooks write to one channel; revoke one before.")
        }
        throw ChatError.groupIsFull
    }

    package func hooks(
        after id: Int64 = 0, limit: Int = ChatLimits.page, for principal: Principal
    ) async throws -> [StoredHook] {
        try principal.require(.administer)
        return try await store.hooks(in: principal.appID, after: id, limit: min(limit, ChatLimits.page))
    }

    package func revokeHook(_ id: Int64, by principal: Principal) async throws {
        try principal.require(.administer)
        guard try await store.revokeHook(id, by: principal.auditActor, in: principal.appID) else {
            throw ChatError(.notFound, "hook_not_found", "There is no hook with this id.")
        }
    }

    /// Answers for a hook in the place of who made it, or took it over before; for administrators.
    package func takeOverHook(_ id: Int64, by principal: Principal) async throws -> StoredHook {
        try principal.require(.administer)
        guard
            let hook = try await store.setHookMaker(
                principal.userID, of: id, by: principal.auditActor, in: principal.appID)
        else { throw ChatError(.notFound, "hook_not_found", "There is no hook with this id.") }
        return hook
    }

    /// The hook that a secret belongs to, as the principal that writes for it.
    ///
    /// - Throws: ``ChatError`` while nobody answers for it who could make one in its channel.
    package func hook(secret: String) async throws -> (hook: StoredHook, principal: Principal)? {
        guard secret.utf8.count <= 128, let hook = try await store.hook(secretHash: Self.hash(secret)) else {
            return nil
        }
        guard hook.maker.answersForIt else { throw ChatError.hookSuspended }
        guard let user = try await users.user(hook.author.id, in: hook.appID), user.user.isActive else { return nil }
        return (hook, Principal(appID: hook.appID, user: user.user))
    }

    /// Makes a bot: a user that cannot log in and shows a token instead.
    ///
    /// - Returns: The bot and its token, which is not kept and cannot be shown again.
    package func createBot(
        handle: String, name: String?, by principal: Principal
    ) async throws -> (bot: User, token: String) {
        try principal.require(.administer)
        let handle = try Self.check(handle: handle)
        let name = try Self.check(name: name)
        try await judge(handle: handle, name: name, of: .bot, in: principal.appID)
        let token = Self.botTokenPrefix + SecureRandom.token(bytes: 24)
        do {
            let bot = try await store.insertBot(
                handle: handle, name: name ?? handle, tokenHash: Self.hash(token), creator: principal.auditActor,
                limit: ChatLimits.bots, in: principal.appID)
            if let bot { return (bot, token) }
        } catch StoreError.taken {
            throw ChatError(
                .conflict, "handle_taken", "This handle is taken; choose another.", pointer: "/handle")
        } catch StoreError.alike {
            throw ChatError.alike("handle")
        }
        throw ChatError(
            .conflict, "too_many_bots", "An app has at most \(ChatLimits.bots) bots; close one before.")
    }

    package func bots(
        after id: UserID = UserID(0), limit: Int = ChatLimits.page, for principal: Principal
    ) async throws -> [User] {
        try principal.require(.administer)
        return try await store.bots(in: principal.appID, after: id, limit: min(limit, ChatLimits.page))
    }

    /// Gives a bot a new token; the old one ends at once.
    package func replaceBotToken(_ id: UserID, by principal: Principal) async throws -> String {
        try principal.require(.administer)
        let token = Self.botTokenPrefix + SecureRandom.token(bytes: 24)
        let isKnown = try await store.replaceBotToken(
            id, tokenHash: Self.hash(token), by: principal.auditActor, in: principal.appID)
        guard isKnown else { throw ChatError(.notFound, "bot_not_found", "There is no bot with this id.") }
        users.forget(id)
        return token
    }

    /// Closes a bot's account; its token ends at once.
    package func closeBot(_ id: UserID, by principal: Principal) async throws {
        try principal.require(.administer)
        guard let stored = try await store.user(id, in: principal.appID), stored.user.kind == .bot else {
            throw ChatError(.notFound, "bot_not_found", "There is no bot with this id.")
        }
        _ = try await updateUser(
            id, name: nil, email: nil, role: nil, isActive: false, password: nil, by: principal)
    }

    package func botCursor(_ principal: Principal) async throws -> Cursor? {
        try await store.botCursor(principal.userID, in: principal.appID)
    }

    /// Keeps how far a bot has got; does nothing when a newer connection than `claim` has taken its place.
    package func setBotCursor(_ cursor: Cursor, claim: Int64? = nil, _ principal: Principal) async throws {
        try await store.setBotCursor(cursor, of: principal.userID, claim: claim, in: principal.appID)
    }

    /// Makes the caller's connection the bot's only one.
    ///
    /// - Returns: Its number; a newer connection has a higher one.
    package func claimConnection(_ principal: Principal) async throws -> Int64 {
        try await store.claimLease(ChatStore.botLease(principal.userID), holder: "connection")
    }

    /// The number of the bot's newest connection; nil when it never had one.
    package func newestConnection(_ principal: Principal) async throws -> Int64? {
        try await store.leaseNumber(ChatStore.botLease(principal.userID))
    }

    /// What the rules of moderation did, oldest first; for administrators.
    package func flags(after id: Int64, limit: Int, for principal: Principal) async throws -> [ModerationFlag] {
        try principal.require(.administer)
        return try await store.flags(in: principal.appID, after: id, limit: min(limit, ChatLimits.page))
    }
}

extension StoredHook.Maker {
    /// Whether the maker is still somebody who could make the hook.
    package var answersForIt: Bool {
        isActive && ChannelRights(appRole: appRole, kind: channelKind, role: channelRole).allows(.keepHook)
    }
}
