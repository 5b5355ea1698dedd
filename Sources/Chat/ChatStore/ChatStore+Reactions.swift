package import ChatModel
import Postgres

extension ChatStore {
    /// What became of a reaction.
    package enum ReactionChange: String, Sendable {
        case done
        /// It is as it should be already.
        case unchanged
        /// The message was deleted, or the channel was archived.
        case closed
        /// The message has as many different emoji as it may have.
        case full
    }

    /// Adds one reaction, and writes the event when that changed something.
    ///
    /// - Parameter kinds: Different emoji under one message, at most; counted behind the channel's lock.
    package func addReaction(
        _ emoji: String, to message: Message, by user: Author, kinds: Int, hops: Int = 0, app: AppID
    ) async throws -> ReactionChange {
        try await changeReaction(
            """
            target AS MATERIALIZED (
                SELECT m.id, m.app_id FROM messages m JOIN channels c ON c.id = m.channel_id AND NOT c.is_archived
                WHERE m.id = $1 AND m.app_id = $4 AND m.deleted_at IS NULL
            ), kinds AS MATERIALIZED (
                SELECT count(DISTINCT emoji) < $12 OR bool_or(emoji = $3) AS has_room FROM reactions
                WHERE message_id = $1
            ), changed AS (
                INSERT INTO reactions (message_id, user_id, emoji, app_id)
                SELECT id, $2, $3, app_id FROM target, kinds WHERE has_room ON CONFLICT DO NOTHING RETURNING message_id
            )
            """,
            outcome: """
                CASE WHEN EXISTS (SELECT FROM changed) THEN 'done' WHEN NOT EXISTS (SELECT FROM target) THEN 'closed'
                    WHEN (SELECT has_room FROM kinds) THEN 'unchanged' ELSE 'full' END
                """, emoji, message, user, kinds, hops, app, .reactionAdded)
    }

    /// Takes back one reaction, and writes the event when that changed something.
    package func removeReaction(
        _ emoji: String, from message: Message, by user: Author, hops: Int = 0, app: AppID
    ) async throws -> ReactionChange {
        try await changeReaction(
            """
            changed AS (
                DELETE FROM reactions WHERE message_id = $1 AND user_id = $2 AND emoji = $3 AND app_id = $4
                RETURNING message_id
            )
            """, outcome: "CASE WHEN EXISTS (SELECT FROM changed) THEN 'done' ELSE 'unchanged' END", emoji,
            message, user, 0, hops, app, .reactionRemoved)
    }

    private func changeReaction(
        _ change: String, outcome: String, _ emoji: String, _ message: Message, _ user: Author, _ kinds: Int,
        _ hops: Int, _ app: AppID, _ type: EventType
    ) async throws -> ReactionChange {
        let results = try await write([
            Self.lock(message.channelID),
            PostgresStatement(
                """
                WITH \(change), emitted AS (
                    INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, hops, data)
                    SELECT $4, $5, $6, $2, message_id, $11, json_build_object(
                        'message_id', message_id, 'seq', $7::bigint, 'emoji', $3::text, 'user', json_build_object(
                            'id', $2::bigint, 'handle', $8::text, 'name', $9::text, 'kind', $10::text))
                    FROM changed
                )
                SELECT \(outcome)
                """,
                message.id.rawValue, user.id.rawValue, emoji, app.rawValue, type.description,
                message.channelID.rawValue, message.seq, user.handle, user.name, user.kind.rawValue, Int32(hops),
                kinds),
        ])
        return ReactionChange(rawValue: try results[1].rows.only().decode(0, as: String.self)) ?? .closed
    }
}
