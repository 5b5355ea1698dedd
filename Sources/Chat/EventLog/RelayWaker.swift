import Lifecycle
package import Redis

/// Wakes this process's relay when another process has written events.
package final class RelayWaker: Service {
    package let name = "relay-waker"

    private let subscriber: RedisSubscriber
    private let relay: EventRelay

    /// - Parameter subscriber: A subscriber of its own; closed by `shutdown()`.
    package init(subscriber: RedisSubscriber, relay: EventRelay) {
        self.subscriber = subscriber
        self.relay = relay
    }

    package func run() async throws {
        // What was missed while Redis was away is found by the relay's poll; a wake-up too many costs one query.
        for await _ in subscriber.subscribe([EventStream.wakeChannel], limit: 1) { relay.committed() }
    }

    package func shutdown() {
        // Ends with the subscriber, and the stream of `run()` with it.
        Task { await subscriber.close() }
    }
}
