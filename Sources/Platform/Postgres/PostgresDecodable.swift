/// A value that can be read from a column.
package protocol PostgresDecodable {
    /// - Throws: ``PostgresMismatch`` when the column's type is another one or its bytes are damaged.
    static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> Self
    /// What NULL becomes; only optionals have an answer.
    static func decodeNull() throws(PostgresMismatch) -> Self
}

/// Why a cell could not be read; the row adds the column's name.
package enum PostgresMismatch: Error {
    case type
    case null
    case damaged
}

/// One value in the server's binary form; valid during `decode` only.
package struct PostgresCell {
    package let type: PostgresType
    package let bytes: UnsafeRawBufferPointer

    func integer<Value: FixedWidthInteger>(at offset: Int = 0, as type: Value.Type = Value.self)
        throws(PostgresMismatch) -> Value
    {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= bytes.count else { throw .damaged }
        return Value(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    func whole<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(PostgresMismatch) -> Value {
        guard bytes.count == MemoryLayout<Value>.size else { throw .damaged }
        return try integer()
    }

    func text(from offset: Int = 0) throws(PostgresMismatch) -> String {
        guard let text = String(validating: bytes.dropFirst(offset), as: UTF8.self) else { throw .damaged }
        return text
    }
}

extension PostgresDecodable {
    package static func decodeNull() throws(PostgresMismatch) -> Self { throw .null }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> Wrapped? { try Wrapped.decode(cell) }
    package static func decodeNull() throws(PostgresMismatch) -> Wrapped? { nil }
}

extension Bool: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> Bool {
        guard cell.type == .bool else { throw .type }
        return try cell.whole(UInt8.self) != 0
    }
}

extension Int64: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> Int64 {
        switch cell.type {
        case .int8, .xid8: try cell.whole(Int64.self)
        case .int4: Int64(try cell.whole(Int32.self))
        case .int2: Int64(try cell.whole(Int16.self))
        case .oid: Int64(try cell.whole(UInt32.self))
        default: throw .type
        }
    }
}

extension Int: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> Int { Int(try Int64.decode(cell)) }
}

extension Int32: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> Int32 {
        switch cell.type {
        case .int4: try cell.whole(Int32.self)
        case .int2: Int32(try cell.whole(Int16.self))
        default: throw .type
        }
    }
}

extension Double: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> Double {
        switch cell.type {
        case .float8: Double(bitPattern: try cell.whole(UInt64.self))
        case .float4: Double(Float(bitPattern: try cell.whole(UInt32.self)))
        default: throw .type
        }
    }
}

extension String: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> String {
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .json, .char, .unknown, .xml, .void: return try cell.text()
        case .jsonb:
            guard cell.bytes.first == 1 else { throw .damaged }
            return try cell.text(from: 1)
        case .uuid: return try uuid(cell)
        // The binary form of an enum's label and of citext is the text itself.
        case let type where type.isUserDefined: return try cell.text()
        default: throw .type
        }
    }

    private static func uuid(_ cell: PostgresCell) throws(PostgresMismatch) -> String {
        guard cell.bytes.count == 16 else { throw .damaged }
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in cell.bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? 48 + digit : 87 + digit) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension PostgresJSON: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> PostgresJSON {
        guard cell.type == .json || cell.type == .jsonb else { throw .type }
        return PostgresJSON(try String.decode(cell))
    }
}

extension PostgresTimestamp: PostgresDecodable {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> PostgresTimestamp {
        // A timestamp without a zone is taken as UTC, the only zone in which Martlet writes.
        guard cell.type == .timestamptz || cell.type == .timestamp else { throw .type }
        return PostgresTimestamp(wireValue: try cell.whole())
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package static func decode(_ cell: PostgresCell) throws(PostgresMismatch) -> [Element] {
        try Element.decodeArray(cell)
    }
}
