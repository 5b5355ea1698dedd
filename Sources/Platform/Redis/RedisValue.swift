/// One reply, or a part of one: the types of RESP 2.
///
/// See https://redis.io/docs/latest/develop/reference/protocol-spec/
package enum RedisValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case bulk([UInt8])
    case simple(String)
    case array([RedisValue])
    case error(String)

    /// The bytes of a bulk or simple string.
    package var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .simple(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The text of a bulk or simple string; nil when it is not UTF-8.
    package var string: String? {
        switch self {
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        case .simple(let text): text
        default: nil
        }
    }

    /// An integer, also one that is stored as text.
    package var integer: Int64? {
        switch self {
        case .integer(let value): value
        default: string.flatMap { Int64($0) }
        }
    }

    package var array: [RedisValue]? {
        if case .array(let values) = self { values } else { nil }
    }
}
