import ChatModel
import ChatStore
import Synchronization

/// Remembers which roles of the app's own users have: nothing is asked for where an app has none.
///
/// Follows the log, and forgets after half a minute anyway.
final class AppRoleCache: Sendable {
    private struct Entry<Value: Sendable>: Sendable {
        let value: Value
        let expiry = ContinuousClock.now + AppRoleCache.lifetime
    }

    private struct Key: Hashable {
        let app: AppID
        let user: UserID
    }

    private struct State {
        var apps: [AppID: Entry<Bool>] = [:]
        var users: [Key: Entry<[AppRole]>] = [:]
        /// Grows with each change; a look-up that began before a change is not remembered.
        var generation = 0
    }

    private static let lifetime = Duration.seconds(30)
    private static let maximumCount = 20_000

    private let store: ChatStore
    private let state = Mutex(State())

    init(store: ChatStore) { self.store = store }

    /// The highest first.
    func roles(of user: UserID, in app: AppID) async throws -> [AppRole] {
        guard try await hasRoles(app) else { return [] }
        let key = Key(app: app, user: user)
        let (known, generation) = state.withLock { ($0.users[key], $0.generation) }
        if let known, known.expiry > .now { return known.value }
        let roles = try await store.roles(of: user, in: app)
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.users.count >= Self.maximumCount { state.users = [:] }
            state.users[key] = Entry(value: roles)
        }
        return roles
    }

    private func hasRoles(_ app: AppID) async throws -> Bool {
        let (known, generation) = state.withLock { ($0.apps[app], $0.generation) }
        if let known, known.expiry > .now { return known.value }
        let hasRoles = try await !store.roles(in: app).isEmpty
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.apps.count >= Self.maximumCount { state.apps = [:] }
            state.apps[app] = Entry(value: hasRoles)
        }
        return hasRoles
    }

    /// Forgets everything: changes of roles touch many users and are rare.
    func forgetAll() {
        state.withLock { state in
            state.generation += 1
            state.apps = [:]
            state.users = [:]
        }
    }

    func forget(_ event: EventRecord) {
        switch event.type {
        case .roleCreated, .roleUpdated, .roleDeleted, .userRoleAdded, .userRoleRemoved: forgetAll()
        default: return
        }
    }
}
