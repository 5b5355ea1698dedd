/// Somebody who can write: a person, a bot or an incoming webhook.
public struct User: Sendable, Codable, Hashable {
    /// What kind of author this is; every client can show that a message came from a machine.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case person, bot, hook
    }

    /// What a user may do in the whole app.
    public enum Role: String, Sendable, Codable, CaseIterable {
        /// May do everything, act for others included.
        case admin
        /// May create channels and write where it is a member.
        case member
        /// May only use the channels it was added to.
        case guest
    }

    /// Numbers the user.
    public var id: UserID
    /// What the user is.
    public var kind: Kind
    /// The unique short name, without `@`: letters, digits and `_ . -` and a few more, at most 64 characters.
    public var handle: String
    /// The name to show.
    public var name: String
    /// The address for notifications; only the user and administrators see it.
    public var email: String?
    /// The role in the app.
    public var role: Role
    /// False once the account was closed; its messages stay.
    public var isActive: Bool
    /// When the account was made, RFC 3339.
    public var createdAt: String
    /// What the user may do in the app; told to the user alone.
    public var ownCapabilities: Capability?

    /// Makes a value; nothing is stored.
    public init(
        id: UserID, kind: Kind, handle: String, name: String, email: String?, role: Role, isActive: Bool,
        createdAt: String, ownCapabilities: Capability? = nil
    ) {
        self.id = id
        self.kind = kind
        self.handle = handle
        self.name = name
        self.email = email
        self.role = role
        self.isActive = isActive
        self.createdAt = createdAt
        self.ownCapabilities = ownCapabilities
    }

    enum CodingKeys: String, CodingKey {
        case id, kind, handle, name, email, role
        case ownCapabilities = "own_capabilities"
        case isActive = "is_active"
        case createdAt = "created_at"
    }
}

/// What a message says of its author, so that a client can show it without asking.
public struct Author: Sendable, Codable, Hashable {
    /// Numbers the user.
    public var id: UserID
    /// The unique short name.
    public var handle: String
    /// The name to show; for a hook, the name that the sender chose.
    public var name: String
    /// What the author is.
    public var kind: User.Kind

    /// Makes a value; nothing is stored.
    public init(id: UserID, handle: String, name: String, kind: User.Kind) {
        self.id = id
        self.handle = handle
        self.name = name
        self.kind = kind
    }
}
