import Foundation
import Synchronization

/// Keeps what was looked up for a minute, at most 1,000 entries; what does not exist is asked for again.
final class LookupCache<Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var until: Date
    }

    private let clock: any BotClock
    private let entries = Mutex<[String: Entry]>([:])

    init(clock: any BotClock) { self.clock = clock }

    func value(for key: String, _ find: (String) async throws -> Value?) async throws -> Value? {
        let now = clock.now()
        if let entry = entries.withLock({ $0[key] }), entry.until > now { return entry.value }
        guard let value = try await find(key) else { return nil }
        entries.withLock { entries in
            if entries.count >= 1000 { entries = entries.filter { $0.value.until > now } }
            if entries.count >= 1000 { entries = [:] }
            entries[key] = Entry(value: value, until: now + 60)
        }
        return value
    }
}
