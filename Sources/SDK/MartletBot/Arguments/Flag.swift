/// A switch that is on when its name is written: `--quiet`.
@propertyWrapper
public struct Flag: Slot {
    private let value = SlotValue<Bool>(false)

    /// A switch that is off unless it is given.
    public init() {}

    /// Whether it was given.
    public var wrappedValue: Bool { value.get() }

    var kind: SlotKind { .flag }
    var isRequired: Bool { false }
    var typeName: String { "" }

    func fill(_ text: String, in directory: any Directory) async throws { value.set(true) }
}
