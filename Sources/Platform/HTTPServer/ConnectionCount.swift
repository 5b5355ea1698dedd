internal import Synchronization
internal import Telemetry

/// How many connections a server has, upgraded ones included.
final class ConnectionCount: Sendable {
    private let maximum: Int
    private let count = Atomic<Int>(0)
    private let gauge: Gauge

    init(maximum: Int, gauge: Gauge) {
        self.maximum = maximum
        self.gauge = gauge
    }

    /// A place for one more connection; it is given back when nobody holds it any more.
    ///
    /// - Returns: Nil when there is none.
    func take() -> ConnectionPlace? {
        guard count.add(1, ordering: .relaxed).newValue <= maximum else {
            count.subtract(1, ordering: .relaxed)
            return nil
        }
        gauge.add(1)
        return ConnectionPlace(of: self)
    }

    fileprivate func give() {
        gauge.add(-1)
        count.subtract(1, ordering: .relaxed)
    }
}

/// One connection's place in a count.
final class ConnectionPlace: Sendable {
    private let count: ConnectionCount

    fileprivate init(of count: ConnectionCount) { self.count = count }

    deinit { count.give() }
}
