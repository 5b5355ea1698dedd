package import ChatModel
import Postgres

extension ChatStore {
    /// A message that another server held.
    package struct ImportedMessage: Sendable {
        package var sourceID: String
        package var channel: ChannelID
        package var author: UserID
        package var kind: Message.Kind
        package var text: String
        /// JSON text of attachments and blocks.
        package var content: String?
        /// The id there of the message that it answers.
        package var thread: String?
        /// Milliseconds since 1970, as are the others.
        package var createdAt: Int64
        package var editedAt: Int64?
        package var deletedAt: Int64?

        package init(
            sourceID: String, channel: ChannelID, author: UserID, kind: Message.Kind, text: String, content: String?,
            thread: String?, createdAt: Int64, editedAt: Int64?, deletedAt: Int64?
        ) {
            self.sourceID = sourceID
            self.channel = channel
            self.author = author
            self.kind = kind
            self.text = text
            self.content = content
            self.thread = thread
            self.createdAt = createdAt
            self.editedAt = editedAt
            self.deletedAt = deletedAt
        }
    }

    /// What became of messages that were to be imported.
    package struct MessageImport: Sendable {
        package var created: Int
        package var existing: Int
        /// Answers whose thread is not here.
        package var threadsMissing: Int
        package var reactions: Int
    }

    /// Stores messages in their order, once each, with their reactions and events, in one transaction.
    ///
    /// What was imported before stays as it is, its reactions too.
    ///
    /// - Parameter messages: Different in their ids there.
    package func importMessages(
        _ messages: [ImportedMessage], reactions: [(message: String, user: UserID, emoji: String)],
        _ scope: ImportScope
    ) async throws -> MessageImport {
        let ids = messages.map(\.sourceID)
        let results = try await write([
            Self.lock(Array(Set(messages.map(\.channel)))),
            try Self.importStatement(messages, scope),
            // The ids that this transaction has noted are those of the messages that are new.
            PostgresStatement(
                """
                INSERT INTO reactions (message_id, user_id, emoji, app_id, created_at)
                SELECT m.id, u.id, r.emoji, m.app_id, m.created_at
                FROM unnest($3::text[], $4::bigint[], $5::text[]) AS r (source_id, user_id, emoji)
                JOIN import_ids k ON k.app_id = $1 AND k.source = $2 AND k.kind = 'message'
                    AND k.source_id = r.source_id AND k.xmin = pg_current_xact_id()::xid
                JOIN messages m ON m.id = k.id AND m.deleted_at IS NULL
                JOIN users u ON u.id = r.user_id AND u.app_id = $1
                ON CONFLICT DO NOTHING
                """, scope.app.rawValue, scope.source, reactions.map(\.message), reactions.map(\.user.rawValue),
                reactions.map(\.emoji)),
            PostgresStatement(
                """
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, hops, data)
                SELECT m.app_id, 'message.created', m.channel_id, m.author_id, m.id, m.hops, message_json(m)
                FROM unnest($3::text[]) AS i (source_id)
                JOIN import_ids k ON k.app_id = $1 AND k.source = $2 AND k.kind = 'message'
                    AND k.source_id = i.source_id AND k.xmin = pg_current_xact_id()::xid
                JOIN messages m ON m.id = k.id ORDER BY m.id
                """, scope.app.rawValue, scope.source, ids),
        ])
        let row = try results[1].rows.only()
        return MessageImport(
            created: Int(try row.decode(0, as: Int64.self)), existing: Int(try row.decode(1, as: Int64.self)),
            threadsMissing: Int(try row.decode(2, as: Int64.self)), reactions: Int(results[2].affected))
    }

