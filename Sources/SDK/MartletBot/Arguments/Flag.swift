/// A switch that is on when its name is written, `--quiet`, and off with `--no-quiet`.
///
/// The property is a `Bool` and is false unless it has another default:
///
/// ```swift
/// @Flag var quiet
/// @Flag var isPolite = true
/// ```
@propertyWrapper
public struct Flag: Slot {
    private let value: SlotValue<Bool>

    /// A switch that is off unless it is given.
    public init() { value = SlotValue(false) }

    /// A switch with a default.
    public init(wrappedValue: Bool) { value = SlotValue(wrappedValue) }

    /// Whether it is on.
    public var wrappedValue: Bool { value.get() }

    var kind: SlotKind { .flag }
    var isRequired: Bool { false }
    var typeName: String { "" }

    func fill(_ text: String, in directory: any Directory) async throws { value.set(text != "no") }
}
