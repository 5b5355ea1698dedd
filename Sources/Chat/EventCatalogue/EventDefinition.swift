package import ChatModel

/// What there is to know of one type of event: who gets it, and what its data looks like.
package struct EventDefinition: Sendable, CustomStringConvertible {
    /// Who gets the events of a type, besides bridges, which get all of them.
    package enum Audience: String, Sendable, Codable, CaseIterable {
        case members, everybody, user, administrators

        /// In words.
        package var description: String {
            switch self {
            case .members: "the members of its channel"
            case .everybody: "everybody in the app"
            case .user: "its user alone"
            case .administrators: "administrators"
            }
        }
    }

    /// A field beside the data, which not every type has.
    enum Presence {
        case always(String), sometimes(String), never
    }

    package let type: EventType
    package let version: Int
    /// What has happened, in a sentence.
    package let summary: String
    package let audience: Audience
    /// The whole event.
    package let schema: JSONSchema
    let fields: [JSONSchema.Field]
    let example: String
    let notes: String

    /// - Parameters:
    ///   - channel: What `channel_id` means for the type; so with `actor` and `subject`.
    ///   - data: The fields of `data`.
    ///   - example: `data` as it may come, in JSON.
    ///   - notes: What else a reader has to know; Markdown.
    init(
        _ type: EventType, version: Int = 1, _ summary: String, for audience: Audience, channel: Presence = .never,
        actor: Presence, subject: Presence, data: [JSONSchema.Field], example: String, notes: String = ""
    ) {
        self.type = type
        self.version = version
        self.summary = summary
        self.audience = audience
        self.example = example
        self.notes = notes
        var outer: [JSONSchema.Field] = [
            .cursor("cursor", "The event's place in the log; the same at each repeat."),
            .constant("type", .string(type.description), "What has happened."),
            .constant("version", .integer(Int64(version)), "The version of the shape of `data`."),
        ]
        for (name, presence) in [("channel_id", channel), ("actor_id", actor), ("subject_id", subject)] {
            switch presence {
            case .always(let meaning): outer.append(.id(name, meaning))
            case .sometimes(let meaning): outer.append(.id(name, meaning).optional)
            case .never: break
            }
        }
        if type == .messageCreated || type == .messageUpdated {
            outer.append(
                .choice(
                    "redacted", Event.Redaction.allCases.map(\.rawValue),
                    """
                    Why `data` is not what was written then: the message was deleted since and comes without its text, or \
                    edited and comes with its present text.
                    """
                ).optional)
        }
        outer += [
            .count("hops", "How many automations it came through."), .time("at", "When it was stored, UTC."),
            .object("data", "What there is to know.", data),
        ]
        fields = outer
        schema = JSONSchema(.object(outer))
    }

    /// Every type that this version sends, in the order of ``EventType/all``.
    package static let all: [EventDefinition] = messages + channels + users + moderation + automations + bridges

    package static func named(_ name: String) -> EventDefinition? { all.first { $0.type.description == name } }

    /// The schema as a document of its own.
    package var document: JSONValue {
        guard case .object(var document) = schema.json else { return .null }
        document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        document["$id"] = .string("urn:martlet:event:\(type):\(version)")
        document["title"] = .string(type.description)
        document["description"] = .string(summary)
        return .object(document)
    }

    package var description: String { type.description }

    /// `message.created.v1`: names the schema's file.
    package var fileName: String { "\(type).v\(version)" }
}
