internal import Compression
internal import EventLoop
internal import HTTPParsing
internal import HTTPTypes
internal import Lifecycle
internal import Telemetry

/// One loop's part of an ``HTTPServer``: its connections, the clock that limits them, and what they share.
///
/// Touched on the loop only, but for the calls that say otherwise.
final class LoopServer: @unchecked Sendable {
    let loop: EventLoop
    let context: HTTPServerContext
    let parser = HTTPMessageParser()
    let head = ResponseHead()
    let compressor = GzipCompressor()
    /// The time of the last look at the connections, exact enough to judge silence by.
    private(set) var now = ContinuousClock.now
    private(set) var isDraining = false
    private let drained = Latch()
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var clock: Timer?
    private var tasks = 0

    init(loop: EventLoop, context: HTTPServerContext) {
        self.loop = loop
        self.context = context
    }

    // MARK: Life

    /// Begins to look after connections; from any thread.
    func start() {
        loop.execute {
            guard !self.isDraining else { return }
            let configuration = self.context.configuration
            let period = min(
                .seconds(1), configuration.arrivalGrace / 2, configuration.idleTimeout / 2,
                (configuration.requestTimeout ?? .seconds(60)) / 2)
            self.now = .now
            self.clock = self.loop.schedule(every: period) { [weak self] in self?.sweep() }
        }
    }

    /// Closes the connections that wait for a request; from any thread, more than once.
    func drain() {
        loop.execute {
            guard !self.isDraining else { return }
            self.isDraining = true
            // A connection that closes changes the dictionary, but not this copy.
            for connection in self.connections.values { connection.drain() }
            self.openIfDrained()
        }
    }

    func waitUntilDrained(_ deadline: ContinuousClock.Instant) async { _ = await drained.wait(until: deadline) }

    /// Closes what is still open, except upgraded connections, which have new owners; from any thread.
    func closeAll() {
        loop.execute {
            for connection in self.connections.values { connection.abort() }
            self.openIfDrained()
        }
    }

    private func openIfDrained() {
        guard isDraining, connections.isEmpty else { return }
        clock?.cancel()
        clock = nil
        if tasks == 0 { drained.open() }
    }

    // MARK: Connections

    func accept(_ stream: StreamConnection) {
        guard !isDraining, let place = context.place(for: stream.remoteAddress) else {
            return stream.close(afterFlush: false)
        }
        stream.attachment = place
        let connection = HTTPConnection(stream, server: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }

    func closed(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = nil
        if isDraining { openIfDrained() }
    }

    /// The connection has another owner; it is counted until that one ends it.
    ///
    /// - Returns: Whether it was there to be had.
    func forget(_ connection: HTTPConnection) -> Bool {
        defer { if isDraining { openIfDrained() } }
        return connections.removeValue(forKey: ObjectIdentifier(connection)) != nil
    }

    // MARK: Requests

    func taskBegan() { tasks += 1 }

    func taskEnded() {
        tasks -= 1
        if isDraining { openIfDrained() }
    }

    private func sweep() {
        now = .now
        for connection in connections.values { connection.check(now) }
    }
}
