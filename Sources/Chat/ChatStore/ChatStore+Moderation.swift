package import ChatModel
import Postgres

/// What one rule of moderation does with a message, or with a name or the like.
package struct ModerationMark: Sendable, Hashable {
    package var rule: String
    /// `flag`, `mask` or `block`.
    package var action: String
    /// Which part of it the rule matched, such as `text`, `content` or `topic`.
    package var field: String
    /// What was written, before anything was done to it.
    package var text: String

    package init(rule: String, action: String, field: String, text: String) {
        self.rule = rule
        self.action = action
        self.field = field
        self.text = text
    }
}

/// What a rule of moderation did, as moderators read it.
package struct ModerationFlag: Sendable, Codable {
    package var id: Int64
    /// 0 for what stands in no channel.
    package var channelID: ChannelID
    /// 0 for an account that was refused.
    package var authorID: UserID
    /// `flag`, `mask` or `block`.
    package var action: String
    package var rules: [String]
    /// Which part of it was matched, such as `text`, `content` or `topic`.
    package var field: String
    /// What was written, before anything was done to it.
    package var text: String
    /// The message, when there is one.
    package var messageID: MessageID?
    package var createdAt: String

    enum CodingKeys: String, CodingKey {
        case id, action, rules, field, text
        case channelID = "channel_id"
        case authorID = "author_id"
        case messageID = "message_id"
        case createdAt = "created_at"
    }
}

extension ChatStore {
    /// The parts of a statement that write marks and tell of them.
    ///
    /// - Parameter source: Rows of app, channel, author, action, rule, text, message and field.
    static func marked(_ source: String) -> String {
        """
        marked AS (
            INSERT INTO moderation_flags (app_id, channel_id, author_id, action, rules, text, message_id, field)
            SELECT s.app_id, s.channel_id, s.author_id, s.action, ARRAY[s.rule], s.text, s.message_id, s.field
            FROM (\(source)) AS s (app_id, channel_id, author_id, action, rule, text, message_id, field)
            RETURNING *
        ), told AS (
            INSERT INTO events (app_id, type, audience_id, actor_id, subject_id, data)
            SELECT app_id, 'moderation.acted', 0, author_id, id, json_strip_nulls(json_build_object(
                'id', id, 'channel_id', channel_id, 'author_id', author_id, 'action', action, 'rules', rules,
                'field', field, 'message_id', message_id))
            FROM marked ORDER BY id
        )
        """
    }

    /// Writes what rules did with something that is not stored, or is no message, one row a rule.
    package func insertFlags(
        _ marks: [ModerationMark], message: MessageID?, channel: ChannelID, author: UserID, app: AppID
    ) async throws {
        guard !marks.isEmpty else { return }
        try await write(
            """
            WITH \(Self.marked(
                """
                SELECT $1::bigint, $2::bigint, $3::bigint, f.action, f.rule, f.text, $4::bigint, f.field
                FROM unnest($5::text[], $6::text[], $7::text[], $8::text[]) AS f (rule, action, field, text)
                """))
            SELECT count(*) FROM marked
            """, app.rawValue, channel.rawValue, author.rawValue, message?.rawValue, marks.map(\.rule),
            marks.map(\.action), marks.map(\.field), marks.map(\.text))
    }

    /// What rules did, oldest first.
    package func flags(in app: AppID, after id: Int64, limit: Int) async throws -> [ModerationFlag] {
        try await pool.query(
            """
            SELECT id, channel_id, author_id, action, rules, field, text, message_id, rfc3339(created_at)
            FROM moderation_flags WHERE app_id = $1 AND id > $2 ORDER BY id LIMIT $3
            """, app.rawValue, id, limit
        ).map { row in
            ModerationFlag(
                id: try row.decode(0, as: Int64.self), channelID: ChannelID(try row.decode(1, as: Int64.self)),
                authorID: UserID(try row.decode(2, as: Int64.self)), action: try row.decode(3, as: String.self),
                rules: try row.decode(4, as: [String].self), field: try row.decode(5, as: String.self),
                text: try row.decode(6, as: String.self),
                messageID: try row.decode(7, as: Int64?.self).map { MessageID($0) },
                createdAt: try row.decode(8, as: String.self))
        }
    }
}
