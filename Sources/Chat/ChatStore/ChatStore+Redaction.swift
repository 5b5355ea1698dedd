package import ChatModel
import Foundation
import Postgres

/// Events keep the words of a message that was deleted or edited since; whoever reads them gets what holds now.
///
/// Nothing of that is done as a message is written: who follows at the log's end meets the deletion right behind. What is
/// read from PostgreSQL is held against the messages in the same statement, and what was kept elsewhere by
/// ``current(_:)``.
extension ChatStore {
    /// Wraps a statement that selects ``eventColumns`` and `at` of events: with what holds now, in the log's order.
    static func redacting(_ events: String) -> String {
        // The limit keeps the look-up what it is, one step into an index for each event of a message.
        """
        SELECT e.xid, e.id, e.app_id, e.type, e.version, e.channel_id, e.audience_id, e.actor_id, e.subject_id, e.hops,
            e.milliseconds, coalesce(now.data, e.data), now.redaction
        FROM (\(events)) e LEFT JOIN LATERAL (
            SELECT CASE WHEN m.deleted_at IS NULL THEN 'edited' ELSE 'deleted' END AS redaction, message_json(m) AS data
            FROM messages m
            WHERE e.type IN ('message.created', 'message.updated') AND m.id = e.subject_id AND (
                m.deleted_at IS NOT NULL
                OR m.edited_at IS NOT NULL AND (e.type = 'message.created' OR m.edited_at <> e.at))
            LIMIT 1
        ) now ON true
        ORDER BY e.xid, e.id
        """
    }

    /// Events that were read some time ago as they are to be told now; the same ones in the same order.
    package func current(_ records: [EventRecord]) async throws -> [EventRecord] {
        let messages = Set(records.lazy.filter(\.tellsOfText).compactMap(\.subjectID))
        guard !messages.isEmpty else { return records }
        let rows = try await pool.query(
            """
            SELECT m.id, m.app_id, m.deleted_at IS NOT NULL, message_json(m), rfc3339(m.edited_at) FROM messages m
            WHERE m.id = ANY ($1) AND (m.deleted_at IS NOT NULL OR m.edited_at IS NOT NULL)
            """, Array(messages))
        guard !rows.isEmpty else { return records }
        var changes: [Int64: (app: AppID, isDeleted: Bool, data: String, editedAt: String?)] = [:]
        for row in rows {
            changes[try row.decode(0, as: Int64.self)] = (
                AppID(try row.decode(1, as: Int64.self)), try row.decode(2, as: Bool.self),
                try row.decode(3, as: String.self), try row.decode(4, as: String?.self)
            )
        }
        return records.map { record in
            guard record.tellsOfText, let change = record.subjectID.flatMap({ changes[$0] }), change.app == record.appID
            else { return record }
            if change.isDeleted { return record.redacted(.deleted, data: change.data) }
            // The event of the last change holds what is there now.
            if record.type == .messageUpdated, record.editedAt == change.editedAt { return record }
            return record.redacted(.edited, data: change.data)
        }
    }

    // MARK: Undo

    /// Puts a deleted message's words back, and writes the event; nil when there is nothing to put back.
    package func restoreMessage(
        _ id: MessageID, in channel: ChannelID, app: AppID, by actor: AuditActor
    ) async throws -> Message? {
        try await change(
            id, in: channel, app: app, actor: actor, hops: nil, type: "message.updated", action: "message.restored",
            PostgresStatement(
                """
                WITH kept AS (
                    DELETE FROM deleted_messages WHERE message_id = $1 AND app_id = $2 RETURNING *
                ), back AS (
                    UPDATE messages m SET text = kept.text, content = kept.content, mentions = kept.mentions,
                        flags = kept.flags, deleted_at = NULL, edited_at = now()
                    FROM kept WHERE m.id = $1 AND m.app_id = $2 AND m.deleted_at IS NOT NULL
                    RETURNING m.app_id, m.thread_root_id
                )
                UPDATE messages r SET reply_count = r.reply_count + 1 FROM back
                WHERE r.id = back.thread_root_id AND r.app_id = back.app_id
                """, id.rawValue, app.rawValue),
            marker: "edited_at")
    }

    /// How long a deletion can be undone.
    package static let undoDays = 30

    private static let erasedAtOnce = 500

    /// Erases the words of messages that were deleted long ago, wherever they are kept.
    ///
    /// - Returns: How many messages that were.
    @discardableResult
    package func eraseDeletedMessages(olderThanDays days: Int = ChatStore.undoDays) async throws -> Int {
        try await erase(where: "deleted_at < now() - $1 * interval '1 day'", [days])
    }

    /// Erases at once the words of the deleted messages of one author.
    ///
    /// - Returns: How many messages that were.
    @discardableResult
    package func eraseDeletedMessages(of author: UserID, in app: AppID) async throws -> Int {
        try await erase(where: "author_id = $1 AND app_id = $2", [author.rawValue, app.rawValue])
    }

    /// Erases at once the words of one message that was deleted.
    package func eraseDeletedMessage(_ id: MessageID, in app: AppID) async throws -> Bool {
        try await erase(where: "message_id = $1 AND app_id = $2", [id.rawValue, app.rawValue]) > 0
    }

    /// The copies go before the words themselves: what ends in between is done again.
    private func erase(where condition: String, _ parameters: [any PostgresEncodable]) async throws -> Int {
        var count = 0
        while true {
            let rows = try await pool.query(
                "SELECT message_id, deleted_at FROM deleted_messages WHERE \(condition) LIMIT \(Self.erasedAtOnce)",
                parameters: parameters)
            let ids = try rows.map { try $0.decode(0, as: Int64.self) }
            guard let latest = try rows.map({ try $0.decode(1, as: PostgresTimestamp.self) }).max() else {
                return count
            }
            let events = "e.subject_id = m.id AND e.type IN ('message.created', 'message.updated')"
            for copies in [
                // They were written before the deletion; a minute more, should the clock have been set.
                """
                UPDATE events e SET data = message_json(m) FROM messages m
                WHERE m.id = ANY ($1) AND m.deleted_at IS NOT NULL AND \(events) AND e.at <= $2::timestamptz + interval '1 minute'
                """,
                """
                UPDATE deferred_events e SET data = message_json(m) FROM messages m
                WHERE m.id = ANY ($1) AND m.deleted_at IS NOT NULL AND \(events) AND $2::timestamptz IS NOT NULL
                """,
                """
                UPDATE dead_letters e
                SET event = (e.event::jsonb || jsonb_build_object('data', message_json(m), 'redacted', 'deleted'))::json
                FROM messages m
                WHERE m.id = ANY ($1) AND m.deleted_at IS NOT NULL AND (e.event ->> 'subject_id')::bigint = m.id
                    AND e.event ->> 'type' IN ('message.created', 'message.updated') AND $2::timestamptz IS NOT NULL
                """,
            ] { try await pool.execute(copies, ids, latest) }
            count += try await pool.execute("DELETE FROM deleted_messages WHERE message_id = ANY ($1)", ids)
            if ids.count < Self.erasedAtOnce { return count }
        }
    }
}

extension EventRecord {
    /// Whether it carries the words of a message, which may be others by now.
    package var tellsOfText: Bool { type == .messageCreated || type == .messageUpdated }

    /// Whether it tells that the words of a message are others now.
    package var changesText: Bool { type == .messageUpdated || type == .messageDeleted }

    /// When the message had been edited last, as the event was written.
    fileprivate var editedAt: String? {
        struct Content: Decodable { var edited_at: String? }
        return (try? JSONDecoder().decode(Content.self, from: Data(data.utf8)))?.edited_at
    }
}
