/// The object identifier of a type, as `pg_type` has it.
package struct PostgresType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    private init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// Left to the server to infer.
    package static let unspecified = PostgresType(0)
    package static let bool = PostgresType(16)
    package static let bytea = PostgresType(17)
    package static let char = PostgresType(18)
    package static let name = PostgresType(19)
    package static let int8 = PostgresType(20)
    package static let int2 = PostgresType(21)
    package static let int4 = PostgresType(23)
    package static let text = PostgresType(25)
    package static let oid = PostgresType(26)
    package static let json = PostgresType(114)
    package static let xml = PostgresType(142)
    package static let jsonArray = PostgresType(199)
    package static let float4 = PostgresType(700)
    package static let float8 = PostgresType(701)
    package static let unknown = PostgresType(705)
    package static let boolArray = PostgresType(1000)
    package static let byteaArray = PostgresType(1001)
    package static let nameArray = PostgresType(1003)
    package static let int2Array = PostgresType(1005)
    package static let int4Array = PostgresType(1007)
    package static let textArray = PostgresType(1009)
    package static let bpcharArray = PostgresType(1014)
    package static let varcharArray = PostgresType(1015)
    package static let int8Array = PostgresType(1016)
    package static let float4Array = PostgresType(1021)
    package static let float8Array = PostgresType(1022)
    package static let bpchar = PostgresType(1042)
    package static let varchar = PostgresType(1043)
    package static let date = PostgresType(1082)
    package static let timestamp = PostgresType(1114)
    package static let timestamptz = PostgresType(1184)
    package static let timestamptzArray = PostgresType(1185)
    package static let interval = PostgresType(1186)
    package static let numeric = PostgresType(1700)
    package static let void = PostgresType(2278)
    package static let uuid = PostgresType(2950)
    package static let jsonb = PostgresType(3802)
    package static let jsonbArray = PostgresType(3807)
    package static let xid8 = PostgresType(5069)

    /// Types that a database defines itself, enums and extensions, start here.
    var isUserDefined: Bool { rawValue >= 16_384 }

    package var description: String { Self.names[self] ?? "the type with oid \(rawValue)" }

    private static let names: [PostgresType: String] = [
        .bool: "bool", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "int8", .int2: "int2", .int4: "int4",
        .text: "text", .oid: "oid", .json: "json", .xml: "xml", .jsonArray: "json[]", .float4: "float4",
        .float8: "float8", .unknown: "unknown", .boolArray: "bool[]", .byteaArray: "bytea[]", .nameArray: "name[]",
        .int2Array: "int2[]", .int4Array: "int4[]", .textArray: "text[]", .bpcharArray: "char[]",
        .varcharArray: "varchar[]", .int8Array: "int8[]", .float4Array: "float4[]", .float8Array: "float8[]",
        .bpchar: "char", .varchar: "varchar", .date: "date", .timestamp: "timestamp", .timestamptz: "timestamptz",
        .timestamptzArray: "timestamptz[]", .interval: "interval", .numeric: "numeric", .void: "void", .uuid: "uuid",
        .jsonb: "jsonb", .jsonbArray: "jsonb[]", .xid8: "xid8",
    ]
}
