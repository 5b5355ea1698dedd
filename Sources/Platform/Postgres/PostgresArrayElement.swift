/// What an array of one dimension may hold; optionals stand for elements that are NULL.
///
/// The binary form is dimensions, a flag for NULLs, the element's type, then length and lower bound of each dimension
/// and the elements, each after its length (`array_send` in the server).
package protocol PostgresArrayElement: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func encodeArray(_ array: [Self], into bytes: inout PostgresBytes)
    static func decodeArray(_ cell: PostgresCell) throws(PostgresMismatch) -> [Self]
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    package static func encodeArray(_ array: [Self], into bytes: inout PostgresBytes) {
        bytes.append(Int32(array.isEmpty ? 0 : 1))
        bytes.append(Int32(array.contains(where: \.isPostgresNull) ? 1 : 0))
        bytes.append(postgresType.rawValue)
        guard !array.isEmpty else { return }
        bytes.append(Int32(truncatingIfNeeded: array.count))
        bytes.append(Int32(1))
        for element in array { bytes.appendField(element) }
    }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresMismatch) -> [Self] {
        guard cell.type.isArray else { throw .type }
        let dimensions: Int32 = try cell.integer()
        let type = PostgresType(rawValue: try cell.integer(at: 8))
        guard dimensions > 0 else { return [] }
        guard dimensions == 1 else { throw .type }
        let count: Int32 = try cell.integer(at: 12)
        // Each element has a length of four bytes at least: no count makes us reserve more than came.
        guard count >= 0, Int(count) <= cell.bytes.count / 4 else { throw .damaged }
        var array: [Self] = []
        array.reserveCapacity(Int(count))
        var offset = 20
        for _ in 0..<count {
            let length = Int(try cell.integer(at: offset, as: Int32.self))
            offset += 4
            if length < 0 {
                array.append(try decodeNull())
                continue
            }
            guard length <= cell.bytes.count - offset else { throw .damaged }
            let bytes = UnsafeRawBufferPointer(rebasing: cell.bytes[offset..<(offset + length)])
            array.append(try decode(PostgresCell(type: type, bytes: bytes)))
            offset += length
        }
        guard offset == cell.bytes.count else { throw .damaged }
        return array
    }
}

extension PostgresType {
    fileprivate var isArray: Bool { isUserDefined || Self.arrays.contains(self) }

    private static let arrays: Set<PostgresType> = [
        .boolArray, .byteaArray, .nameArray, .int2Array, .int4Array, .textArray, .bpcharArray, .varcharArray,
        .int8Array, .float4Array, .float8Array, .timestamptzArray, .jsonArray, .jsonbArray,
    ]
}

extension Bool: PostgresArrayElement { package static var postgresArrayType: PostgresType { .boolArray } }
extension Int: PostgresArrayElement { package static var postgresArrayType: PostgresType { .int8Array } }
extension Int32: PostgresArrayElement { package static var postgresArrayType: PostgresType { .int4Array } }
extension Int64: PostgresArrayElement { package static var postgresArrayType: PostgresType { .int8Array } }
extension Double: PostgresArrayElement { package static var postgresArrayType: PostgresType { .float8Array } }
extension String: PostgresArrayElement { package static var postgresArrayType: PostgresType { .textArray } }
extension PostgresTimestamp: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .timestamptzArray }
}
extension PostgresJSON: PostgresArrayElement { package static var postgresArrayType: PostgresType { .jsonArray } }

extension Optional: PostgresArrayElement
where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
    package static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}

/// An array of bytes is one value, `bytea`, and not an array to the server.
extension UInt8: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .bytea }

    package static func encodeArray(_ array: [UInt8], into bytes: inout PostgresBytes) {
        bytes.bytes.append(contentsOf: array)
    }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresMismatch) -> [UInt8] {
        guard cell.type == .bytea else { throw .type }
        return Array(cell.bytes)
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {
    package static var postgresArrayType: PostgresType { .byteaArray }
}
