package import ChatModel
import Postgres

/// A member's receipt, which the other members of a channel may be told.
package struct MemberReceipt: Sendable, Hashable {
    package let app: AppID
    package let channel: ChannelID
    package let user: UserID
    package let receipt: Receipt

    package init(app: AppID, channel: ChannelID, user: UserID, receipt: Receipt) {
        self.app = app
        self.channel = channel
        self.user = user
        self.receipt = receipt
    }
}

extension ChatStore {
    /// Members of a channel up to whom receipts of delivery are kept and told: in larger ones they would be more than the
    /// messages, and nobody reads them.
    package static let mostTold = 200

    /// Whether a channel has few enough members; `channel` is the expression of its id.
    static func isTold(_ channel: String) -> String {
        "(SELECT count(*) <= \(mostTold) FROM (SELECT FROM channel_members k WHERE k.channel_id = \(channel) LIMIT \(mostTold + 1)) few)"
    }

    /// The columns of a ``Receipt`` of the member `m`.
    static let receiptColumns =
        "greatest(m.delivered_seq, m.read_seq), rfc3339(m.delivered_at), m.read_seq, rfc3339(m.read_at)"

    static func receipt(_ row: PostgresRow, from column: Int) throws -> Receipt {
        Receipt(
            deliveredSeq: try row.decode(column, as: Int64.self),
            deliveredAt: try row.decode(column + 1, as: String?.self),
            readSeq: try row.decode(column + 2, as: Int64.self), readAt: try row.decode(column + 3, as: String?.self))
    }

    /// Moves positions of delivery forward, never back and never past the last message, in channels with few members.
    ///
    /// No event tells of it, and who is no member moves nothing.
    ///
    /// - Parameter positions: Each channel and user once.
    /// - Returns: The receipts that are others now.
    package func markDelivered(
        _ positions: [(app: AppID, channel: ChannelID, user: UserID, seq: Int64)]
    ) async throws -> [MemberReceipt] {
        try await pool.query(
            """
            WITH input AS MATERIALIZED (
                SELECT i.*, least(i.seq, c.last_seq) AS position
                FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS i (app_id, channel_id, user_id, seq)
                JOIN channels c ON c.id = i.channel_id AND c.app_id = i.app_id
                WHERE \(Self.isTold("i.channel_id"))
                ORDER BY i.channel_id, i.user_id
            ), moved AS (
                UPDATE channel_members m SET delivered_seq = i.position, delivered_at = now() FROM input i
                WHERE m.channel_id = i.channel_id AND m.user_id = i.user_id AND m.app_id = i.app_id
                    AND greatest(m.delivered_seq, m.read_seq) < i.position
                RETURNING m.*
            )
            SELECT m.app_id, m.channel_id, m.user_id, \(Self.receiptColumns) FROM moved m
            """, positions.map(\.app.rawValue), positions.map(\.channel.rawValue), positions.map(\.user.rawValue),
            positions.map(\.seq)
        ).map { row in
            MemberReceipt(
                app: AppID(try row.decode(0, as: Int64.self)), channel: ChannelID(try row.decode(1, as: Int64.self)),
                user: UserID(try row.decode(2, as: Int64.self)), receipt: try Self.receipt(row, from: 3))
        }
    }
}
