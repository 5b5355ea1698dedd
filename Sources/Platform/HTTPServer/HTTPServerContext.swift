internal import EventLoop
internal import HTTPTypes
internal import Telemetry

/// What the loops of one server share.
struct HTTPServerContext: Sendable {
    let configuration: HTTPServerConfiguration
    let requestLimits: RequestLimits
    let logger: Logger
    let connections: ConnectionLimit
    let plan: (@Sendable (HTTPRequest) -> HTTPBodyPlan)?
    let handler: @Sendable (HTTPRequest) async -> HTTPResponse
    private let requestsByClass: [Counter]
    private let duration: Histogram
    private let refused: Counter
    private let full: OutageLog

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
        let gauge = metrics.gauge("martlet_http_connections", "Open connections, upgraded ones included")
        let refused = metrics.counter(
            "martlet_http_connections_refused_total", "Connections closed at once because there were too many")
        self.refused = refused
        connections = ConnectionLimit(
            maximum: configuration.maximumConnections, perAddress: configuration.maximumConnectionsPerAddress,
            exempt: configuration.forwarded.trusted, onChange: { gauge.add($0) })
        requestsByClass = ["1xx", "2xx", "3xx", "4xx", "5xx"].map { name in
            metrics.counter("martlet_http_requests_total", "Requests answered, by class of status", ["status": name])
        }
        full = OutageLog(logger, failed: "http.full", restored: "http.roomAgain")
        duration = metrics.histogram("martlet_http_request_seconds", "From the whole request to its answer")
    }

    /// A place for a connection from `address`; nil when there is none, which the log tells of now and then.
    func place(for address: String) -> ConnectionLimit.Place? {
        do throws(ConnectionLimit.Refusal) {
            let place = try connections.take(address)
            full.worked()
            return place
        } catch {
            refused.add()
            switch error {
            case .full: full.failed(TooManyConnections())
            case .address: logger.debug("http.tooManyOfOneAddress", ["address": .string(address)])
            }
            return nil
        }
    }

    private struct TooManyConnections: Error, CustomStringConvertible {
        var description: String { "there are as many connections as http.maximum_connections allows" }
    }

    func answered(status: Int, after time: Duration) {
        requestsByClass[min(4, max(0, status / 100 - 1))].add()
        duration.record(time)
        logger.debug("http.answered", ["status": .int(status), "microseconds": .int(Int64(time / .microseconds(1)))])
    }
}
