package import ChatModel
import Foundation
import Postgres
import Telemetry

extension ChatStore {
    /// Messages of one page, at most.
    package static let largestPage = 200

    /// Columns of a message `m` by its author `u`.
    ///
    /// Few messages have reactions: the function that counts them costs more than the rest of the row together, the look
    /// whether there are any next to nothing. `EXISTS` would let the planner read all reactions there are for one page.
    static let messageColumns = """
        m.id, m.seq, m.channel_id, m.author_id, u.handle, coalesce(m.author_name, u.name), u.kind, m.kind, m.text, \
        m.content, m.thread_root_id, m.reply_count, m.nonce, m.flags, m.hops, m.created_at, m.edited_at, m.deleted_at, \
        CASE WHEN (SELECT true FROM reactions r WHERE r.message_id = m.id LIMIT 1) THEN reaction_counts(m.id) END, m.mentions
        """

    package func message(_ id: MessageID, in app: AppID) async throws -> Message? {
        try await pool.query(
            """
            SELECT \(Self.messageColumns) FROM messages m JOIN users u ON u.id = m.author_id
            WHERE m.id = $1 AND m.app_id = $2
            """, id.rawValue, app.rawValue
        ).first.map(Self.message)
    }

    package func messages(_ ids: [MessageID], in app: AppID) async throws -> [Message] {
        try await pool.query(
            """
            SELECT \(Self.messageColumns) FROM messages m JOIN users u ON u.id = m.author_id
            WHERE m.id = ANY ($1) AND m.app_id = $2
            """, ids.map(\.rawValue), app.rawValue
        ).map(Self.message)
    }

    /// One page of a channel, in the order of `seq`.
    ///
    /// - Parameters:
    ///   - before: Only messages numbered below; the page ends right before it.
    ///   - after: Only messages numbered above; the page begins right after it, unless `before` is given too.
    package func messages(
        in channel: ChannelID, app: AppID, before: Int64?, after: Int64?, limit: Int
    ) async throws -> [Message] {
        let isForward = after != nil && before == nil
        let order = isForward ? "ASC" : "DESC"
        var bounds = "m.seq \(isForward ? ">" : "<") $4"
        var parameters: [(any PostgresEncodable)?] = [
            channel.rawValue, app.rawValue, limit, (isForward ? after : before) ?? Int64.max,
        ]
        if !isForward, let after {
            bounds += " AND m.seq > $5"
            parameters.append(after)
        }
        // The constant limit inside shows the planner that a plan for any parameters costs no more than one for these:
        // it keeps that plan then, and does not plan each page anew, which takes as long as reading it.
        let rows = try await pool.query(
            """
            SELECT * FROM (
                SELECT \(Self.messageColumns) FROM messages m JOIN users u ON u.id = m.author_id
                WHERE m.channel_id = $1 AND m.app_id = $2 AND \(bounds)
                ORDER BY m.seq \(order) LIMIT \(Self.largestPage)
            ) page ORDER BY seq \(order) LIMIT $3
            """, parameters: parameters)
        let messages = try rows.map(Self.message)
        return isForward ? messages : messages.reversed()
    }

    /// The answers to a message, oldest first.
    package func replies(
        to root: MessageID, app: AppID, after: Int64, limit: Int
    ) async throws -> [Message] {
        try await pool.query(
            """
            SELECT \(Self.messageColumns) FROM messages m JOIN users u ON u.id = m.author_id
            WHERE m.thread_root_id = $1 AND m.app_id = $2 AND m.seq > $3 ORDER BY m.seq LIMIT $4
            """, root.rawValue, app.rawValue, after, limit
        ).map(Self.message)
    }

