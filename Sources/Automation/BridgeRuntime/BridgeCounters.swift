import Telemetry

/// The series of one bridge; they outlive its restarts.
struct BridgeCounters: Sendable {
    let handled: Counter
    let skipped: Counter
    let retried: Counter
    let dead: Counter
    let looped: Counter
    let lag: Gauge

    init(bridge: String, metrics: Metrics) {
        func counter(_ outcome: String) -> Counter {
            metrics.counter(
                "martlet_bridge_events_total", "Events by what a bridge did with them.",
                ["bridge": bridge, "outcome": outcome])
        }
        handled = counter("handled")
        skipped = counter("skipped")
        retried = counter("retried")
        dead = counter("dead_letter")
        looped = counter("looped")
        lag = metrics.gauge("martlet_bridge_lag_events", "Events that wait for a bridge.", ["bridge": bridge])
    }
}
