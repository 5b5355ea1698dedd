import ChatModel
import ChatStore
import Synchronization

/// Remembers accounts for the check of access tokens; follows the log, and forgets after half a minute anyway.
final class UserCache: Sendable {
    /// A class, so that the tables' spare places are small.
    private final class Entry: Sendable {
        let user: StoredUser
        let expiry = ContinuousClock.now + UserCache.lifetime

        init(_ user: StoredUser) { self.user = user }
    }

    private struct OpenSession {
        let name: String
        /// Until when it is believed to be open.
        let expiry: ContinuousClock.Instant
    }

    private struct State {
        var entries: [UserID: Entry] = [:]
        var bots: [[UInt8]: Entry] = [:]
        /// Log-ins that are open; a user has few, and a dictionary of one takes twice the memory.
        var sessions: [UserID: [OpenSession]] = [:]
        var generation = 0
    }

    private static let lifetime = Duration.seconds(30)
    private static let maximumCount = 20_000
    private static let maximumSessions = 100

    private let store: ChatStore
    private let state = Mutex(State())

    init(store: ChatStore) { self.store = store }

    func user(_ id: UserID, in app: AppID) async throws -> StoredUser? {
        let (known, generation) = state.withLock { ($0.entries[id], $0.generation) }
        if let known, known.expiry > .now, known.user.appID == app { return known.user }
        guard let user = try await store.user(id, in: app) else { return nil }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.entries.count >= Self.maximumCount { state.entries = [:] }
            state.entries[id] = Entry(user)
        }
        return user
    }

    func bot(tokenHash: [UInt8]) async throws -> StoredUser? {
        let (known, generation) = state.withLock { ($0.bots[tokenHash], $0.generation) }
        if let known, known.expiry > .now { return known.user }
        guard let user = try await store.bot(tokenHash: tokenHash) else { return nil }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.bots.count >= Self.maximumCount { state.bots = [:] }
            state.bots[tokenHash] = Entry(user)
        }
        return user
    }

    /// Whether a log-in was not ended.
    func isOpen(_ session: String, of user: UserID) async throws -> Bool {
        let (expiry, generation) = state.withLock { state in
            (state.sessions[user]?.first { $0.name == session }?.expiry, state.generation)
        }
        if let expiry, expiry > .now { return true }
        guard try await store.isOpen(session, user: user) else { return false }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.sessions.count >= Self.maximumCount { state.sessions = [:] }
            // One user's log-ins that have ended unnoticed must not add up.
            if state.sessions[user]?.count ?? 0 >= Self.maximumSessions { state.sessions[user] = [] }
            state.sessions[user, default: []].removeAll { $0.name == session }
            state.sessions[user, default: []].append(OpenSession(name: session, expiry: .now + Self.lifetime))
        }
        return true
    }

    func forgetSessions(of user: UserID) {
        state.withLock { state in
            state.generation += 1
            state.sessions.removeValue(forKey: user)
        }
    }

    func forget(_ id: UserID) {
        state.withLock { state in
            state.generation += 1
            state.entries.removeValue(forKey: id)
            state.sessions.removeValue(forKey: id)
            state.bots = state.bots.filter { $0.value.user.user.id != id }
        }
    }

    func forget(_ event: EventRecord) {
        guard let subject = event.subjectID else { return }
        switch event.type {
        // A bot's new token ends its old one.
        case .userUpdated, .botTokenRotated: forget(UserID(subject))
        case .sessionEnded: forgetSessions(of: UserID(subject))
        default: return
        }
    }
}