    /// Changes the text of a message that was not deleted, in a channel that is not archived, and writes the event.
    ///
    /// The same text changes nothing.
    ///
    /// - Parameter hops: How many automations the change came through; as many as the message when nil.
    /// - Returns: The message; nil when it was not changed.
    package func updateMessage(
        _ id: MessageID, in channel: ChannelID, app: AppID, by actor: AuditActor, text: String,
        mentions: MessageMentions? = nil, notified: [UserID] = [], flags: [String], marks: [ModerationMark] = [],
        hops: Int? = nil
    ) async throws -> Message? {
        try await change(
            id, in: channel, app: app, actor: actor, hops: hops, type: "message.updated",
            PostgresStatement(
                """
                WITH changed AS (
                    -- The attachments stay, and so do their marks.
                    UPDATE messages SET text = $3, mentions = $9::text::json, edited_at = now(), flags = (
                        SELECT array_agg(rule ORDER BY rule) FROM (
                            SELECT unnest(string_to_array($4, E'\\n'))
                            UNION SELECT unnest(f.rules) FROM moderation_flags f
                            WHERE f.message_id = $1 AND f.app_id = $2 AND f.field IN ('content', 'author_name')
                        ) AS k (rule))
                    WHERE id = $1 AND app_id = $2 AND deleted_at IS NULL AND text <> $3
                        AND EXISTS (SELECT FROM channels c WHERE c.id = channel_id AND NOT c.is_archived)
                    RETURNING *
                ), \(Self.marked(
                    """
                    SELECT c.app_id, c.channel_id, c.author_id, n.action, n.rule, n.text, c.id, n.field
                    FROM changed c, unnest($5::text[], $6::text[], $7::text[], $8::text[])
                        AS n (rule, action, field, text)
                    WHERE NOT EXISTS (
                        SELECT FROM moderation_flags f WHERE f.message_id = c.id AND f.rules = ARRAY[n.rule])
                    """)), unmentioned AS (
                    DELETE FROM message_mentions x USING changed c
                    WHERE x.message_id = c.id AND x.app_id = c.app_id AND x.user_id <> ALL ($10::bigint[])
                ), \(Self.mentioned(
                    """
                    SELECT c.app_id, c.channel_id, c.seq, c.id, c.author_id, n.user_id
                    FROM changed c, unnest($10::bigint[]) AS n (user_id)
                    """))
                SELECT id FROM changed
                """, id.rawValue, app.rawValue, text, flags.isEmpty ? nil : flags.joined(separator: "\n"),
                marks.map(\.rule), marks.map(\.action), marks.map(\.field), marks.map(\.text), mentions?.json,
                notified.map(\.rawValue)),
            marker: "edited_at")
    }

    /// Empties a message and writes the event; its number stays, so that the channel keeps no gap.
    ///
    /// What it said is kept for ``restoreMessage(_:in:app:by:)``. An answer is counted no longer.
    ///
    /// - Parameter hops: As with ``updateMessage(_:in:app:by:text:flags:hops:)``.
    package func deleteMessage(
        _ id: MessageID, in channel: ChannelID, app: AppID, by actor: AuditActor, hops: Int? = nil
    ) async throws -> Message? {
        try await change(
            id, in: channel, app: app, actor: actor, hops: hops, type: "message.deleted",
            PostgresStatement(
                """
                WITH old AS (
                    SELECT * FROM messages WHERE id = $1 AND app_id = $2 AND deleted_at IS NULL
                ), kept AS (
                    INSERT INTO deleted_messages (
                        message_id, app_id, channel_id, author_id, text, content, mentions, flags, deleted_by,
                        deleted_at)
                    SELECT id, app_id, channel_id, author_id, text, content, mentions, flags, $3, now() FROM old
                    ON CONFLICT (message_id) DO UPDATE SET text = excluded.text, content = excluded.content,
                        mentions = excluded.mentions, flags = excluded.flags, deleted_by = excluded.deleted_by, deleted_at = excluded.deleted_at
                ), gone AS (
                    UPDATE messages m SET text = '', content = NULL, mentions = NULL, flags = NULL, deleted_at = now()
                    FROM old WHERE m.id = old.id RETURNING m.app_id, m.thread_root_id
                )
                UPDATE messages r SET reply_count = greatest(0, r.reply_count - 1) FROM gone
                WHERE r.id = gone.thread_root_id AND r.app_id = gone.app_id
                """, id.rawValue, app.rawValue, actor.id?.rawValue),
            marker: "deleted_at")
    }

