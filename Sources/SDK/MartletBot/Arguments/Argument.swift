/// A word that a command takes by its place.
///
/// It has to be given unless the property has a default or is an optional.
@propertyWrapper
public struct Argument<Value: ArgumentValue>: Slot {
    private let value: SlotValue<Value>
    let isRequired: Bool

    /// An argument that has to be given.
    public init() {
        value = SlotValue(nil)
        isRequired = true
    }

    /// An argument that may be left out and is nil then.
    public init() where Value: ExpressibleByNilLiteral {
        value = SlotValue(.some(nil))
        isRequired = false
    }

    /// An argument that may be left out.
    public init(wrappedValue: Value) {
        value = SlotValue(wrappedValue)
        isRequired = false
    }

    /// What was given, or the default; must be read only while the command runs.
    public var wrappedValue: Value { value.get() }

    var kind: SlotKind { .positional }
    var typeName: String { Value.typeName }

    func fill(_ text: String, in directory: any Directory) async throws {
        value.set(try await Value.resolve(text, in: directory))
    }
}
