/// Keeps small values under keys of the bridge's own: which mail became which message.
public protocol BridgeStore: Sendable {
    /// The value kept under `key`; nil when there is none, or when its time is over.
    func value(_ key: String) async throws -> String?
    /// The values kept under keys that begin with `prefix`, by key; the first ones when there are more than `limit`.
    func values(under prefix: String, limit: Int) async throws -> [String: String]
    /// Keeps `value` under `key` in place of what was there.
    ///
    /// - Parameter expiry: When it goes by itself, in milliseconds since 1970; never when nil.
    func set(_ value: String, for key: String, until expiry: Int64?) async throws
    /// Keeps each of the values under its key where there is none; all of them or none.
    func create(_ values: [String: String]) async throws
    /// Forgets what is kept under `key`.
    func remove(_ key: String) async throws
    /// Forgets what is kept under keys that begin with `prefix`.
    func removeAll(under prefix: String) async throws
    /// Changes a value with regard to what is there, and at most once; no other change of the bridge comes in between.
    func change(_ change: BridgeStoreChange) async throws -> BridgeStoreOutcome
}

extension BridgeStore {
    /// Keeps `value` under `key` for as long as the bridge exists.
    public func set(_ value: String, for key: String) async throws { try await set(value, for: key, until: nil) }
}

/// A change of one kept value.
public struct BridgeStoreChange: Sendable {
    /// What is to become of the value.
    public enum Action: Sendable, Hashable {
        /// It is replaced.
        case set(String)
        /// It is made when there is none.
        case create(String)
        /// It is a whole number, 0 when there is none, and grows by this.
        case add(Int64)
        /// It is forgotten.
        case remove
    }

    /// Which value.
    public var key: String
    /// What is to become of it.
    public var action: Action
    /// When it goes by itself, in milliseconds since 1970; one that is there keeps its time, unless it is replaced.
    public var expiry: Int64?
    /// What came of the change is kept under this key as well, both or neither.
    ///
    /// A change whose mark is there already is a repeat: it changes nothing and has the outcome of the first time.
    public var mark: String?
    /// When the mark goes by itself.
    public var markExpiry: Int64?
    /// How many values there may be under keys that begin in some way; one more is refused.
    public var limit: Limit?

    /// A bound of the number of values.
    public struct Limit: Sendable, Hashable {
        /// What the keys begin with.
        public var prefix: String
        /// How many there may be.
        public var count: Int

        /// Makes a bound.
        public init(prefix: String, count: Int) {
            self.prefix = prefix
            self.count = count
        }
    }

    /// Describes a change; nothing happens yet.
    public init(_ action: Action, of key: String) {
        self.key = key
        self.action = action
    }
}

/// What came of a change.
public enum BridgeStoreOutcome: Sendable, Hashable {
    /// It was made, now or the first time.
    case done(before: String?, after: String?)
    /// There are as many values as the limit allows.
    case full
    /// What is there is no whole number.
    case noNumber
}
