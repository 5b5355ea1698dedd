internal import EventLoop
import Synchronization

/// What the WebSocket connections of one loop share: a clock that finds the silent ones, and spare decoders.
///
/// One timer serves them all, and only while there are any. Touched on the loop only.
final class WebSocketLoop: @unchecked Sendable {
    private static let all = Mutex<[ObjectIdentifier: WebSocketLoop]>([:])
    private static let maximumSpares = 64

    /// The one of `loop`; loops never end, so neither does this.
    static func of(_ loop: EventLoop) -> WebSocketLoop {
        all.withLock { all in
            if let known = all[ObjectIdentifier(loop)] { return known }
            let new = WebSocketLoop(loop)
            all[ObjectIdentifier(loop)] = new
            return new
        }
    }

    private let loop: EventLoop
    /// The time of the last tick, exact enough to judge silence by.
    private(set) var now = ContinuousClock.now
    private var connections: [ObjectIdentifier: WebSocketConnection] = [:]
    private var timer: Timer?
    private var period = Duration.zero
    private var spares: (server: [MessageDecoder], client: [MessageDecoder]) = ([], [])

    private init(_ loop: EventLoop) { self.loop = loop }

    // MARK: Clock

    func add(_ connection: WebSocketConnection) {
        connections[ObjectIdentifier(connection)] = connection
        let limits = connection.limits
        let shortest = min(limits.pingInterval, limits.pongTimeout, limits.closeTimeout) / 4
        let wanted = min(.seconds(1), max(.milliseconds(5), shortest))
        if timer == nil { now = .now }
        guard timer == nil || wanted < period else { return }
        timer?.cancel()
        period = wanted
        timer = loop.schedule(every: wanted) { self.tick() }
    }

    func remove(_ connection: WebSocketConnection) {
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        timer?.cancel()
        timer = nil
    }

    private func tick() {
        now = .now
        // The loop is over a copy: a connection that is cut removes itself.
        for connection in connections.values { connection.tick(now) }
    }

    // MARK: Decoders

    func borrowDecoder(isServer: Bool) -> MessageDecoder {
        (isServer ? spares.server.popLast() : spares.client.popLast()) ?? MessageDecoder(isServer: isServer)
    }

    /// Takes back a decoder that is idle.
    func giveBack(_ decoder: MessageDecoder, isServer: Bool) {
        if isServer {
            if spares.server.count < Self.maximumSpares { spares.server.append(decoder) }
        } else if spares.client.count < Self.maximumSpares {
            spares.client.append(decoder)
        }
    }
}
