import Redis

/// The right to run one bridge, held by one node at a time: two readers of one group could not keep a channel's order.
///
/// It lies in Redis and runs out by itself when its holder dies. A holder whose right ran out while it was stopped has
/// to notice: it may take it anew, but not go on as if nothing had happened.
struct BridgeLease: Sendable {
    private static let acquisition = RedisScript(
        """
        if redis.call('GET', KEYS[1]) == ARGV[1] then
            return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        end
        if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
        return 0
        """)
    private static let renewal = RedisScript(
        """
        if redis.call('GET', KEYS[1]) == ARGV[1] then
            return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        end
        return 0
        """)
    private static let release = RedisScript(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")

    private let redis: RedisClient
    let key: String
    /// What the key holds while the right is ours.
    let holder: String
    let time: Duration

    /// - Parameter holder: Unique to this run, so that a node that comes back is not taken for itself.
    init(redis: RedisClient, bridge: String, holder: String, time: Duration) {
        self.redis = redis
        self.key = "martlet:bridge:\(bridge):lease"
        self.holder = holder
        self.time = time
    }

    /// Takes the right.
    ///
    /// - Returns: False while another node has it.
    func acquire() async throws -> Bool { try await run(Self.acquisition) }

    /// Prolongs the right.
    ///
    /// - Returns: False when it has run out, whether another node has it by now or not.
    func renew() async throws -> Bool { try await run(Self.renewal) }

    private func run(_ script: RedisScript) async throws -> Bool {
        let milliseconds = Int(time / .milliseconds(1))
        return try await redis.eval(script, keys: [key], arguments: [holder, milliseconds]).integer == 1
    }

    func giveUp() async {
        // What fails here runs out by itself.
        _ = try? await redis.eval(Self.release, keys: [key], arguments: [holder])
    }
}
