import Telemetry

/// What is counted for one route.
struct RouteMetrics: Sendable {
    /// By the first digit of the status.
    private let answers: [Counter]
    private let latency: Histogram

    /// - Parameter route: The template, never the path: labels come from a bounded set.
    init(_ metrics: Metrics, method: String, route: String) {
        answers = (1...5).map { digit in
            metrics.counter(
                "martlet_http_requests_total", "Requests answered, by route and class of status.",
                ["method": method, "route": route, "status": "\(digit)xx"])
        }
        latency = metrics.histogram(
            "martlet_http_request_seconds", "Time from the whole request to the head of its answer.",
            ["method": method, "route": route])
    }

    func record(status: Int, duration: Duration) {
        answers[min(max(status / 100, 1), 5) - 1].add()
        latency.record(duration)
    }
}
