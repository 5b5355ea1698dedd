public import ChatModel

/// Somebody that a command names: `@bob`.
public struct UserRef: Sendable, Hashable, Codable {
    /// Numbers the user.
    public var id: UserID
    /// The unique short name, without `@`.
    public var handle: String
    /// The name to show.
    public var name: String

    /// Makes a value; nobody is looked up.
    public init(id: UserID, handle: String, name: String) {
        self.id = id
        self.handle = handle
        self.name = name
    }
}

extension UserRef: ArgumentValue {
    /// `@user`.
    public static var typeName: String { "@user" }

    /// Finds the user on the server: `bob`, `@bob`, and as it stands in a sentence, `@bob.` or `(@bob)`.
    ///
    /// Of handles that may be meant the longest that there is counts.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> UserRef {
        for handle in Mention.handles(in: text) {
            if let user = try await directory.user(handle: handle) { return user }
        }
        throw ArgumentError("no such user", found: text)
    }
}
