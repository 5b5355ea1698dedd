/// Whom a message mentions, as the server has read its text: `@ada`, `@channel`, `@here`, outside code.
public struct MessageMentions: Sendable, Codable, Hashable {
    /// Somebody whose handle stands in the text.
    public struct MentionedUser: Sendable, Codable, Hashable {
        /// Who it is.
        public var id: UserID
        /// The handle as it was when the message was written; how it stands in the text, but for its case.
        public var handle: String

        /// Makes a value; nothing is stored.
        public init(id: UserID, handle: String) {
            self.id = id
            self.handle = handle
        }
    }

    /// In the order in which they stand in the text, each once.
    public var users: [MentionedUser]
    /// Whether all members are meant: `@channel`, `@all`, `@everyone`.
    public var channel: Bool
    /// Whether the members who are there now are meant: `@here`.
    public var here: Bool

    /// Makes a value; nothing is stored.
    public init(users: [MentionedUser] = [], channel: Bool = false, here: Bool = false) {
        self.users = users
        self.channel = channel
        self.here = here
    }

    /// Whether nobody is mentioned.
    public var isEmpty: Bool { users.isEmpty && !channel && !here }
}

/// Which mentions of a text count; the others stay text.
public struct AllowedMentions: Sendable, Codable, Hashable {
    /// What may be mentioned.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Anybody by their handle.
        case users
        /// All members: `@channel`, `@all`, `@everyone`.
        case channel
        /// The members who are there now: `@here`.
        case here
    }

    /// The kinds that count; none when empty, all that the sender may when nil and ``users`` is nil, too.
    public var parse: [Kind]?
    /// Only these people count, where the text has them; not together with `users` in ``parse``.
    public var users: [UserID]?

    /// Makes a value.
    public init(parse: [Kind]? = nil, users: [UserID]? = nil) {
        self.parse = parse
        self.users = users
    }

    /// Nobody: the text may have whatever it has.
    public static let none = AllowedMentions(parse: [])
}
