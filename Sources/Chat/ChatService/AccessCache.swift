import ChatModel
import ChatStore
import Synchronization

/// Remembers how users stand to channels, so that a message costs no query for it.
///
/// Entries are dropped when the log tells of a change, and in any case after half a minute.
final class AccessCache: Sendable {
    private struct Key: Hashable {
        let channel: ChannelID
        let user: UserID
    }

    private struct Entry {
        let app: AppID
        let access: ChatStore.Access
        let expiry: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Grows with each change; a look-up that began before a change is not remembered.
        var generation = 0
    }

    private static let lifetime = Duration.seconds(30)
    private static let maximumCount = 50_000

    private let store: ChatStore
    private let state = Mutex(State())

    init(store: ChatStore) { self.store = store }

    func access(of user: UserID, to channel: ChannelID, in app: AppID) async throws -> ChatStore.Access? {
        let key = Key(channel: channel, user: user)
        let now = ContinuousClock.now
        let (known, generation) = state.withLock { ($0.entries[key], $0.generation) }
        if let known, known.expiry > now, known.app == app { return known.access }
        guard let access = try await store.access(of: user, to: channel, in: app) else { return nil }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.entries.count >= Self.maximumCount { state.entries = [:] }
            state.entries[key] = Entry(app: app, access: access, expiry: now + Self.lifetime)
        }
        return access
    }

    func forget(user: UserID, in channel: ChannelID) {
        state.withLock {
            $0.generation += 1
            $0.entries.removeValue(forKey: Key(channel: channel, user: user))
        }
    }

    /// Forgets everything; for changes that touch many entries and are rare.
    func forgetAll() {
        state.withLock {
            $0.generation += 1
            $0.entries = [:]
        }
    }

    func forget(_ event: EventRecord) {
        switch event.type {
        case .memberAdded, .memberUpdated, .memberRemoved:
            guard let channel = event.channelID, let subject = event.subjectID else { return }
            forget(user: UserID(subject), in: channel)
        // Who archives a direct channel for themselves changes nothing that is remembered here.
        case .channelUpdated where event.audienceID != nil: return
        case .channelUpdated, .userUpdated, .overrideUpdated, .overrideDeleted, .roleUpdated, .roleDeleted,
            .userRoleAdded, .userRoleRemoved:
            forgetAll()
        default: return
        }
    }
}
