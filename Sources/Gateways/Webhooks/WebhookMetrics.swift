import Telemetry

/// Counts deliveries by what became of them.
struct WebhookMetrics: Sendable {
    let sent: Counter
    let repeated: Counter
    private let unknown: Counter
    private let refused: Counter
    private let blocked: Counter
    private let limited: Counter
    private let failed: Counter

    init(_ metrics: Metrics) {
        func counter(_ outcome: String) -> Counter {
            metrics.counter("martlet_hooks_total", "Deliveries to incoming webhooks.", ["outcome": outcome])
        }
        sent = counter("sent")
        repeated = counter("repeated")
        unknown = counter("unknown")
        refused = counter("refused")
        blocked = counter("blocked")
        limited = counter("limited")
        failed = counter("failed")
    }

    func count(_ refusal: WebhookRefusal) {
        switch (refusal.status, refusal.token) {
        case (_, "no_service"): unknown.add()
        case (_, "message_blocked"): blocked.add()
        case (429, _): limited.add()
        case (500..., _): failed.add()
        default: refused.add()
        }
    }
}