    private static func importStatement(
        _ messages: [ImportedMessage], _ scope: ImportScope
    ) throws -> PostgresStatement {
        func time(_ milliseconds: Int64?) -> PostgresTimestamp? {
            milliseconds.map { PostgresTimestamp(milliseconds: $0) }
        }
        return PostgresStatement(
            """
            WITH input AS MATERIALIZED (
                SELECT i.*, k.id AS old_id
                FROM unnest(
                    $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
                    $10::timestamptz[], $11::timestamptz[], $12::timestamptz[]
                ) WITH ORDINALITY AS i (source_id, channel_id, author_id, kind, text, content, thread, created_at,
                    edited_at, deleted_at, ord)
                LEFT JOIN LATERAL (
                    SELECT k.id FROM import_ids k WHERE k.app_id = $1 AND k.source = $2 AND k.kind = 'message'
                        AND k.source_id = i.source_id LIMIT 1
                ) k ON true
            ), counted AS (
                UPDATE channels c SET last_seq = c.last_seq + (
                    SELECT count(*) FROM input i WHERE i.channel_id = c.id AND i.old_id IS NULL)
                WHERE c.id = ANY (ARRAY (SELECT channel_id FROM input WHERE old_id IS NULL)) AND c.app_id = $1
                RETURNING c.id, c.last_seq
            ), placed AS MATERIALIZED (
                SELECT o.*, nextval('messages_id') AS id FROM (
                    SELECT i.*, c.last_seq + 1 - row_number() OVER (PARTITION BY c.id ORDER BY i.ord DESC) AS seq
                    FROM input i JOIN counted c ON c.id = i.channel_id WHERE i.old_id IS NULL ORDER BY i.ord
                ) o
            ), rooted AS MATERIALIZED (
                -- A thread begins in this batch, or in one before.
                SELECT p.*, coalesce(q.id, r.root) AS root_id FROM placed p
                LEFT JOIN placed q ON q.source_id = p.thread AND q.channel_id = p.channel_id AND q.id <> p.id
                LEFT JOIN LATERAL (
                    SELECT coalesce(m.thread_root_id, m.id) AS root FROM import_ids k
                    JOIN messages m ON m.id = k.id AND m.channel_id = p.channel_id
                    WHERE k.app_id = $1 AND k.source = $2 AND k.kind = 'message' AND k.source_id = p.thread LIMIT 1
                ) r ON p.thread IS NOT NULL
            ), answers AS MATERIALIZED (
                SELECT root_id, count(*)::int AS count FROM rooted
                WHERE root_id IS NOT NULL AND deleted_at IS NULL GROUP BY root_id
            ), stored AS (
                INSERT INTO messages (id, app_id, channel_id, seq, author_id, kind, text, content, thread_root_id,
                    reply_count, created_at, edited_at, deleted_at)
                SELECT r.id, $1, r.channel_id, r.seq, r.author_id, r.kind, r.text, r.content::json, r.root_id,
                    coalesce(a.count, 0), r.created_at, r.edited_at, r.deleted_at
                FROM rooted r LEFT JOIN answers a ON a.root_id = r.id
            ), mapped AS (
                INSERT INTO import_ids (app_id, source, kind, source_id, id)
                SELECT $1, $2, 'message', source_id, id FROM placed
            ), answered AS (
                UPDATE messages m SET reply_count = m.reply_count + a.count FROM answers a
                WHERE m.id = a.root_id AND m.app_id = $1
            ), \(Self.audited(
                "'message.imported'", "'app:' || app_id", "json_build_object('count', count, 'source', $2::text)",
                from: "(SELECT $1::bigint AS app_id, count(*) AS count FROM placed HAVING count(*) > 0) m", by: 13))
            SELECT (SELECT count(*) FROM placed), (SELECT count(*) FROM input WHERE old_id IS NOT NULL),
                (SELECT count(*) FROM rooted WHERE thread IS NOT NULL AND root_id IS NULL)
            """, scope.app.rawValue, scope.source, messages.map(\.sourceID), messages.map(\.channel.rawValue),
            messages.map(\.author.rawValue), messages.map(\.kind.rawValue), messages.map(\.text),
            messages.map(\.content), messages.map(\.thread),
            messages.map { PostgresTimestamp(milliseconds: $0.createdAt) }, messages.map { time($0.editedAt) },
            messages.map { time($0.deletedAt) }, try Self.parameter(scope.actor))
    }
}
