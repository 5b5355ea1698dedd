import EventLoop
import Foundation
import HTTPServer
import HTTPTypes
import LoadGenerator
import Synchronization
import Telemetry

/// Load 8: from a message to the receiver of a webhook bridge.
///
/// Only Martlet has bridges.
struct BridgeLoad: Load {
    let seconds: Double

    func run(_ peer: any Peer, _ machine: Machine, _ scene: Scene, report: (Row) -> Void) async throws {
        guard let martlet = peer as? MartletPeer else { return }
        let sink = BridgeSink()
        try sink.start()
        defer { sink.stop() }
        let channels = Array(scene.sends)
        try martlet.writeBridge(to: sink.url, channels: channels)
        var senders: [any MessageSender] = []
        for number in 0..<64 {
            senders.append(
                try await peer.openSender(
                    number, to: [channels[number % channels.count]], door: "http", on: BenchLoops.load))
        }
        defer { for sender in senders { sender.close() } }
        try await waitUntilThere(sink, senders[0], channels[0])
        let crowd = Crowd()
        sink.forward { stamp in crowd.arrived(stamp) }
        var row = Row(load: "bridge", peer: peer.name, size: channels.count, value: 0, unit: "deliveries/s")
        let run = FanOutRun(crowd, senders, channels: channels, fanOut: 1)
        let meter = Meter(peer: peer.processIdentifier, machine: machine)
        row.value = await run.closed(window: 256, warmUp: min(1, seconds / 3), seconds: seconds)
        meter.finish(&row)
        await run.open(rate: row.value / 2, seconds: seconds)
        row.latencyRate = row.value / 2
        row.take(crowd.latencies)
        row.lost = run.lost + run.failures
        report(row)
        martlet.removeBridge()
    }

    private func waitUntilThere(_ sink: BridgeSink, _ sender: any MessageSender, _ channel: Int) async throws {
        let deadline = MonotonicClock.now() + 30_000_000_000
        while sink.count == 0 {
            guard MonotonicClock.now() < deadline else { throw BenchError("the bridge delivers nothing") }
            sender.send(MonotonicClock.now(), to: channel) { _ in }
            try await Task.sleep(for: .milliseconds(250))
        }
        // What was sent while it started is over then.
        try await Task.sleep(for: .milliseconds(500))
    }
}

/// The receiver of the webhooks, on a thread of its own.
private final class BridgeSink: Sendable {
    private let server = Mutex<HTTPServer?>(nil)
    private let state = Mutex(State())

    /// A structure and no tuple: Swift wraps a closure in a tuple anew each time that the lock hands it out and takes it
    /// back, and after ten thousand messages each call went through ten thousand wrappers.
    private struct State {
        var count = 0
        var forward: (@Sendable (UInt64) -> Void)?
    }

    var count: Int { state.withLock { $0.count } }
    var url: String { server.withLock { "http://\($0.map { "\($0.address)" } ?? "")/bench" } }

    func start() throws {
        let server = HTTPServer(
            HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)),
            group: EventLoopGroup(count: 1, name: "sink"), logger: .silent, metrics: Metrics()
        ) { [self] request in
            take(request)
            return HTTPResponse(status: 200)
        }
        try server.start()
        self.server.withLock { $0 = server }
    }

    func stop() { server.withLock { $0 }?.shutdown() }

    /// Tells the load loop of each message from now on.
    func forward(_ body: @escaping @Sendable (UInt64) -> Void) { state.withLock { $0.forward = body } }

    private func take(_ request: HTTPRequest) {
        guard let stamp = request.body.withUnsafeBytes({ Marker.find(in: $0) }) else { return }
        let forward = state.withLock { state in
            state.count += 1
            return state.forward
        }
        if let forward { BenchLoops.load.loop.execute { forward(stamp) } }
    }
}
