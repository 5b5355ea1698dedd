import ChatStore
import Synchronization

/// The right to run one bridge, held by one node at a time: two readers of one group could not keep a channel's order.
///
/// It lies in PostgreSQL and runs out by itself when its holder dies. Each taking has a higher number than those before,
/// which goes with whatever the holder reads or stores: one that was stopped, and whose right another has by now, can do
/// neither. A holder whose right ran out while it was stopped has to notice: it may take it anew, but not go on as if
/// nothing had happened.
final class BridgeLease: Sendable {
    private let store: ChatStore
    private let name: String
    private let holder: String
    private let taken = Atomic<Int64>(0)
    /// Where the stream's Redis keeps the highest number that has read from it.
    let key: String
    let time: Duration

    /// - Parameter holder: Unique to this run, so that a node that comes back is not taken for itself.
    init(store: ChatStore, bridge: String, holder: String, time: Duration) {
        self.store = store
        self.name = ChatStore.bridgeLease(bridge)
        self.key = "martlet:bridge:\(bridge):lease"
        self.holder = holder
        self.time = time
    }

    /// The number of the last taking.
    var number: Int64 { taken.load(ordering: .acquiring) }

    /// Takes the right.
    ///
    /// - Returns: False while another node has it.
    func acquire() async throws -> Bool {
        guard let number = try await store.acquireLease(name, holder: holder, for: time) else { return false }
        taken.store(number, ordering: .releasing)
        return true
    }

    /// Prolongs the right.
    ///
    /// - Returns: False when it has run out, whether another node has it by now or not.
    func renew() async throws -> Bool { try await store.renewLease(name, number: number, for: time) }

    func giveUp() async {
        // What fails here runs out by itself.
        try? await store.releaseLease(name, number: number)
    }
}
