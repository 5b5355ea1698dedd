package import ChatModel
import Postgres

extension ChatStore {
    /// The parts of a statement that note for whom a message counts as a mention, and is noted once.
    ///
    /// Of people only those who are members are noted; who wrote it is not.
    ///
    /// - Parameter source: Rows of app, channel, seq, message, author and user.
    static func mentioned(_ source: String) -> String {
        """
        mentioned AS (
            INSERT INTO message_mentions (app_id, channel_id, seq, message_id, author_id, user_id)
            SELECT s.app_id, s.channel_id, s.seq, s.message_id, s.author_id, s.user_id
            FROM (\(source)) AS s (app_id, channel_id, seq, message_id, author_id, user_id)
            WHERE s.user_id = 0 OR s.user_id <> s.author_id AND EXISTS (
                SELECT FROM channel_members k WHERE k.channel_id = s.channel_id AND k.user_id = s.user_id)
            ON CONFLICT DO NOTHING
        )
        """
    }

    /// The accounts of an app that are open and have one of these handles.
    package func mentionable(_ handles: [String], in app: AppID) async throws -> [MessageMentions.MentionedUser] {
        try await pool.query(
            """
            SELECT id, handle FROM users
            WHERE app_id = $1 AND lower(handle) = ANY (SELECT lower(unnest($2::text[]))) AND is_active
            """, app.rawValue, handles
        ).map { row in
            MessageMentions.MentionedUser(
                id: UserID(try row.decode(0, as: Int64.self)), handle: try row.decode(1, as: String.self))
        }
    }

    /// Messages that mention somebody, in the channels of which they are a member, newest first; what they wrote
    /// themselves, what was deleted and what was said before they could read it is left out.
    package func mentions(
        of user: UserID, in app: AppID, before: MessageID?, limit: Int
    ) async throws -> [Message] {
        // Each of the two ways to be meant gives its newest by an index of its own; a page is made of both.
        func newest(_ meant: String, _ joined: String) -> String {
            """
            (SELECT x.message_id FROM \(joined) JOIN messages m ON m.id = x.message_id AND m.deleted_at IS NULL
            JOIN channels c ON c.id = x.channel_id
            WHERE \(meant) AND x.app_id = $2 AND x.message_id < $3 AND x.author_id <> $1
                AND (c.history = 'all' OR x.seq > k.joined_seq)
            ORDER BY x.message_id DESC LIMIT $4)
            """
        }
        let membership = "channel_members k ON k.channel_id = x.channel_id AND k.user_id = $1"
        return try await pool.query(
            """
            SELECT \(Self.messageColumns) FROM (
                \(newest("x.user_id = $1", "message_mentions x JOIN \(membership)"))
                UNION
                \(newest("x.user_id = 0", "message_mentions x JOIN \(membership)"))
            ) found JOIN messages m ON m.id = found.message_id JOIN users u ON u.id = m.author_id
            ORDER BY m.id DESC LIMIT $4
            """, user.rawValue, app.rawValue, before?.rawValue ?? Int64.max, limit
        ).map(Self.message)
    }

    // MARK: Keywords

    /// The words at which one person wants to be told.
    package func keywords(of user: UserID, in app: AppID) async throws -> [String] {
        let rows = try await pool.query(
            "SELECT keywords FROM users WHERE id = $1 AND app_id = $2", user.rawValue, app.rawValue)
        return try rows.first?.decode(0, as: [String]?.self) ?? []
    }

    /// The words of all people of an app whose accounts are open, up to `limit` of the people.
    package func keywords(in app: AppID, limit: Int) async throws -> [(user: UserID, words: [String])] {
        try await pool.query(
            """
            SELECT id, keywords FROM users WHERE app_id = $1 AND keywords IS NOT NULL AND is_active
            ORDER BY id LIMIT $2
            """, app.rawValue, limit
        ).map { (UserID(try $0.decode(0, as: Int64.self)), try $0.decode(1, as: [String].self)) }
    }

    /// Puts words in the place of those that were there, and writes the person's event.
    package func setKeywords(_ words: [String], of user: UserID, in app: AppID) async throws {
        try await write(
            """
            WITH changed AS (
                UPDATE users SET keywords = $3::text[] WHERE id = $1 AND app_id = $2
                    AND keywords IS DISTINCT FROM $3::text[]
                RETURNING id, app_id, keywords
            )
            INSERT INTO events (app_id, type, audience_id, actor_id, subject_id, data)
            SELECT app_id, 'keywords.updated', id, id, id,
                json_build_object('keywords', coalesce(keywords, '{}'))
            FROM changed
            """, user.rawValue, app.rawValue, words.isEmpty ? nil : words)
    }
}
