import BridgeKit
import Settings
import Synchronization

/// A bridge whose target is memory: what it takes is the runtime's own cost.
struct SinkBridge: Bridge {
    static let kind = "sink"
    static let summary = "Counts what it gets."
    static let settings = SettingsSpec {
        SettingKey("note", .string, "Nothing.", default: "")
    }

    /// What all of them have got.
    static let handled = Atomic<Int>(0)
    static let starts = Atomic<Int>(0)

    init(settings: Settings, context: BridgeContext) {}

    func start() async throws { Self.starts.add(1, ordering: .relaxed) }
    func handle(_ event: BridgeEvent) async throws { Self.handled.add(1, ordering: .relaxed) }
}
