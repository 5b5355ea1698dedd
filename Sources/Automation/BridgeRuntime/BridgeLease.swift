import ChatStore
import Redis
import Synchronization

/// The right to run one bridge, held by one node at a time: two readers of one group could not keep a channel's order.
///
/// It lies in PostgreSQL and runs out by itself when its holder dies. Each taking has a higher number than those before,
/// which goes with whatever the holder reads or stores: one that was stopped, and whose right another has by now, can do
/// neither. The number is told to the stream's Redis as well: who does not reach that has no use for the right, and leaves
/// it to a node that does. A holder whose right ran out while it was stopped has to notice: it may take it anew, but not go
/// on as if nothing had happened.
final class BridgeLease: Sendable {
    /// Keeps the highest number that was told, for as long as a right lasts.
    private static let announcement = RedisScript(
        """
        if (tonumber(redis.call('GET', KEYS[1])) or 0) > tonumber(ARGV[1]) then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """)

    private let store: ChatStore
    private let redis: RedisClient
    private let name: String
    private let holder: String
    private let taken = Atomic<Int64>(0)
    /// Where the stream's Redis keeps the highest number that has read from it.
    let key: String
    let time: Duration

    /// - Parameter holder: Unique to this run, so that a node that comes back is not taken for itself.
    init(store: ChatStore, redis: RedisClient, bridge: String, holder: String, time: Duration) {
        self.store = store
        self.redis = redis
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
        do {
            if try await announce() { return true }
            await giveUp()
            return false
        } catch {
            await giveUp()
            throw error
        }
    }

    /// Prolongs the right.
    ///
    /// - Returns: False when it has run out, whether another node has it by now or not.
    func renew() async throws -> Bool {
        guard try await announce() else { return false }
        return try await store.renewLease(name, number: number, for: time)
    }

    /// - Returns: False when a higher number was told already.
    private func announce() async throws -> Bool {
        try await redis.eval(
            Self.announcement, keys: [key], arguments: [number, Int(time / .milliseconds(1))]
        ).integer == 1
    }

    func giveUp() async {
        // What fails here runs out by itself.
        try? await store.releaseLease(name, number: number)
    }
}
