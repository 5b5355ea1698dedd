package import ChatModel
package import Postgres

/// A message on its way to the database.
package struct NewMessage: Sendable {
    package let appID: AppID
    package let channelID: ChannelID
    package let author: Author
    /// The name that a hook writes under.
    package let authorName: String?
    package let kind: Message.Kind
    package let text: String
    /// JSON text of attachments and blocks.
    package let content: String?
    package let threadRootID: MessageID?
    package let nonce: String?
    package let flags: [String]
    package let hops: Int
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// The message's JSON from behind its `id` and `seq`: the end of the event and of the sender's answer alike.
    package private(set) var tail = ""

    package init(
        appID: AppID, channelID: ChannelID, author: Author, authorName: String? = nil, kind: Message.Kind = .text,
        text: String, content: String? = nil, threadRootID: MessageID? = nil, nonce: String? = nil,
        flags: [String] = [], hops: Int = 0, createdAt: Int64
    ) {
        self.appID = appID
        self.channelID = channelID
        self.author = author
        self.authorName = authorName
        self.kind = kind
        self.text = text
        self.content = content
        self.threadRootID = threadRootID
        self.nonce = nonce
        self.flags = flags
        self.hops = hops
        self.createdAt = createdAt
        tail = MessageTail.encode(self)
    }
}

/// Where a message came to lie.
package struct StoredPlace: Sendable, Hashable {
    package let id: MessageID
    package let seq: Int64
    /// Milliseconds since 1970; of the first one when the message is a repeat.
    package let createdAt: Int64
    /// True when a message with this nonce was stored before; nothing new was written.
    package let isRepeat: Bool
}

extension ChatStore {
    /// Writes many messages, their events and the channels' counts in one transaction and one round trip.
    ///
    /// The order of `batch` is the order of the messages. A nonce that the channel knows from the same author is
    /// answered with the stored message. Two entries with one nonce must not be in the same batch.
    ///
    /// - Returns: One place for each message, in order; nil where the channel does not exist in the app.
    package func append(_ batch: [NewMessage], on connection: PostgresConnection) async throws -> [StoredPlace?] {
        let channels = Array(Set(batch.map(\.channelID)))
        // Two statements between two syncs are one transaction: it commits, or all of it is undone, at the sync. The
        // locks come in a statement of their own, before the transaction has an id, so that ids follow the locks.
        let results = try await connection.pipeline([Self.lock(channels), Self.appendStatement(batch)])
        var places = [StoredPlace?](repeating: nil, count: batch.count)
        for row in results[1].rows {
            let index = Int(try row.decode(0, as: Int64.self)) - 1
            places[index] = StoredPlace(
                id: MessageID(try row.decode(1, as: Int64.self)), seq: try row.decode(2, as: Int64.self),
                createdAt: try row.decode(3, as: Int64.self), isRepeat: try row.decode(4, as: Bool.self))
        }
        return places
    }

    private static func appendStatement(_ batch: [NewMessage]) -> PostgresStatement {
        PostgresStatement(
            """
            WITH input AS (
                SELECT * FROM unnest(
                    $1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                    $8::bigint[], $9::text[], $10::text[], $11::int[], $12::timestamptz[], $13::text[]
                ) WITH ORDINALITY AS i (app_id, channel_id, author_id, author_name, kind, text, content,
                    thread_root_id, nonce, flags, hops, created_at, tail, ord)
            ), repeated AS (
                SELECT i.ord, m.id, m.seq, m.created_at FROM input i
                JOIN messages m ON m.channel_id = i.channel_id AND m.author_id = i.author_id AND m.nonce = i.nonce
                WHERE i.nonce IS NOT NULL
            ), numbered AS (
                SELECT i.*, row_number() OVER (PARTITION BY app_id, channel_id ORDER BY ord) AS n
                FROM input i WHERE NOT EXISTS (SELECT FROM repeated r WHERE r.ord = i.ord)
            ), counted AS (
                UPDATE channels c SET last_seq = c.last_seq + k.n
                FROM (SELECT app_id, channel_id, max(n) AS n FROM numbered GROUP BY 1, 2) k
                WHERE c.id = k.channel_id AND c.app_id = k.app_id
                RETURNING c.id, c.app_id, c.last_seq - k.n AS base
            ), placed AS (
                -- Numbered in their order: a message's id is higher than those of the messages before it.
                SELECT o.*, nextval('messages_id') AS id FROM (
                    SELECT n.*, c.base + n.n AS seq
                    FROM numbered n JOIN counted c ON c.id = n.channel_id AND c.app_id = n.app_id ORDER BY n.ord
                ) o
            ), stored AS (
                INSERT INTO messages (id, app_id, channel_id, seq, author_id, author_name, kind, text, content,
                    thread_root_id, nonce, flags, hops, created_at)
                SELECT id, app_id, channel_id, seq, author_id, author_name, kind, text, content::json,
                    thread_root_id, nonce, string_to_array(flags, E'\\n'), hops, created_at
                FROM placed
            ), answered AS (
                UPDATE messages m SET reply_count = m.reply_count + k.n
                FROM (SELECT thread_root_id, channel_id, count(*) AS n FROM placed
                      WHERE thread_root_id IS NOT NULL GROUP BY 1, 2) k
                WHERE m.id = k.thread_root_id AND m.channel_id = k.channel_id
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, hops, data)
                SELECT app_id, 'message.created', channel_id, author_id, id, hops,
                    ('{"id":' || id || ',"seq":' || seq || ',' || tail)::json
                FROM placed ORDER BY ord
            )
            SELECT ord, id, seq, (extract(epoch FROM created_at) * 1000)::bigint, false FROM placed
            UNION ALL
            SELECT ord, id, seq, (extract(epoch FROM created_at) * 1000)::bigint, true FROM repeated
            """,
            batch.map(\.appID.rawValue), batch.map(\.channelID.rawValue), batch.map(\.author.id.rawValue),
            batch.map(\.authorName), batch.map(\.kind.rawValue), batch.map(\.text), batch.map(\.content),
            batch.map(\.threadRootID?.rawValue), batch.map(\.nonce),
            batch.map { $0.flags.isEmpty ? nil : $0.flags.joined(separator: "\n") }, batch.map { Int32($0.hops) },
            batch.map { PostgresTimestamp(milliseconds: $0.createdAt) }, batch.map(\.tail))
    }
}
