/// The number of a row, typed by what it numbers, so that a channel's id is never taken for a user's.
///
/// In JSON it is a plain number.
public struct ID<Entity>: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The number itself; always positive for a stored row.
    public let rawValue: Int64

    /// Wraps a number.
    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// Reads a JSON number.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(Int64.self)
    }

    /// Writes a JSON number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// Orders by number, which is the order of creation within one kind of row.
    public static func < (left: ID, right: ID) -> Bool { left.rawValue < right.rawValue }

    /// The number as text.
    public var description: String { String(rawValue) }
}

/// Numbers a tenant.
public typealias AppID = ID<App>
/// Numbers a person, bot or hook.
public typealias UserID = ID<User>
/// Numbers a channel of any kind.
public typealias ChannelID = ID<Channel>
/// Numbers a message.
public typealias MessageID = ID<Message>

/// A tenant: users, channels and messages of one app never meet those of another.
public struct App: Sendable, Codable, Hashable {
    /// Numbers the app.
    public var id: AppID
    /// Names the app; unique on the server.
    public var name: String

    /// Makes a value; nothing is stored.
    public init(id: AppID, name: String) {
        self.id = id
        self.name = name
    }
}
