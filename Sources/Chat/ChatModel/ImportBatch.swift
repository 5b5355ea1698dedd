/// A part of what another server held, as an administrator brings it in.
///
/// Everything has the id that it had there: what came before under the same id is left as it is, so that the same batch
/// may be sent again.
package struct ImportBatch: Codable, Sendable {
    /// Which existing account a person that comes for the first time is.
    package enum Match: String, Codable, Sendable, CaseIterable {
        /// None: an account of the same handle is somebody else's.
        case nobody
        /// The one of the same handle.
        case handle
        /// The one of the same address.
        case email
    }

    package struct Person: Codable, Sendable {
        package var id: String
        package var handle: String
        package var name: String?
        package var email: String?
        /// A person or a bot; a bot gets no token.
        package var kind: User.Kind?
        package var isGuest: Bool?
        /// False for an account that was closed there.
        package var isActive: Bool?

        package init(
            id: String, handle: String, name: String? = nil, email: String? = nil, kind: User.Kind? = nil,
            isGuest: Bool? = nil, isActive: Bool? = nil
        ) {
            self.id = id
            self.handle = handle
            self.name = name
            self.email = email
            self.kind = kind
            self.isGuest = isGuest
            self.isActive = isActive
        }

        enum CodingKeys: String, CodingKey {
            case id, handle, name, email, kind
            case isGuest = "is_guest"
            case isActive = "is_active"
        }
    }

    package struct Channel: Codable, Sendable {
        package var id: String
        package var kind: ChatModel.Channel.Kind
        /// For public and private channels.
        package var name: String?
        package var topic: String?
        package var isArchived: Bool?
        package var createdAt: String?
        /// The two people of a direct channel, by their ids there.
        package var between: [String]?

        package init(
            id: String, kind: ChatModel.Channel.Kind, name: String? = nil, topic: String? = nil,
            isArchived: Bool? = nil, createdAt: String? = nil, between: [String]? = nil
        ) {
            self.id = id
            self.kind = kind
            self.name = name
            self.topic = topic
            self.isArchived = isArchived
            self.createdAt = createdAt
            self.between = between
        }

        enum CodingKeys: String, CodingKey {
            case id, kind, name, topic, between
            case isArchived = "is_archived"
            case createdAt = "created_at"
        }
    }

    package struct Member: Codable, Sendable {
        package var channel: String
        package var user: String
        package var role: Membership.Role?

        package init(channel: String, user: String, role: Membership.Role? = nil) {
            self.channel = channel
            self.user = user
            self.role = role
        }
    }

    package struct Reaction: Codable, Sendable, Equatable {
        package var emoji: String
        package var users: [String]

        package init(emoji: String, users: [String]) {
            self.emoji = emoji
            self.users = users
        }
    }

    package struct Message: Codable, Sendable {
        package var id: String
        package var channel: String
        package var author: String
        /// When it was said, RFC 3339.
        package var at: String
        package var kind: ChatModel.Message.Kind?
        package var text: String
        package var content: JSONValue?
        /// The id there of the message that it answers.
        package var thread: String?
        package var editedAt: String?
        package var deletedAt: String?
        package var reactions: [Reaction]?

        package init(
            id: String, channel: String, author: String, at: String, kind: ChatModel.Message.Kind? = nil,
            text: String, content: JSONValue? = nil, thread: String? = nil, editedAt: String? = nil,
            deletedAt: String? = nil, reactions: [Reaction]? = nil
        ) {
            self.id = id
            self.channel = channel
            self.author = author
            self.at = at
            self.kind = kind
            self.text = text
            self.content = content
            self.thread = thread
            self.editedAt = editedAt
            self.deletedAt = deletedAt
            self.reactions = reactions
        }

        enum CodingKeys: String, CodingKey {
            case id, channel, author, at, kind, text, content, thread, reactions
            case editedAt = "edited_at"
            case deletedAt = "deleted_at"
        }
    }

    /// Names the server or the export that the ids are of.
    package var source: String
    package var match: Match?
    package var users: [Person]?
    package var channels: [Channel]?
    package var messages: [Message]?
    package var members: [Member]?

    package init(source: String, match: Match? = nil) {
        self.source = source
        self.match = match
    }
}

/// What a batch came to.
package struct ImportOutcome: Codable, Sendable, Equatable {
    package struct Count: Codable, Sendable, Equatable {
        package var created = 0
        /// Was there already, from an import before.
        package var existing = 0

        package init(created: Int = 0, existing: Int = 0) {
            self.created = created
            self.existing = existing
        }
    }

    package struct Named: Codable, Sendable, Equatable {
        /// The id there.
        package var id: String
        /// The handle here.
        package var handle: String

        package init(id: String, handle: String) {
            self.id = id
            self.handle = handle
        }
    }

    package var users = Count()
    package var channels = Count()
    package var messages = Count()
    package var members = Count()
    package var reactions = 0
    /// Reactions with what is no emoji here, or beyond the bound of a message.
    package var reactionsLeftOut = 0
    /// Answers whose thread is not here; they stand in their channel.
    package var threadsMissing = 0
    /// The handles of all of the batch's users.
    package var handles: [Named] = []

    package init() {}

    enum CodingKeys: String, CodingKey {
        case users, channels, messages, members, reactions, handles
        case reactionsLeftOut = "reactions_left_out"
        case threadsMissing = "threads_missing"
    }
}
