package import ChatModel
import Postgres

extension ChatStore {
    /// Adds or takes back one reaction, and writes the event when that changed something.
    ///
    /// - Returns: Whether something changed.
    package func setReaction(
        _ emoji: String, on message: Message, by user: Author, isOn: Bool, hops: Int = 0, app: AppID
    ) async throws -> Bool {
        let change =
            isOn
            ? """
            INSERT INTO reactions (message_id, user_id, emoji, app_id) SELECT id, $2, $3, app_id FROM messages
            WHERE id = $1 AND app_id = $4 AND deleted_at IS NULL ON CONFLICT DO NOTHING RETURNING message_id
            """
            : """
            DELETE FROM reactions WHERE message_id = $1 AND user_id = $2 AND emoji = $3 AND app_id = $4
            RETURNING message_id
            """
        let results = try await write([
            Self.lock(message.channelID),
            PostgresStatement(
                """
                WITH changed AS (\(change))
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, hops, data)
                SELECT $4, $5, $6, $2, message_id, $11, json_build_object(
                    'message_id', message_id, 'seq', $7::bigint, 'emoji', $3::text, 'user', json_build_object(
                        'id', $2::bigint, 'handle', $8::text, 'name', $9::text, 'kind', $10::text))
                FROM changed
                """,
                message.id.rawValue, user.id.rawValue, emoji, app.rawValue,
                (isOn ? EventType.reactionAdded : .reactionRemoved).description, message.channelID.rawValue,
                message.seq, user.handle, user.name, user.kind.rawValue, Int32(hops)),
        ])
        return results[1].affected > 0
    }

    /// How many different emoji stand under a message.
    package func reactionKinds(of message: MessageID, in app: AppID) async throws -> Int {
        Int(
            try await pool.query(
                "SELECT count(DISTINCT emoji) FROM reactions WHERE message_id = $1 AND app_id = $2",
                message.rawValue, app.rawValue
            ).only().decode(0, as: Int64.self))
    }
}
