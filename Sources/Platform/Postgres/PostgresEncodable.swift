/// A value that can be a parameter of a statement, in the server's binary form.
package protocol PostgresEncodable: Sendable {
    /// The type that the server is told.
    static var postgresType: PostgresType { get }
    var isPostgresNull: Bool { get }
    /// Appends the value, without its length; not called for NULL.
    func encode(into bytes: inout PostgresBytes)
}

extension PostgresEncodable {
    package var isPostgresNull: Bool { false }
}

/// Bytes in network order, as they are written to the server.
package struct PostgresBytes: Sendable {
    var bytes: [UInt8] = []

    mutating func append<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends the length, then what `body` appends; or the mark for NULL.
    mutating func appendField(_ value: some PostgresEncodable) {
        guard !value.isPostgresNull else { return append(Int32(-1)) }
        let start = bytes.count
        append(Int32(0))
        value.encode(into: &self)
        let length = UInt32(truncatingIfNeeded: bytes.count - start - 4)
        for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }
}

extension Bool: PostgresEncodable {
    package static var postgresType: PostgresType { .bool }
    package func encode(into bytes: inout PostgresBytes) { bytes.append(self ? UInt8(1) : 0) }
}

extension Int: PostgresEncodable {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into bytes: inout PostgresBytes) { bytes.append(Int64(self)) }
}

extension Int32: PostgresEncodable {
    package static var postgresType: PostgresType { .int4 }
    package func encode(into bytes: inout PostgresBytes) { bytes.append(self) }
}

extension Int64: PostgresEncodable {
    package static var postgresType: PostgresType { .int8 }
    package func encode(into bytes: inout PostgresBytes) { bytes.append(self) }
}

extension Double: PostgresEncodable {
    package static var postgresType: PostgresType { .float8 }
    package func encode(into bytes: inout PostgresBytes) { bytes.append(bitPattern) }
}

extension String: PostgresEncodable {
    package static var postgresType: PostgresType { .text }
    package func encode(into bytes: inout PostgresBytes) { bytes.append(self) }
}

extension PostgresTimestamp: PostgresEncodable {
    package static var postgresType: PostgresType { .timestamptz }
    package func encode(into bytes: inout PostgresBytes) { bytes.append(wireValue) }
}

extension PostgresJSON: PostgresEncodable {
    package static var postgresType: PostgresType { .json }
    package func encode(into bytes: inout PostgresBytes) { bytes.append(text) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }
    package var isPostgresNull: Bool { self?.isPostgresNull ?? true }
    package func encode(into bytes: inout PostgresBytes) { self?.encode(into: &bytes) }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package static var postgresType: PostgresType { Element.postgresArrayType }
    package func encode(into bytes: inout PostgresBytes) { Element.encodeArray(self, into: &bytes) }
}
