package import ChatModel
import Postgres

/// Automations that answer one another without end, and are stopped until somebody lets them go on.
extension ChatStore {
    /// A channel in which automations are stopped.
    package struct StoppedLoop: Sendable {
        package let channel: ChannelID
        package let app: AppID
        package let participants: [UserID]
        /// The newest message as they were stopped.
        package let after: MessageID
        /// RFC 3339.
        package let stoppedAt: String
    }

    /// What the log tells of one message, for those who count turns.
    package struct Utterance: Sendable {
        package let channel: ChannelID
        package let app: AppID
        package let author: UserID
        package let kind: User.Kind
        package let message: Int64
        package let hops: Int
        /// Milliseconds since 1970, by the database's clock.
        package let at: Int64

        package init(
            channel: ChannelID, app: AppID, author: UserID, kind: User.Kind, message: Int64, hops: Int, at: Int64
        ) {
            self.channel = channel
            self.app = app
            self.author = author
            self.kind = kind
            self.message = message
            self.hops = hops
            self.at = at
        }
    }

    /// Stops automations in a channel, or further ones where some are stopped already.
    ///
    /// - Parameters:
    ///   - message: The newest in the channel.
    ///   - first: Where the talk began: a stop from before that has been ended since, though it is still written here.
    /// - Returns: Whether none were.
    package func insertStop(
        _ channel: ChannelID, participants: [UserID], after message: Int64, since first: Int64, in app: AppID
    ) async throws -> Bool {
        try await pool.query(
            """
            INSERT INTO stopped_loops AS s (channel_id, app_id, participants, after_id)
            SELECT id, app_id, $3, $4 FROM channels WHERE id = $1 AND app_id = $2
            ON CONFLICT (channel_id) DO UPDATE SET
                participants = CASE WHEN s.after_id < $5 THEN excluded.participants ELSE ARRAY (
                    SELECT DISTINCT unnest(s.participants || excluded.participants)) END,
                stopped_at = CASE WHEN s.after_id < $5 THEN now() ELSE s.stopped_at END,
                after_id = greatest(s.after_id, excluded.after_id)
            RETURNING stopped_at = now()
            """, channel.rawValue, app.rawValue, participants.map(\.rawValue), message, first
        ).first?.decode(0, as: Bool.self) ?? false
    }

    /// Ends a stop because a person wrote `message`.
    package func deleteStop(_ channel: ChannelID, before message: Int64, in app: AppID) async throws {
        try await pool.execute(
            "DELETE FROM stopped_loops WHERE channel_id = $1 AND app_id = $2 AND after_id < $3",
            channel.rawValue, app.rawValue, message)
    }

    /// Ends a stop because an administrator wants it.
    ///
    /// - Returns: False when nothing was stopped there.
    package func deleteStop(_ channel: ChannelID, by actor: AuditActor, in app: AppID) async throws -> Bool {
        try await pool.query(
            """
            WITH gone AS (
                DELETE FROM stopped_loops WHERE channel_id = $1 AND app_id = $2 RETURNING *
            ), \(Self.audited(
                    "'loop.resumed'", "'channel:' || channel_id", "json_build_object('participants', participants)",
                    from: "gone", by: 3))
            SELECT count(*) FROM gone
            """, channel.rawValue, app.rawValue, try Self.parameter(actor)
        ).only().decode(0, as: Int64.self) > 0
    }

    /// Where automations are stopped, the last first; of all apps when `app` is nil.
    package func stoppedLoops(in app: AppID?, limit: Int) async throws -> [StoppedLoop] {
        try await pool.query(
            """
            SELECT channel_id, app_id, participants, after_id, rfc3339(stopped_at) FROM stopped_loops
            WHERE $1::bigint IS NULL OR app_id = $1 ORDER BY stopped_loops.stopped_at DESC, channel_id LIMIT $2
            """, app?.rawValue, limit
        ).map { row in
            StoppedLoop(
                channel: ChannelID(try row.decode(0, as: Int64.self)), app: AppID(try row.decode(1, as: Int64.self)),
                participants: try row.decode(2, as: [Int64].self).map { UserID($0) },
                after: MessageID(try row.decode(3, as: Int64.self)), stoppedAt: try row.decode(4, as: String.self))
        }
    }

    /// Whether a message with this nonce was stored before.
    package func isStored(nonce: String, of author: UserID, in channel: ChannelID) async throws -> Bool {
        try await pool.query(
            "SELECT 1 FROM messages WHERE channel_id = $1 AND author_id = $2 AND nonce = $3",
            channel.rawValue, author.rawValue, nonce
        ).first != nil
    }

    /// The newest messages of the log, oldest first; without those of the system and those that were brought in.
    ///
    /// - Parameter limit: Events that are looked at, of whatever type.
    package func recentUtterances(limit: Int) async throws -> [Utterance] {
        try await pool.query(
            """
            SELECT e.channel_id, e.app_id, e.actor_id, u.kind, e.subject_id, e.hops::int,
                (extract(epoch FROM e.at) * 1000)::bigint
            FROM (SELECT * FROM events ORDER BY xid DESC, id DESC LIMIT $1) e
            JOIN users u ON u.id = e.actor_id JOIN messages m ON m.id = e.subject_id
            WHERE e.type = 'message.created' AND e.channel_id IS NOT NULL AND m.kind <> 'system'
                AND m.created_at > e.at - interval '1 minute'
            ORDER BY e.xid, e.id
            """, limit
        ).map { row in
            Utterance(
                channel: ChannelID(try row.decode(0, as: Int64.self)), app: AppID(try row.decode(1, as: Int64.self)),
                author: UserID(try row.decode(2, as: Int64.self)),
                kind: User.Kind(rawValue: try row.decode(3, as: String.self)) ?? .person,
                message: try row.decode(4, as: Int64.self), hops: Int(try row.decode(5, as: Int32.self)),
                at: try row.decode(6, as: Int64.self))
        }
    }

    // MARK: Readers

    /// Notes that a bot reads messages.
    package func noteReading(of bot: UserID, in app: AppID) async throws {
        try await pool.execute(
            "UPDATE bots SET read_at = now() WHERE user_id = $1 AND app_id = $2", bot.rawValue, app.rawValue)
    }

    /// The bots that have read messages within a day.
    package func readingBots() async throws -> [UserID] {
        try await pool.query("SELECT user_id FROM bots WHERE read_at > now() - interval '1 day'")
            .map { UserID(try $0.decode(0, as: Int64.self)) }
    }
}
