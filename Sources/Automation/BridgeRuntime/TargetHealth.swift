import BridgeKit
import Synchronization

/// What a bridge itself has said of its target.
final class TargetHealth: BridgeHealth {
    private let stated = Mutex<String?>(nil)

    /// Why the target is away; nil when the bridge knows nothing of that.
    var reason: String? { stated.withLock { $0 } }

    func targetIsDown(_ reason: String) { stated.withLock { $0 = String(reason.prefix(2000)) } }
    func targetIsUp() { stated.withLock { $0 = nil } }
}
