import Lifecycle
import Synchronization
package import Telemetry

/// A WebSocket connection that its gateway can tell of the end.
package protocol GatewayConnection: AnyObject, Sendable {
    /// Begins to read; called once, when the connection is known here.
    func start()
    /// Looks whether who is connected may still be; does not wait.
    func check()
    /// Tells the client that the server stops.
    func goAway()
}

/// The open connections of a gateway, from their upgrade to their end.
package final class ConnectionRegistry: Sendable {
    /// How long clients that were told to go away are waited for.
    private static let patience = Duration.seconds(3)

    private let connections = Mutex<[ObjectIdentifier: any GatewayConnection]>([:])
    private let open: Gauge
    private let stopping = Latch()
    private let drained = Latch()

    /// - Parameter open: Counts them.
    package init(open: Gauge) { self.open = open }

    /// Whether nobody is let in any more.
    package var isStopping: Bool { stopping.isOpen }

    /// Takes a connection in and starts it.
    package func add(_ connection: any GatewayConnection) {
        connections.withLock { $0[ObjectIdentifier(connection)] = connection }
        open.add()
        connection.start()
        // The stop may have come since the request was read, and then nobody would tell this connection.
        if stopping.isOpen { connection.goAway() }
    }

    package func remove(_ connection: any GatewayConnection) {
        let (wasKnown, isLast) = connections.withLock { connections in
            (connections.removeValue(forKey: ObjectIdentifier(connection)) != nil, connections.isEmpty)
        }
        if wasKnown { open.add(-1) }
        if isLast, stopping.isOpen { drained.open() }
    }

    /// Checks every connection once in `interval` until ``stop()``, then tells all to go away and waits for them.
    ///
    /// - Parameters:
    ///   - parts: How many goes the checks of an interval come in: thousands at once would take memory, and stand before
    ///     those who send.
    ///   - round: Called before each go; it may wait.
    package func look(
        every interval: Duration, parts: Int = 1, round: @Sendable () async -> Void = {}
    ) async {
        var part = 0
        while !stopping.isOpen {
            _ = await stopping.wait(until: .now + interval / parts)
            if stopping.isOpen { break }
            await round()
            part = (part + 1) % parts
            let due = connections.withLock { connections in
                connections.filter { Int($0.key.hashValue.magnitude % UInt(parts)) == part }
            }
            for connection in due.values { connection.check() }
        }
        let left = connections.withLock { Array($0.values) }
        if left.isEmpty { drained.open() }
        for connection in left { connection.goAway() }
        _ = await drained.wait(until: .now + Self.patience)
    }

    package func stop() { stopping.open() }
}
