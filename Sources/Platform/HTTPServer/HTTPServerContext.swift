internal import HTTPTypes
internal import Telemetry

/// What the loops of one server share.
struct HTTPServerContext: Sendable {
    let configuration: HTTPServerConfiguration
    let requestLimits: RequestLimits
    let logger: Logger
    let connections: ConnectionCount
    let plan: (@Sendable (HTTPRequest) -> HTTPBodyPlan)?
    let handler: @Sendable (HTTPRequest) async -> HTTPResponse
    private let requestsByClass: [Counter]
    private let duration: Histogram

    init(
        configuration: HTTPServerConfiguration, logger: Logger, metrics: Metrics,
        plan: (@Sendable (HTTPRequest) -> HTTPBodyPlan)?,
        handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) {
        self.configuration = configuration
        self.logger = logger
        self.plan = plan
        self.handler = handler
        var limits = RequestLimits()
        limits.headBytes = configuration.maximumHeadBytes
        limits.requestLineBytes = configuration.maximumRequestLineBytes
        requestLimits = limits
        connections = ConnectionCount(
            maximum: configuration.maximumConnections,
            gauge: metrics.gauge("martlet_http_connections", "Open connections, upgraded ones included"))
        requestsByClass = ["1xx", "2xx", "3xx", "4xx", "5xx"].map { name in
            metrics.counter("martlet_http_requests_total", "Requests answered, by class of status", ["status": name])
        }
        duration = metrics.histogram("martlet_http_request_seconds", "From the whole request to its answer")
    }

    func answered(status: Int, after time: Duration) {
        requestsByClass[min(4, max(0, status / 100 - 1))].add()
        duration.record(time)
        logger.debug("http.answered", ["status": .int(status), "microseconds": .int(Int64(time / .microseconds(1)))])
    }
}
