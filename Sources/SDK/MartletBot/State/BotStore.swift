import Foundation

/// A small memory that outlives the bot: keys and values, kept in one JSON file.
///
/// What a handler changes is written in one step when it ends without an error, together with the mark that its event
/// was handled: a crash never leaves half of a change behind, and an event that is delivered twice changes the state
/// once. From its first use of the store until it ends, a handler is the only one that uses it; other handlers go on
/// as long as they do not touch the store.
///
/// At most 10,000 keys of 256 bytes, 256 KiB a value and 8 MiB in all; the whole file is written for each change. What
/// grows beyond that belongs into a database.
public struct BotStore: Sendable {
    private let transaction: StoreTransaction

    init(_ transaction: StoreTransaction) { self.transaction = transaction }

    /// The value of a key; nil when there is none.
    ///
    /// - Throws: ``BotError`` with the code `state`, when the value is of another type.
    public func get<Value: Decodable>(_ key: String, as type: Value.Type = Value.self) async throws -> Value? {
        guard let json = try await transaction.value(key) else { return nil }
        return try Self.decode(json, key)
    }

    /// Puts a value, in place of the one before.
    ///
    /// - Throws: ``BotError`` with the code `state`, when the key or the value is too long.
    public func set<Value: Encodable>(_ key: String, to value: Value) async throws {
        let json = try Self.encode(value, key)
        try await transaction.change(key) { _ in (json, ()) }
    }

    /// Changes a value in place.
    ///
    /// - Parameters:
    ///   - key: 1 to 256 bytes.
    ///   - initial: What to begin with when there is no value.
    ///   - change: Called once; what it throws leaves the value as it was.
    /// - Returns: What `change` returns.
    /// - Throws: ``BotError`` with the code `state`; what `change` throws.
    public func update<Value: Codable, Result: Sendable>(
        _ key: String, default initial: @autoclosure () -> Value, _ change: (inout Value) throws -> Result
    ) async throws -> Result {
        try await transaction.change(key) { json in
            var value = try json.map { try Self.decode($0, key) } ?? initial()
            let result = try change(&value)
            return (try Self.encode(value, key), result)
        }
    }

    /// Removes a key; nothing happens when there is none.
    public func remove(_ key: String) async throws {
        try await transaction.change(key) { _ in (Optional<JSONValue>.none, ()) }
    }

    /// The keys that begin with `prefix`, in alphabetical order.
    public func keys(withPrefix prefix: String = "") async throws -> [String] {
        try await transaction.keys().filter { $0.hasPrefix(prefix) }
    }

    private static func decode<Value: Decodable>(_ json: JSONValue, _ key: String) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(json))
        } catch {
            throw BotError(.state, "the value of \"\(key)\" is no \(Value.self)", underlying: error)
        }
    }

    private static func encode<Value: Encodable>(_ value: Value, _ key: String) throws -> JSONValue {
        do {
            let data = try JSONEncoder().encode(value)
            guard data.count <= StateStore.Limits.valueBytes else {
                throw BotError(.state, "the value of \"\(key)\" has more than \(StateStore.Limits.valueBytes) bytes")
            }
            return try JSONDecoder().decode(JSONValue.self, from: data)
        } catch let error as EncodingError {
            throw BotError(.state, "the value of \"\(key)\" cannot be written as JSON", underlying: error)
        }
    }
}
