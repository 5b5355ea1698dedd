/// The kinds of bridges that a server knows.
///
/// A server with one more kind is an executable that adds it to the standard ones and runs Martlet's own main with
/// the result.
public struct BridgeRegistry: Sendable {
    private var types: [String: any Bridge.Type] = [:]

    /// Knows nothing.
    public init() {}

    /// Adds a kind; a name that is taken stops the program.
    public mutating func add(_ type: any Bridge.Type) {
        precondition(types[type.kind] == nil, "two kinds of bridge have the name \(type.kind)")
        types[type.kind] = type
    }

    /// The names of all kinds, sorted.
    public var kinds: [String] { types.keys.sorted() }

    /// The kind of this name.
    public subscript(kind: String) -> (any Bridge.Type)? { types[kind] }
}