    /// Runs `change` and, when it changed the message, writes the event with the message as it is then.
    ///
    /// What happens to a message by another hand than its author's is audited.
    ///
    /// - Parameter action: What the audit log calls it; the type when nil.
    func change(
        _ id: MessageID, in channel: ChannelID, app: AppID, actor: AuditActor, hops: Int?, type: String,
        action: String? = nil, _ change: PostgresStatement, marker: String
    ) async throws -> Message? {
        let parameter = try Self.parameter(actor)
        let results = try await write([
            Self.lock(channel), change,
            // Within a transaction now() stands still: the mark tells whether this transaction made the change.
            PostgresStatement(
                """
                WITH m AS (
                    SELECT app_id, id, channel_id, author_id, coalesce($4::int, hops) AS hops,
                        message_json(messages) AS data
                    FROM messages WHERE id = $1 AND app_id = $2 AND \(marker) = now()
                ), \(Self.audited(
                        "'\(action ?? type)'", "'message:' || id",
                        "json_build_object('channel_id', channel_id, 'author_id', author_id)",
                        from: "m WHERE author_id <> $3", by: 5))
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, hops, data)
                SELECT app_id, '\(type)', channel_id, $3, id, hops, data FROM m
                """, id.rawValue, app.rawValue, actor.id?.rawValue, hops.map { Int32($0) }, parameter),
            PostgresStatement(
                """
                SELECT \(Self.messageColumns) FROM messages m JOIN users u ON u.id = m.author_id
                WHERE m.id = $1 AND m.app_id = $2
                """, id.rawValue, app.rawValue),
        ])
        guard results[2].affected == 1 else { return nil }
        return try results[3].rows.first.map(Self.message)
    }

    /// Finds messages by their words in the channels given, newest first.
    ///
    /// - Parameter limits: Messages up to these numbers are not found.
    package func search(
        _ query: String, channels: [ChannelID], limits: [ChannelID: Int64] = [:], app: AppID, before: MessageID?,
        limit: Int
    ) async throws -> [Message] {
        try await pool.query(
            """
            SELECT \(Self.messageColumns) FROM messages m JOIN users u ON u.id = m.author_id
            WHERE to_tsvector('simple', m.text) @@ websearch_to_tsquery('simple', $1)
                AND m.app_id = $2 AND m.channel_id = ANY ($3) AND m.id < $4 AND m.deleted_at IS NULL
                AND NOT EXISTS (
                    SELECT FROM unnest($6::bigint[], $7::bigint[]) AS l (id, seq)
                    WHERE l.id = m.channel_id AND m.seq <= l.seq)
            ORDER BY m.id DESC LIMIT $5
            """, query, app.rawValue, channels.map(\.rawValue), before?.rawValue ?? Int64.max, limit,
            limits.map(\.key.rawValue), limits.map(\.value)
        ).map(Self.message)
    }

    static func message(_ row: PostgresRow) throws -> Message {
        Message(
            id: MessageID(try row.decode(0, as: Int64.self)), seq: try row.decode(1, as: Int64.self),
            channelID: ChannelID(try row.decode(2, as: Int64.self)),
            author: Author(
                id: UserID(try row.decode(3, as: Int64.self)), handle: try row.decode(4, as: String.self),
                name: try row.decode(5, as: String.self),
                kind: User.Kind(rawValue: try row.decode(6, as: String.self)) ?? .person),
            kind: Message.Kind(rawValue: try row.decode(7, as: String.self)) ?? .text,
            text: try row.decode(8, as: String.self), content: try json(row, 9, as: JSONValue.self),
            mentions: try json(row, 19, as: MessageMentions.self),
            threadRootID: try row.decode(10, as: Int64?.self).map { MessageID($0) },
            replyCount: Int(try row.decode(11, as: Int32.self)),
            reactions: try json(row, 18, as: [ReactionCount].self) ?? [], nonce: try row.decode(12, as: String?.self),
            flags: try row.decode(13, as: [String]?.self) ?? [], hops: Int(try row.decode(14, as: Int32.self)),
            createdAt: time(try row.decode(15)), editedAt: try row.decode(16, as: PostgresTimestamp?.self).map(time),
            deletedAt: try row.decode(17, as: PostgresTimestamp?.self).map(time))
    }

    private static func time(_ time: PostgresTimestamp) -> String {
        Timestamp.format(milliseconds: time.milliseconds)
    }

    static func json<Value: Decodable>(_ row: PostgresRow, _ column: Int, as type: Value.Type) throws -> Value? {
        guard let text = try row.decode(column, as: String?.self) else { return nil }
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
