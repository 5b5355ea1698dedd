/// Answers every question with a placeholder and notes what was asked.
final class RecordingDecoder: Decoder {
    private enum Shape {
        case unknown
        case object
        case list(Schema?)
        case value(Schema)
    }

    private struct Note {
        var name: String
        var schema: Schema
        var isRequired: Bool
        var isNullable = false
        var nested: RecordingDecoder?
    }

    let recorder: SchemaRecorder
    let text: String
    let number: Int
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]
    private var shape = Shape.unknown
    private var notes: [Note] = []
    private var optionalNames: Set<String> = []
    private var nullableNames: Set<String> = []

    init(recorder: SchemaRecorder, text: String, number: Int) {
        self.recorder = recorder
        self.text = text
        self.number = number
    }

    /// How much was learnt, to choose between tries.
    var weight: Int {
        if case .unknown = shape { 0 } else { 1 + notes.count }
    }

    var schema: Schema {
        switch shape {
        case .unknown: .any
        case .value(let schema): schema
        case .list(let element): .array(element ?? .any)
        case .object:
            .object(
                notes.map { note in
                    Schema.Property(
                        note.name, note.nested?.schema ?? note.schema, isRequired: note.isRequired,
                        isNullable: note.isNullable)
                })
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        shape = .object
        return KeyedDecodingContainer(RecordingKeyedContainer<Key>(decoder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        shape = .list(nil)
        return RecordingUnkeyedContainer(decoder: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { RecordingSingleValueContainer(decoder: self) }

    // MARK: Notes

    /// Somebody asked whether a member is there, so it need not be.
    func noteOptional(_ name: String) {
        optionalNames.insert(name)
        for index in notes.indices where notes[index].name == name { notes[index].isRequired = false }
    }

    /// Null is read as nothing.
    func noteNullable(_ name: String) {
        nullableNames.insert(name)
        for index in notes.indices where notes[index].name == name { notes[index].isNullable = true }
    }

    func note(_ name: String, _ schema: Schema, nested: RecordingDecoder? = nil) {
        if let index = notes.firstIndex(where: { $0.name == name }) {
            // Read in two ways: it may be either.
            if notes[index].schema != schema { notes[index].schema = .any }
            return
        }
        notes.append(
            Note(
                name: name, schema: schema, isRequired: !optionalNames.contains(name),
                isNullable: nullableNames.contains(name), nested: nested))
    }

    func noteElement(_ schema: Schema) { shape = .list(schema) }

    /// A type that looks for null, or reads in several ways, may be anything.
    func noteValue(_ schema: Schema) {
        switch shape {
        case .value(let before) where before != schema: shape = .value(.any)
        case .unknown: shape = .value(schema)
        default: break
        }
    }

    func nested() -> RecordingDecoder { RecordingDecoder(recorder: recorder, text: text, number: number) }

    /// A placeholder for a value inside this one, and its schema.
    func make<Value: Decodable>(_ type: Value.Type) throws -> (schema: Schema, value: Value) {
        let (schema, value) = recorder.record(type)
        if Value.self == String.self, let text = text as? Value { return (schema, text) }
        if Value.self == Int.self, let number = number as? Value { return (schema, number) }
        if Value.self == Int64.self, let number = Int64(number) as? Value { return (schema, number) }
        guard let value else { throw NoPlaceholder(schema: schema) }
        return (schema, value)
    }
}

/// A type inside refused every placeholder; what was learnt of it is kept.
struct NoPlaceholder: Error {
    let schema: Schema
}

private struct RecordingKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: RecordingDecoder
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    func contains(_ key: Key) -> Bool {
        decoder.noteOptional(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) -> Bool {
        decoder.noteOptional(key.stringValue)
        decoder.noteNullable(key.stringValue)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        do {
            let (schema, value) = try decoder.make(type)
            decoder.note(key.stringValue, schema)
            return value
        } catch let error as NoPlaceholder {
            decoder.note(key.stringValue, error.schema)
            throw error
        }
    }

    /// Answers nil, so that a type can hold itself and no placeholder is needed.
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        decoder.noteOptional(key.stringValue)
        decoder.note(key.stringValue, decoder.recorder.schema(of: type))
        decoder.noteNullable(key.stringValue)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedDecodingContainer<Nested> {
        let nested = decoder.nested()
        decoder.note(key.stringValue, .any, nested: nested)
        return nested.container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
        let nested = decoder.nested()
        decoder.note(key.stringValue, .any, nested: nested)
        return nested.unkeyedContainer()
    }

    func superDecoder() -> any Decoder { decoder }
    func superDecoder(forKey key: Key) -> any Decoder { decoder.nested() }
}

private struct RecordingUnkeyedContainer: UnkeyedDecodingContainer {
    let decoder: RecordingDecoder
    let codingPath: [any CodingKey] = []
    var count: Int? { nil }
    var isAtEnd: Bool { currentIndex > 0 }
    private(set) var currentIndex = 0

    init(decoder: RecordingDecoder) { self.decoder = decoder }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        currentIndex += 1
        let (schema, value) = try decoder.make(type)
        decoder.noteElement(schema)
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedDecodingContainer<Nested> {
        currentIndex += 1
        return decoder.nested().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
        currentIndex += 1
        return decoder.nested().unkeyedContainer()
    }

    mutating func superDecoder() -> any Decoder { decoder.nested() }
}

private struct RecordingSingleValueContainer: SingleValueDecodingContainer {
    let decoder: RecordingDecoder
    let codingPath: [any CodingKey] = []

    func decodeNil() -> Bool {
        decoder.noteValue(.any)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            let (schema, value) = try decoder.make(type)
            decoder.noteValue(schema)
            return value
        } catch let error as NoPlaceholder {
            decoder.noteValue(error.schema)
            throw error
        }
    }
}
