import BridgeKit
import ChatModel
import ChatService
import ChatStore
import EventLog
import EventLoop
import Redis
import Synchronization
import Telemetry

/// How long the runtime waits for this and that; tests make it shorter.
package struct BridgeTiming: Sendable {
    /// How long a node that died keeps its bridges from the others.
    package var lease = Duration.seconds(10)
    /// The look for events, files and deadlines that no signal has told of.
    package var poll = Duration.seconds(1)
    package var persist = Duration.seconds(3)
    /// The waits before a target that is down is tried again.
    package var firstProbe = Duration.seconds(1)
    package var longestProbe = Duration.seconds(60)
    /// How long events in progress may take when the bridge is stopped.
    package var grace = Duration.seconds(5)
    /// How long an event waits when too many are put off already.
    package var room = Duration.seconds(10)
    /// The time of day, in milliseconds since 1970: when deferred events are due and kept values expire.
    package var now: @Sendable () -> Int64 = { Timestamp.nowMilliseconds() }

    package init() {}
}

/// What all bridges of a process share.
struct BridgeServices: Sendable {
    let service: ChatService
    /// For what the runtime keeps itself: cursors, values, dead letters, deferred events, replays.
    ///
    /// What is of chat goes through the service.
    let store: ChatStore
    let log: EventLog
    let redis: RedisClient
    let loops: EventLoopGroup
    let node: String
    let dataDirectory: String
    let environment: [String: String]
    let timing: BridgeTiming
    let logger: Logger
    let channels: ChannelNames
    let counters: CounterDirectory
    let eventWriter: BridgeEventWriter
    /// Has the runtime look again, at its files and at what became of the bridges.
    let runtimeWake: WakeSignal
    /// For events that are tried alone in the whole process.
    let turn = Turn()
    /// Tells this run of the program from all others.
    let process: String
}

/// Makes the series of a bridge once, however often it restarts.
final class CounterDirectory: Sendable {
    private let metrics: Metrics
    private let known = Mutex<[String: BridgeCounters]>([:])

    init(metrics: Metrics) { self.metrics = metrics }

    func counters(of bridge: String) -> BridgeCounters {
        known.withLock { known in
            if let counters = known[bridge] { return counters }
            let counters = BridgeCounters(bridge: bridge, metrics: metrics)
            known[bridge] = counters
            return counters
        }
    }
}

/// The names of channels, kept until the log tells that one has changed.
final class ChannelNames: Sendable {
    private static let maximumCount = 10_000
    private let service: ChatService
    private let names = Mutex<[ChannelID: String]>([:])

    init(service: ChatService) { self.service = service }

    func name(of channel: ChannelID, in app: AppID) async throws -> String? {
        if let name = names.withLock({ $0[channel] }) { return name }
        guard let name = try await service.channel(channel, of: app)?.name else { return nil }
        names.withLock { names in
            if names.count >= Self.maximumCount { names = [:] }
            names[channel] = name
        }
        return name
    }

    func forget(_ events: [EventRecord]) {
        for event in events where event.type == .channelUpdated {
            if let channel = event.channelID { names.withLock { _ = $0.removeValue(forKey: channel) } }
        }
    }
}
