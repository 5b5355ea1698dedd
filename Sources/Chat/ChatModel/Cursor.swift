/// A place in the event log: everything up to and including one event.
///
/// The two numbers are the event's transaction and its row, which is also its entry id in the Redis stream. Cursors
/// order as events do. A cursor is only good for the log that issued
/// it: a server tells its epoch beside every cursor.
public struct Cursor: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// The transaction that wrote the event.
    public let transaction: UInt64
    /// The event's row.
    public let row: UInt64

    /// Makes a cursor from its two numbers.
    public init(transaction: UInt64, row: UInt64) {
        self.transaction = transaction
        self.row = row
    }

    /// Before the first event.
    public static let beginning = Cursor(transaction: 0, row: 0)

    /// Reads `<transaction>-<row>`.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count <= 41, let dash = bytes.firstIndex(of: UInt8(ascii: "-")),
            let transaction = UInt64(text[..<dash]), let row = UInt64(text[bytes.index(after: dash)...]),
            !text.utf8.contains(UInt8(ascii: "+"))
        else { return nil }
        self.init(transaction: transaction, row: row)
    }

    /// The text form: both numbers with a dash between.
    public var description: String { "\(transaction)-\(row)" }

    /// Orders by transaction, then by row.
    public static func < (left: Cursor, right: Cursor) -> Bool {
        (left.transaction, left.row) < (right.transaction, right.row)
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let cursor = Cursor(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a cursor has the form <number>-<number>")
        }
        self = cursor
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
