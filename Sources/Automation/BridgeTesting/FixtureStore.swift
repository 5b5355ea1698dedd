import BridgeKit
import Synchronization

/// What a bridge remembers, for as long as a fixture runs.
final class FixtureStore: BridgeStore {
    private struct Value {
        var text: String
        var expiry: Int64?
    }

    private let now: @Sendable () -> Int64
    private let values: Mutex<[String: Value]>

    init(_ values: [String: String], now: @escaping @Sendable () -> Int64) {
        self.now = now
        self.values = Mutex(values.mapValues { Value(text: $0) })
    }

    func value(_ key: String) async throws -> String? { live { $0[key]?.text } }

    func values(under prefix: String, limit: Int) async throws -> [String: String] {
        live { values in
            let found = values.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.prefix(limit)
            return Dictionary(uniqueKeysWithValues: found.map { ($0.key, $0.value.text) })
        }
    }

    func set(_ value: String, for key: String, until expiry: Int64?) async throws {
        live { $0[key] = Value(text: value, expiry: expiry) }
    }

    func create(_ new: [String: String]) async throws {
        live { values in
            for (key, text) in new where values[key] == nil { values[key] = Value(text: text) }
        }
    }

    func remove(_ key: String) async throws { live { $0[key] = nil } }

    func removeAll(under prefix: String) async throws {
        live { values in
            for key in values.keys where key.hasPrefix(prefix) { values[key] = nil }
        }
    }

    func change(_ change: BridgeStoreChange) async throws -> BridgeStoreOutcome {
        live { values in
            if let mark = change.mark, let first = values[mark].flatMap({ Outcome($0.text) }) { return first.value }
            let before = values[change.key]
            if let limit = change.limit, before == nil, change.action != .remove,
                values.keys.count(where: { $0.hasPrefix(limit.prefix) }) >= limit.count
            {
                return .full
            }
            switch change.action {
            case .set(let text): values[change.key] = Value(text: text, expiry: change.expiry)
            case .create(let text): if before == nil { values[change.key] = Value(text: text, expiry: change.expiry) }
            case .add(let amount):
                guard let number = Int64(before?.text ?? "0") else { return .noNumber }
                let (sum, isTooLarge) = number.addingReportingOverflow(amount)
                if isTooLarge { return .noNumber }
                values[change.key] = Value(text: "\(sum)", expiry: before == nil ? change.expiry : before?.expiry)
            case .remove: values[change.key] = nil
            }
            let outcome = Outcome(before: before?.text, after: values[change.key]?.text)
            if let mark = change.mark { values[mark] = Value(text: outcome.text, expiry: change.markExpiry) }
            return outcome.value
        }
    }

    /// Works on what has not expired.
    private func live<Result>(_ body: (inout [String: Value]) -> sending Result) -> Result {
        let now = now()
        return values.withLock { values in
            for (key, value) in values where value.expiry.map({ $0 <= now }) ?? false { values[key] = nil }
            return body(&values)
        }
    }

    /// What a mark keeps of a change.
    private struct Outcome {
        var before: String?
        var after: String?

        init(before: String?, after: String?) {
            self.before = before
            self.after = after
        }

        init?(_ text: String) {
            let parts = text.split(separator: "\u{1}", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { return nil }
            func part(_ text: String) -> String? { text.first == "+" ? String(text.dropFirst()) : nil }
            self.init(before: part(parts[0]), after: part(parts[1]))
        }

        var text: String { "\(before.map { "+\($0)" } ?? "-")\u{1}\(after.map { "+\($0)" } ?? "-")" }
        var value: BridgeStoreOutcome { .done(before: before, after: after) }
    }
}
