import BridgeKit
import Synchronization

/// Keeps which mail became which message; what many mails have to keep goes in one statement.
final class MailMemory: Sendable {
    private struct State {
        var values: [String: String] = [:]
        var waiters: [CheckedContinuation<Void, any Error>] = []
        var isWriting = false
        /// The last keys, the oldest at `next`.
        var recent: [String] = []
        var recentKeys: Set<String> = []
        var next = 0

        mutating func note(_ key: String) {
            guard recentKeys.insert(key).inserted else { return }
            if recent.count < MailMemory.mostRecent {
                recent.append(key)
            } else {
                recentKeys.remove(recent[next])
                recent[next] = key
                next = (next + 1) % MailMemory.mostRecent
            }
        }
    }

    private static let mostRecent = 4096

    private let store: any BridgeStore
    private let state = Mutex(State())

    init(_ store: any BridgeStore) { self.store = store }

    /// Keeps a value where there is none yet, and returns when it is stored.
    func keep(_ value: String, for key: String) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLock { state in
                if state.values[key] == nil { state.values[key] = value }
                state.note(key)
                state.waiters.append(continuation)
                defer { state.isWriting = true }
                return !state.isWriting
            }
            // Ends when nobody waits any more.
            if isFirst { Task { await self.write() } }
        }
    }

    /// Whether a key was kept a while ago, and not longer.
    func isRecent(_ key: String) -> Bool { state.withLock { $0.recentKeys.contains(key) } }

    private func write() async {
        while true {
            let (values, waiters) = state.withLock { state in
                defer {
                    state.values = [:]
                    state.waiters = []
                }
                if state.waiters.isEmpty { state.isWriting = false }
                return (state.values, state.waiters)
            }
            guard !waiters.isEmpty else { return }
            do {
                try await store.create(values)
                for waiter in waiters { waiter.resume() }
            } catch {
                for waiter in waiters { waiter.resume(throwing: error) }
            }
        }
    }
}
