import BridgeKit
import ChatStore

/// What one bridge remembers, in PostgreSQL.
struct StoredValues: BridgeStore {
    /// Kept by the runtime: why the bridge rests; empty when it does not.
    static let pausedKey = "runtime.paused"

    let store: ChatStore
    let bridge: String
    let now: @Sendable () -> Int64

    func value(_ key: String) async throws -> String? {
        try await store.bridgeValue(Self.stored(key), of: bridge, now: now())
    }

    func values(under prefix: String, limit: Int) async throws -> [String: String] {
        let values = try await store.bridgeValues(under: Self.stored(prefix), of: bridge, now: now(), limit: limit)
        return Dictionary(uniqueKeysWithValues: values.map { (String($0.dropFirst(Self.stored("").count)), $1) })
    }

    func set(_ value: String, for key: String, until expiry: Int64?) async throws {
        try await store.setBridgeValue(value, for: Self.stored(key), of: bridge, expiresAt: expiry)
    }

    func create(_ values: [String: String]) async throws {
        try await store.createBridgeValues(values.map { (Self.stored($0.key), $0.value) }, of: bridge, now: now())
    }

    func remove(_ key: String) async throws { try await store.deleteBridgeValue(Self.stored(key), of: bridge) }

    func removeAll(under prefix: String) async throws {
        try await store.deleteBridgeValues(under: Self.stored(prefix), of: bridge)
    }

    func change(_ change: BridgeStoreChange) async throws -> BridgeStoreOutcome {
        let action: BridgeValueChange.Action =
            switch change.action {
            case .set(let value): .set(value)
            case .create(let value): .create(value)
            case .add(let amount): .add(amount)
            case .remove: .remove
            }
        var stored = BridgeValueChange(key: Self.stored(change.key), action: action)
        stored.expiresAt = change.expiry
        stored.mark = change.mark.map(Self.stored)
        stored.markExpiresAt = change.markExpiry
        stored.limit = change.limit.map { (Self.stored($0.prefix), $0.count) }
        let outcome = try await store.changeBridgeValue(stored, of: bridge, now: now())
        switch outcome.status {
        case .done, .repeat: return .done(before: outcome.before, after: outcome.after)
        case .full: return .full
        case .noNumber: return .noNumber
        }
    }

    /// Drops what has expired.
    func removeExpired() async throws { try await store.deleteExpiredBridgeValues(of: bridge, now: now()) }

    /// Why the bridge rests; nil when it does not.
    func pauseReason() async throws -> String? {
        let reason = try await store.bridgeValue(Self.pausedKey, of: bridge, now: now()) ?? ""
        return reason.isEmpty ? nil : reason
    }

    /// Apart from what the runtime keeps.
    private static func stored(_ key: String) -> String { "kind.\(key)" }
}
