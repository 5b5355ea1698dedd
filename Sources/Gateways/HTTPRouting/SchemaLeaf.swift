import Foundation

/// A type whose schema is known without looking into it.
protocol SchemaLeaf {
    static var leafSchema: Schema { get }
    static var leafValue: Self { get }
}

extension SchemaLeaf where Self: FixedWidthInteger {
    static var leafSchema: Schema {
        var schema = Schema(.integer, format: bitWidth > (isSigned ? 32 : 31) ? "int64" : "int32")
        if !isSigned { schema.minimum = 0 }
        return schema
    }
    static var leafValue: Self { 0 }
}

extension Int: SchemaLeaf {}
extension Int8: SchemaLeaf {}
extension Int16: SchemaLeaf {}
extension Int32: SchemaLeaf {}
extension Int64: SchemaLeaf {}
extension UInt: SchemaLeaf {}
extension UInt8: SchemaLeaf {}
extension UInt16: SchemaLeaf {}
extension UInt32: SchemaLeaf {}
extension UInt64: SchemaLeaf {}

extension Double: SchemaLeaf {
    static var leafSchema: Schema { .number }
    static var leafValue: Double { 0 }
}

extension Float: SchemaLeaf {
    static var leafSchema: Schema { Schema(.number, format: "float") }
    static var leafValue: Float { 0 }
}

extension Bool: SchemaLeaf {
    static var leafSchema: Schema { .boolean }
    static var leafValue: Bool { false }
}

extension String: SchemaLeaf {
    static var leafSchema: Schema { .string }
    static var leafValue: String { "" }
}

extension URL: SchemaLeaf {
    static var leafSchema: Schema { Schema(.string, format: "uri") }
    static var leafValue: URL { URL(fileURLWithPath: "/") }
}

extension UUID: SchemaLeaf {
    static var leafSchema: Schema { Schema(.string, format: "uuid") }
    static var leafValue: UUID { UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) }
}

/// A type that is described by what it holds, and can be empty, so that a type may hold itself.
protocol SchemaWrapper {
    static func wrappedSchema(_ recorder: SchemaRecorder) -> Schema
    static var emptyValue: Self { get }
}

extension Optional: SchemaWrapper where Wrapped: Decodable {
    static func wrappedSchema(_ recorder: SchemaRecorder) -> Schema { recorder.schema(of: Wrapped.self) }
    static var emptyValue: Self { nil }
}

extension Array: SchemaWrapper where Element: Decodable {
    static func wrappedSchema(_ recorder: SchemaRecorder) -> Schema { .array(recorder.schema(of: Element.self)) }
    static var emptyValue: Self { [] }
}

extension Set: SchemaWrapper where Element: Decodable {
    static func wrappedSchema(_ recorder: SchemaRecorder) -> Schema { .array(recorder.schema(of: Element.self)) }
    static var emptyValue: Self { [] }
}

extension Dictionary: SchemaWrapper where Key == String, Value: Decodable {
    static func wrappedSchema(_ recorder: SchemaRecorder) -> Schema { .dictionary(recorder.schema(of: Value.self)) }
    static var emptyValue: Self { [:] }
}
