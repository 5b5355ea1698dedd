import Synchronization

/// What the binder sees of a property wrapper of a command.
protocol Slot: Sendable {
    var kind: SlotKind { get }
    var isRequired: Bool { get }
    var typeName: String { get }

    /// Reads `text` and keeps the value.
    func fill(_ text: String, in directory: any Directory) async throws
}

/// Where a value stands in a command line.
enum SlotKind: Sendable {
    case positional, rest, option, flag
}

/// Holds the value of one property of one command; a copy of the command shares it.
final class SlotValue<Value: Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: Value?) { self.value = Mutex(value) }

    func set(_ newValue: Value) { value.withLock { $0 = newValue } }

    func get() -> Value {
        guard let value = value.withLock({ $0 }) else {
            preconditionFailure("an argument can be read only while its command runs")
        }
        return value
    }
}
