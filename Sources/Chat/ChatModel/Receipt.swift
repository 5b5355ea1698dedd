/// How far a member of a channel has got: what has reached one of its devices, and what it has read.
public struct Receipt: Sendable, Codable, Hashable {
    /// The number of the newest message that has reached the member; never below ``readSeq``.
    public var deliveredSeq: Int64
    /// When that was said last, RFC 3339; nil while nothing has.
    public var deliveredAt: String?
    /// The number of the newest message that the member has read.
    public var readSeq: Int64
    /// When that was said last, RFC 3339; nil while nothing was.
    public var readAt: String?

    /// Makes a value; nothing is stored.
    public init(deliveredSeq: Int64, deliveredAt: String? = nil, readSeq: Int64, readAt: String? = nil) {
        self.deliveredSeq = deliveredSeq
        self.deliveredAt = deliveredAt
        self.readSeq = readSeq
        self.readAt = readAt
    }

    enum CodingKeys: String, CodingKey {
        case deliveredSeq = "delivered_seq"
        case deliveredAt = "delivered_at"
        case readSeq = "read_seq"
        case readAt = "read_at"
    }
}
