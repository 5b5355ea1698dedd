import BridgeKit
import ChatStore

/// What one bridge remembers, in PostgreSQL.
struct StoredValues: BridgeStore {
    /// Kept by the runtime: why the bridge rests; empty when it does not.
    static let pausedKey = "runtime.paused"

    let store: ChatStore
    let bridge: String

    func value(_ key: String) async throws -> String? { try await store.bridgeValue("kind.\(key)", of: bridge) }

    func set(_ value: String, for key: String) async throws {
        try await store.setBridgeValue(value, for: "kind.\(key)", of: bridge)
    }

    /// Why the bridge rests; nil when it does not.
    func pauseReason() async throws -> String? {
        let reason = try await store.bridgeValue(Self.pausedKey, of: bridge) ?? ""
        return reason.isEmpty ? nil : reason
    }

    func setPauseReason(_ reason: String?) async throws {
        try await store.setBridgeValue(reason ?? "", for: Self.pausedKey, of: bridge)
    }
}
