/// A role of the app's own making: what it gives, and how it ranks.
public struct AppRole: Sendable, Codable, Hashable {
    /// Numbers the role.
    public var id: Int64
    /// Unique in the app, whatever the case.
    public var name: String
    /// What it gives those who have it, in the app and in the channels that they may read.
    public var capabilities: Capability
    /// Nobody but administrators gives or takes a role that ranks as high as their own highest one.
    public var rank: Int
    /// When it was made, RFC 3339.
    public var createdAt: String

    /// Makes a value; nothing is stored.
    public init(id: Int64, name: String, capabilities: Capability, rank: Int, createdAt: String) {
        self.id = id
        self.name = name
        self.capabilities = capabilities
        self.rank = rank
        self.createdAt = createdAt
    }

    enum CodingKeys: String, CodingKey {
        case id, name, capabilities, rank
        case createdAt = "created_at"
    }
}
