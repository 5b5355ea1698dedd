/// A value that a command takes by its name, `--after 2h` or `--after=2h`, anywhere before the rest.
///
/// The property's name is the option's, in words: `dryRun` is `--dry-run`.
@propertyWrapper
public struct Option<Value: ArgumentValue>: Slot {
    private let value: SlotValue<Value>

    /// An option that is nil when it is not given.
    public init() where Value: ExpressibleByNilLiteral { value = SlotValue(.some(nil)) }

    /// An option with a default.
    public init(wrappedValue: Value) { value = SlotValue(wrappedValue) }

    /// What was given, or the default.
    public var wrappedValue: Value { value.get() }

    var kind: SlotKind { .option }
    var isRequired: Bool { false }
    var typeName: String { Value.typeName }

    func fill(_ text: String, in directory: any Directory) async throws {
        value.set(try await Value.resolve(text, in: directory))
    }
}
