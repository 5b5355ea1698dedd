import Synchronization

/// The name of the log as this process knows it, and how often it has changed.
package final class LogName: Sendable {
    private let value = Mutex("")
    private let changes = Atomic<Int>(0)

    var current: String { value.withLock { $0 } }

    /// Grows with each change; costs next to nothing to look at.
    package var generation: Int { changes.load(ordering: .acquiring) }

    func set(_ name: String) {
        value.withLock { value in
            guard value != name else { return }
            value = name
            changes.add(1, ordering: .releasing)
        }
    }
}
