/// The remainder of the line as it was written, quotation marks and line breaks included, without the space around it.
///
/// It comes after every ``Argument``. Options before it are still read; `--` ends them, for a text that begins with
/// two dashes.
@propertyWrapper
public struct Rest: Slot {
    private let value: SlotValue<String>
    let isRequired: Bool

    /// A text that has to be given.
    public init() {
        value = SlotValue(nil)
        isRequired = true
    }

    /// A text that may be left out.
    public init(wrappedValue: String) {
        value = SlotValue(wrappedValue)
        isRequired = false
    }

    /// The text, or the default; must be read only while the command runs.
    public var wrappedValue: String { value.get() }

    var kind: SlotKind { .rest }
    var typeName: String { "text" }

    func fill(_ text: String, in directory: any Directory) async throws { value.set(text) }
}
