import EventLoop
import HTTPServer
import HTTPTypes
import Telemetry

/// Runs `body` against a server of its own and stops it.
func withServer(
    _ change: (inout HTTPServerConfiguration) -> Void = { _ in }, group: EventLoopGroup = EventLoopGroup(count: 1),
    metrics: Metrics = Metrics(),
    handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse = { HTTPResponse(text: describe($0)) },
    plan: (@Sendable (HTTPRequest) -> HTTPBodyPlan)? = nil,
    _ body: @escaping (HTTPServer, @escaping @Sendable () async throws -> RawClient) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
    change(&configuration)
    let server = HTTPServer(
        configuration, group: group, logger: .silent, metrics: metrics, plan: plan, handler: handler)
    try server.start()
    let running = Task { try await server.run() }
    do {
        try await body(server) { try await RawClient(server.address, on: group.next()) }
    } catch {
        server.shutdown()
        throw error
    }
    server.shutdown()
    try await running.value
}

/// What arrived, in one line.
func describe(_ request: HTTPRequest) -> String {
    "\(request.method.rawValue) \(request.path) \(request.query) \(request.body.count) \(request.remoteAddress)"
}
