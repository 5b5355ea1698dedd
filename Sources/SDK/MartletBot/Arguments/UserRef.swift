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

    /// Finds the user on the server, with or without `@`, and with a comma or colon behind.
    public static func resolve(_ text: String, in directory: any Directory) async throws -> UserRef {
        var handle = text[...]
        if handle.first == "@" { handle.removeFirst() }
        while let last = handle.last, last == "," || last == ":" { handle.removeLast() }
        guard !handle.isEmpty, handle.utf8.count <= 64, let user = try await directory.user(handle: String(handle))
        else { throw ArgumentError("no such user", found: text) }
        return user
    }
}
