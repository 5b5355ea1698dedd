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
    /// Whom the text mentions; nil when it mentions nobody.
    package let mentions: MessageMentions?
    /// For whom the message counts as a mention, as far as they are members; ``everybody`` stands for all of them.
    package let notified: [UserID]
    package let threadRootID: MessageID?
    package let nonce: String?
    package let flags: [String]
    /// What each rule of moderation did; stored with the message.
    package let marks: [ModerationMark]
    package let hops: Int
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// Seconds that its author waits for the next one in the channel; 0 when the channel's slow mode is not theirs.
    package let slowMode: Int32
    /// The message's JSON from behind its `id` and `seq`: the end of the event and of the sender's answer alike.
    package private(set) var tail = ""

    package init(
        appID: AppID, channelID: ChannelID, author: Author, authorName: String? = nil, kind: Message.Kind = .text,
        text: String, content: String? = nil, mentions: MessageMentions? = nil, notified: [UserID] = [],
        threadRootID: MessageID? = nil, nonce: String? = nil,
        flags: [String] = [], marks: [ModerationMark] = [], hops: Int = 0, createdAt: Int64,
        slowMode: Int32 = 0
    ) {
        self.appID = appID
        self.channelID = channelID
        self.author = author
        self.authorName = authorName
        self.kind = kind
        self.text = text
        self.content = content
        self.mentions = mentions
        self.notified = notified
        self.threadRootID = threadRootID
        self.nonce = nonce
        self.flags = flags
        self.marks = marks
        self.hops = hops
        self.createdAt = createdAt
        self.slowMode = slowMode
        tail = MessageTail.encode(self)
    }

    /// In ``notified``: all members of the channel.
    package static let everybody = UserID(0)
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
    /// answered with the stored message. Two entries with one nonce must not be in the same batch, nor two of one author
    /// in a channel whose slow mode is theirs.
    ///
    /// - Returns: One place for each message, in order; nil where the channel does not exist in the app or is archived,
    ///   what it answers was deleted, or its author has to wait.
    package func append(_ batch: [NewMessage], on connection: PostgresConnection) async throws -> [StoredPlace?] {
        let channels = Array(Set(batch.map(\.channelID)))
        // Two statements between two syncs are one transaction: it commits, or all of it is undone, at the sync. The
        // locks come in a statement of their own, before the transaction has an id, so that ids follow the locks.
        let statement =
            if let message = batch.first, batch.count == 1, message.threadRootID == nil, message.marks.isEmpty,
                message.mentions == nil, message.notified.isEmpty, message.slowMode == 0
            {
                Self.appendStatement(message)
            } else {
                Self.appendStatement(batch)
            }
        let lock = channels.count == 1 ? Self.lock(channels[0]) : Self.lock(channels)
        let results = try await write([lock, statement], on: connection)
        var places = [StoredPlace?](repeating: nil, count: batch.count)
        for row in results[1].rows {
            let index = Int(try row.decode(0, as: Int64.self)) - 1
            let first = try row.decode(3, as: Int64?.self)
            places[index] = StoredPlace(
                id: MessageID(try row.decode(1, as: Int64.self)), seq: try row.decode(2, as: Int64.self),
                createdAt: first ?? batch[index].createdAt, isRepeat: first != nil)
        }
        if places.contains(where: { $0?.isRepeat == false }) { committed() }
        return places
    }

    /// The statement below for a lone message, of which most batches consist where little is said: it does the same with
    /// a third of the steps.
    private static func appendStatement(_ message: NewMessage) -> PostgresStatement {
        PostgresStatement(
            """
            WITH known AS MATERIALIZED (
                SELECT id, seq, created_at FROM messages
                WHERE channel_id = $2 AND author_id = $3 AND nonce = $8
            ), counted AS (
                UPDATE channels SET last_seq = last_seq + 1
                WHERE id = $2 AND app_id = $1 AND NOT is_archived AND NOT EXISTS (SELECT FROM known)
                RETURNING last_seq
            ), stored AS (
                INSERT INTO messages (id, app_id, channel_id, seq, author_id, author_name, kind, text, content,
                    nonce, flags, hops, created_at)
                SELECT nextval('messages_id'), $1, $2, last_seq, $3, $4, $5, $6, $7::text::json,
                    $8, string_to_array($9, E'\\n'), $10, $11
                FROM counted RETURNING id, seq
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, hops, data)
                SELECT $1, 'message.created', $2, $3, id, $10,
                    ('{"id":' || id || ',"seq":' || seq || ',' || $12)::json
                FROM stored
            )
            SELECT 1::bigint, id, seq, NULL::bigint FROM stored
            UNION ALL
            SELECT 1, id, seq, (extract(epoch FROM created_at) * 1000)::bigint FROM known
            """,
            message.appID.rawValue, message.channelID.rawValue, message.author.id.rawValue, message.authorName,
            message.kind.rawValue, message.text, message.content, message.nonce, joined(message.flags),
            Int32(message.hops), PostgresTimestamp(milliseconds: message.createdAt), message.tail)
    }

    private static func joined(_ flags: [String]) -> String? { flags.isEmpty ? nil : flags.joined(separator: "\n") }

    /// Its plan is made once for a connection, maybe while the tables are empty: it is written so that each row is
    /// found by its index whatever the planner believes of their sizes.
    private static func appendStatement(_ batch: [NewMessage]) -> PostgresStatement {
        let marks = batch.enumerated().flatMap { index, message in message.marks.map { (Int64(index + 1), $0) } }
        let notified = batch.enumerated().flatMap { index, message in message.notified.map { (Int64(index + 1), $0) } }
        var parameters: [(any PostgresEncodable)?] = [
            batch.map(\.appID.rawValue), batch.map(\.channelID.rawValue), batch.map(\.author.id.rawValue),
            batch.map(\.authorName), batch.map(\.kind.rawValue), batch.map(\.text), batch.map(\.content),
            batch.map(\.threadRootID?.rawValue), batch.map(\.nonce),
            batch.map { joined($0.flags) }, batch.map { Int32($0.hops) },
            batch.map { PostgresTimestamp(milliseconds: $0.createdAt) }, batch.map(\.tail), batch.map(\.mentions?.json),
        ]
        var further = ""
        if !marks.isEmpty {
            further +=
                ", "
                + Self.marked(
                    """
                    SELECT p.app_id, p.channel_id, p.author_id, f.action, f.rule, f.text, p.id, f.field
                    FROM placed p JOIN unnest($15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[])
                        AS f (ord, rule, action, field, text) ON f.ord = p.ord
                    """)
            parameters += [
                marks.map(\.0), marks.map(\.1.rule), marks.map(\.1.action), marks.map(\.1.field), marks.map(\.1.text),
            ]
        }
        if !notified.isEmpty {
            let next = parameters.count + 1
            further +=
                ", "
                + Self.mentioned(
                    """
                    SELECT p.app_id, p.channel_id, p.seq, p.id, p.author_id, n.user_id
                    FROM placed p JOIN unnest($\(next)::bigint[], $\(next + 1)::bigint[]) AS n (ord, user_id) ON n.ord = p.ord
                    """)
            parameters += [notified.map(\.0), notified.map(\.1.rawValue)]
        }
        let isSlow = batch.contains { $0.slowMode > 0 }
        if isSlow { parameters.append(batch.map(\.slowMode)) }
        return PostgresStatement(
            """
            WITH \(isSlow ? "given" : "input") AS MATERIALIZED (
                SELECT i.*, r.id AS old_id, r.seq AS old_seq, r.created_at AS old_created_at,
                    i.thread_root_id IS NULL OR root.id IS NOT NULL AS is_open
                FROM unnest(
                    $1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                    $8::bigint[], $9::text[], $10::text[], $11::int[], $12::timestamptz[], $13::text[], $14::text[]
                ) WITH ORDINALITY AS i (app_id, channel_id, author_id, author_name, kind, text, content,
                    thread_root_id, nonce, flags, hops, created_at, tail, mentions, ord)
                LEFT JOIN LATERAL (
                    SELECT m.id, m.seq, m.created_at FROM messages m
                    WHERE m.channel_id = i.channel_id AND m.author_id = i.author_id AND m.nonce = i.nonce LIMIT 1
                ) r ON i.nonce IS NOT NULL
                LEFT JOIN LATERAL (
                    SELECT m.id FROM messages m
                    WHERE m.id = i.thread_root_id AND m.channel_id = i.channel_id AND m.deleted_at IS NULL LIMIT 1
                ) root ON i.thread_root_id IS NOT NULL
            )\(isSlow ? ", " + slowInput(parameters.count) : ""), counted AS (
                UPDATE channels c SET last_seq = c.last_seq + (
                    SELECT count(*) FROM input i
                    WHERE i.channel_id = c.id AND i.app_id = c.app_id AND i.old_id IS NULL AND i.is_open)
                WHERE c.id = ANY (ARRAY (SELECT channel_id FROM input WHERE old_id IS NULL AND is_open))
                    AND NOT c.is_archived
                    AND EXISTS (SELECT FROM input i WHERE i.channel_id = c.id AND i.app_id = c.app_id)
                RETURNING c.id, c.app_id, c.last_seq
            ), placed AS MATERIALIZED (
                -- Numbered in their order: a message's id is higher than those of the messages before it.
                SELECT o.*, nextval('messages_id') AS id FROM (
                    SELECT i.*, c.last_seq + 1 - row_number() OVER (PARTITION BY c.id ORDER BY i.ord DESC) AS seq
                    FROM input i JOIN counted c ON c.id = i.channel_id AND c.app_id = i.app_id
                    WHERE i.old_id IS NULL AND i.is_open ORDER BY i.ord
                ) o
            ), stored AS (
                INSERT INTO messages (id, app_id, channel_id, seq, author_id, author_name, kind, text, content,
                    mentions, thread_root_id, nonce, flags, hops, created_at)
                SELECT id, app_id, channel_id, seq, author_id, author_name, kind, text, content::json,
                    mentions::json, thread_root_id, nonce, string_to_array(flags, E'\\n'), hops, created_at
                FROM placed
            ), answered AS (
                UPDATE messages m SET reply_count = m.reply_count + (
                    SELECT count(*) FROM placed p WHERE p.thread_root_id = m.id AND p.channel_id = m.channel_id)
                WHERE m.id = ANY (ARRAY (SELECT thread_root_id FROM placed WHERE thread_root_id IS NOT NULL))
            ), emitted AS (
                INSERT INTO events (app_id, type, channel_id, actor_id, subject_id, hops, data)
                SELECT app_id, 'message.created', channel_id, author_id, id, hops,
                    ('{"id":' || id || ',"seq":' || seq || ',' || tail)::json
                FROM placed ORDER BY ord
            )\(further)
            SELECT ord, id, seq, NULL::bigint FROM placed
            UNION ALL
            SELECT ord, old_id, old_seq, (extract(epoch FROM old_created_at) * 1000)::bigint
            FROM input WHERE old_id IS NOT NULL
            """, parameters: parameters)
    }

    /// Takes the turns of those who have to wait in slow channels, and leaves out whose turn it is not: in the same
    /// statement, so that a message that is not stored takes none.
    ///
    /// - Parameter parameter: The number of the parameter with the seconds of each message.
    private static func slowInput(_ parameter: Int) -> String {
        """
        waits AS MATERIALIZED (
            SELECT ord, seconds FROM unnest($\(parameter)::int[]) WITH ORDINALITY AS w (seconds, ord)
        ), turns AS (
            UPDATE channel_members m SET slow_until = now() + make_interval(secs => w.seconds)
            FROM given g JOIN waits w ON w.ord = g.ord AND w.seconds > 0
            JOIN channels c ON c.id = g.channel_id AND c.app_id = g.app_id AND NOT c.is_archived
            WHERE m.channel_id = g.channel_id AND m.user_id = g.author_id AND m.app_id = g.app_id
                AND g.old_id IS NULL AND g.is_open AND (m.slow_until IS NULL OR m.slow_until <= now())
            RETURNING g.ord
        ), input AS MATERIALIZED (
            SELECT g.app_id, g.channel_id, g.author_id, g.author_name, g.kind, g.text, g.content, g.thread_root_id,
                g.nonce, g.flags, g.hops, g.created_at, g.tail, g.mentions, g.ord, g.old_id, g.old_seq, g.old_created_at,
                g.is_open AND (w.seconds = 0 OR EXISTS (SELECT FROM turns t WHERE t.ord = g.ord)) AS is_open
            FROM given g JOIN waits w ON w.ord = g.ord
        )
        """
    }
}
