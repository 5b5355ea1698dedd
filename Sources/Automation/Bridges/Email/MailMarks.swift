import BridgeKit
import ChatModel
import Synchronization

/// The addresses whose mail came back for good; nothing is sent to them until they write again or the mark is old.
final class MailMarks: Sendable {
    /// Milliseconds: thirty days.
    private static let lifetime: Int64 = 30 * 86_400_000
    /// Milliseconds after which another node's marks are seen.
    private static let freshness: Int64 = 60_000
    private static let maximum = 10_000
    private static let prefix = "bounced."

    private struct State {
        var addresses: [String: String] = [:]
        var readAt: Int64?
    }

    private let context: BridgeContext
    private let state = Mutex(State())

    init(_ context: BridgeContext) { self.context = context }

    /// Why mail to an address comes back; nil when it does not.
    func reason(_ address: String) async throws -> String? {
        let now = context.now()
        let isFresh = state.withLock { state in
            state.readAt.map { now - $0 < Self.freshness && now >= $0 } ?? false
        }
        if !isFresh {
            let all = try await context.store.values(under: Self.prefix, limit: Self.maximum)
            state.withLock { state in
                state.addresses = Dictionary(
                    all.map { (String($0.key.dropFirst(Self.prefix.count)), $0.value) },
                    uniquingKeysWith: { first, _ in first })
                state.readAt = now
            }
        }
        return state.withLock { $0.addresses[address.lowercased()] }
    }

    func mark(_ address: String, reason: String) async throws {
        let address = address.lowercased()
        try await context.store.set(
            reason, for: Self.prefix + address, until: context.now() + Self.lifetime)
        state.withLock { $0.addresses[address] = reason }
    }

    /// Whoever writes can be written to.
    func clear(_ address: String) async throws {
        guard try await reason(address) != nil else { return }
        let address = address.lowercased()
        try await context.store.remove(Self.prefix + address)
        state.withLock { $0.addresses[address] = nil }
    }
}
