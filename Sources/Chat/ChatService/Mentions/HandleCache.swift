import ChatModel
import ChatStore
import Synchronization

/// Remembers who is called how, and that nobody is, so that a mention costs no query; follows the log, and forgets after
/// half a minute anyway.
final class HandleCache: Sendable {
    private struct Key: Hashable {
        let app: AppID
        let form: String
    }

    private struct Entry {
        /// Nil when nobody is called so.
        let user: MessageMentions.MentionedUser?
        let expiry: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// Grows with each change; a look-up that began before a change is not remembered.
        var generation = 0
    }

    private static let lifetime = Duration.seconds(30)
    private static let maximumCount = 20_000

    private let store: ChatStore
    private let state = Mutex(State())

    init(store: ChatStore) { self.store = store }

    /// Who of an app is called by which of these forms (``Handle/form(_:)``); closed accounts are not among them.
    func users(_ forms: Set<String>, in app: AppID) async throws -> [String: MessageMentions.MentionedUser] {
        guard !forms.isEmpty else { return [:] }
        let now = ContinuousClock.now
        var found: [String: MessageMentions.MentionedUser] = [:]
        let (unknown, generation) = state.withLock { state in
            var unknown: [String] = []
            for form in forms {
                if let entry = state.entries[Key(app: app, form: form)], entry.expiry > now {
                    found[form] = entry.user
                } else {
                    unknown.append(form)
                }
            }
            return (unknown, state.generation)
        }
        guard !unknown.isEmpty else { return found }
        var fresh: [String: MessageMentions.MentionedUser] = [:]
        for user in try await store.mentionable(unknown, in: app) { fresh[Handle.form(user.handle)] = user }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.entries.count + unknown.count > Self.maximumCount { state.entries = [:] }
            for form in unknown {
                state.entries[Key(app: app, form: form)] = Entry(user: fresh[form], expiry: now + Self.lifetime)
            }
        }
        return found.merging(fresh) { old, _ in old }
    }

    func forget(_ event: EventRecord) {
        if event.type == .userCreated || event.type == .userUpdated { forgetAll() }
    }

    func forgetAll() {
        state.withLock { state in
            state.generation += 1
            state.entries = [:]
        }
    }
}
