import ChatModel
import ChatStore
import PatternMatching
import Synchronization
import Telemetry

/// The words at which the people of an app want to be told, made ready for finding them in texts; follows the log.
///
/// Where nobody has any, a message costs one look into a dictionary.
final class KeywordCache: Sendable {
    /// All words of one app.
    final class Words: Sendable {
        private let set: PatternSet?
        /// Whose the word of an id is.
        private let owners: [[UserID]]

        /// - Parameter people: Whose words these are; those beyond ``KeywordCache/maximumWords`` different ones are left out.
        init(_ people: [(user: UserID, words: [String])]) throws(PatternError) {
            var ids: [String: Int] = [:]
            var owners: [[UserID]] = []
            for (user, words) in people {
                for word in words {
                    if let id = ids[word] {
                        if owners[id].last != user { owners[id].append(user) }
                    } else if owners.count < KeywordCache.maximumWords {
                        ids[word] = owners.count
                        owners.append([user])
                    }
                }
            }
            self.owners = owners
            set = owners.isEmpty ? nil : try PatternSet(ids.map { Pattern(id: $0.value, .literalWord($0.key)) })
        }

        /// Whose words stand in a text.
        func owners(in text: String) -> Set<UserID> {
            guard let set else { return [] }
            return Set(set.matches(in: text).lazy.flatMap { self.owners[$0.id] })
        }
    }

    private struct Entry {
        let words: Words
        let expiry: ContinuousClock.Instant
    }

    private struct State {
        var entries: [AppID: Entry] = [:]
        var generation = 0
    }

    /// Different words of an app that are looked for.
    static let maximumWords = 10_000
    private static let lifetime = Duration.seconds(300)
    private static let maximumApps = 2_000

    private let store: ChatStore
    private let logger: Logger
    private let state = Mutex(State())

    init(store: ChatStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    func words(of app: AppID) async throws -> Words {
        let now = ContinuousClock.now
        let (known, generation) = state.withLock { ($0.entries[app], $0.generation) }
        if let known, known.expiry > now { return known.words }
        let people = try await store.keywords(in: app, limit: Self.maximumWords)
        let words: Words
        do {
            words = try Words(people)
        } catch {
            // Each word was tried when it was chosen.
            logger.error("keywords.unreadable", ["app.id": .int(app.rawValue), "error": .error(error)])
            return try Self.none.get()
        }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.entries.count >= Self.maximumApps { state.entries = [:] }
            state.entries[app] = Entry(words: words, expiry: now + Self.lifetime)
        }
        return words
    }

    private static let none = Result { () throws(PatternError) in try Words([]) }

    func forget(_ event: EventRecord) {
        // Who is closed wants to be told of nothing.
        if event.type == .keywordsUpdated || event.type == .userUpdated { forget(event.appID) }
    }

    func forget(_ app: AppID) {
        state.withLock { state in
            state.generation += 1
            state.entries.removeValue(forKey: app)
        }
    }
}
