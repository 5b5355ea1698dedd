import Foundation
import Synchronization

/// The reads and changes of one run of one handler.
///
/// It begins with the first use and holds the store from then on, so that handlers which use the store see each other
/// as if they had run one after the other.
final class StoreTransaction: Sendable {
    private enum State {
        case untouched
        case open([String: JSONValue?])
        case over
    }

    private let store: StateStore
    /// One use at a time, also for a handler that does several things at once.
    private let turn = AsyncLock()
    private let state = Mutex(State.untouched)

    init(_ store: StateStore) { self.store = store }

    func value(_ key: String) async throws -> JSONValue? {
        try await turn.withLock { try await current(key) }
    }

    func keys() async throws -> [String] {
        try await turn.withLock {
            let changes = try await open()
            var keys = Set(store.keys())
            for (key, value) in changes {
                if case .some = value { keys.insert(key) } else { keys.remove(key) }
            }
            return keys.sorted()
        }
    }

    /// Puts what `change` makes of the present value; nil removes the key.
    ///
    /// - Throws: ``BotError`` with the code `state` for a key or value that is too long; what `change` throws.
    func change<Result: Sendable>(
        _ key: String, _ change: (JSONValue?) throws -> (JSONValue?, Result)
    ) async throws -> Result {
        guard !key.isEmpty, key.utf8.count <= StateStore.Limits.keyBytes else {
            throw BotError(.state, "a key has 1 to \(StateStore.Limits.keyBytes) bytes")
        }
        return try await turn.withLock {
            let (value, result) = try change(try await current(key))
            state.withLock { state in
                guard case .open(var changes) = state else { return }
                changes.updateValue(value, forKey: key)
                state = .open(changes)
            }
            return result
        }
    }

    /// Makes the changes lasting, and with them the mark that `cursor` was handled; without changes writes nothing.
    func commit(handled cursor: Cursor?) async throws {
        let old = end()
        guard case .open(let changes) = old else { return }
        defer { store.lock.release() }
        if !changes.isEmpty { try await store.commit(changes, handled: cursor) }
    }

    /// Forgets the changes.
    func abandon() {
        if case .open = end() { store.lock.release() }
    }

    private func end() -> State {
        state.withLock { state in
            defer { state = .over }
            return state
        }
    }

    private func current(_ key: String) async throws -> JSONValue? {
        if let change = try await open()[key] { return change }
        return store.value(key)
    }

    private func open() async throws -> [String: JSONValue?] {
        switch state.withLock({ $0 }) {
        case .open(let changes): return changes
        case .over: throw BotError(.state, "the store can be used only while the handler runs")
        case .untouched:
            try await store.lock.acquire()
            let isLate = state.withLock { state in
                if case .over = state { return true }
                state = .open([:])
                return false
            }
            guard !isLate else {
                store.lock.release()
                throw BotError(.state, "the store can be used only while the handler runs")
            }
            return [:]
        }
    }
}
