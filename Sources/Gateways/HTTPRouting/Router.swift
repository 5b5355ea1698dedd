package import HTTPTypes
package import Telemetry

/// Brings requests to their routes and makes an answer of whatever comes out.
package final class Router<Principal: Sendable>: Sendable {
    /// Says who sends a request: nil when it carries no token.
    ///
    /// Throws a ``Problem`` when it carries one that is not good.
    package typealias Authenticate = @Sendable (HTTPRequest) async throws -> Principal?
    /// Judges a request before its handler runs, as rate limits do; throws a ``Problem`` to refuse it.
    ///
    /// The header fields it returns are added to the answer.
    package typealias Admit = @Sendable (RequestContext<Principal>, Route<Principal>) async throws -> HTTPHeaders

    private struct Endpoint: Sendable {
        let route: Route<Principal>
        let parameters: [String]
        let query: Set<String>
        let metrics: RouteMetrics
    }

    package let routes: [Route<Principal>]
    private let table: RouteTable<Endpoint>
    private let authenticate: Authenticate
    private let admit: Admit?
    private let cors: CORSPolicy
    private let unmatched: RouteMetrics
    private let logger: Logger

    /// Two routes for one method and path are a mistake in the program and end it.
    package init(
        routes: [Route<Principal>], authenticate: @escaping Authenticate, admit: Admit? = nil,
        cors: CORSPolicy = .none, metrics: Metrics, logger: Logger
    ) {
        self.routes = routes
        self.authenticate = authenticate
        self.admit = admit
        self.cors = cors
        self.logger = logger
        unmatched = RouteMetrics(metrics, method: "any", route: "unmatched")
        var table = RouteTable<Endpoint>()
        for route in routes {
            table.add(route.method, route.template) { names in
                Endpoint(
                    route: route, parameters: names, query: Set(route.query.map(\.name)),
                    metrics: RouteMetrics(metrics, method: route.method.rawValue, route: route.template))
            }
        }
        self.table = table
    }

    /// Answers a request; whatever fails becomes a problem.
    package func handle(_ request: HTTPRequest) async -> HTTPResponse {
        let start = ContinuousClock.now
        let requestID = RequestID.choose(request.headers["X-Request-Id"])
        // Whoever gets the request finds in it what it is called.
        var request = request
        request.headers["X-Request-Id"] = requestID
        // What answers GET answers HEAD, without the body.
        let method = request.method == .head ? HTTPMethod.get : request.method
        var metrics = unmatched
        var response: HTTPResponse
        switch table.match(method, request.path) {
        case .found(let endpoint, let values):
            metrics = endpoint.metrics
            do {
                response = try await answer(request, endpoint, values, requestID)
            } catch {
                response = problem(for: error, request, endpoint.route.template, requestID).response(
                    requestID: requestID)
            }
        case .otherMethods(let methods): response = answerOther(request, methods, requestID)
        case .notFound:
            response = Problem.notFound(code: "no_such_route", "There is nothing at this path.")
                .response(requestID: requestID)
        case .malformed:
            response = Problem.badRequest(code: "invalid_path", "The path is not percent-encoded UTF-8.")
                .response(requestID: requestID)
        }
        if request.method == .head { response = withoutBody(response, requestID) }
        response.headers["X-Request-Id"] = requestID
        if response.headers["X-Content-Type-Options"] == nil { response.headers["X-Content-Type-Options"] = "nosniff" }
        for (name, value) in cors.headers(origin: request.headers["Origin"]) { response.headers.add(name, value) }
        metrics.record(status: response.status, duration: ContinuousClock.now - start)
        return response
    }

    private func answer(
        _ request: HTTPRequest, _ endpoint: Endpoint, _ values: [String], _ requestID: String
    ) async throws -> HTTPResponse {
        let route = endpoint.route
        var identity: Principal?
        if route.access != .open {
            identity = try await authenticate(request)
            if identity == nil, route.access == .required { throw Problem.unauthorized() }
        }
        let context = try RequestContext(
            request: request, parameters: Dictionary(uniqueKeysWithValues: zip(endpoint.parameters, values)),
            identity: identity, requestID: requestID, declared: endpoint.query, logger: logger)
        for parameter in route.query where parameter.isRequired && context.queryAll(parameter.name).isEmpty {
            throw Problem.badRequest(
                code: "missing_parameter", "`\(parameter.name)` is missing in the query. \(parameter.documentation)")
        }
        let admission = try await admit?(context, route)
        var response = try await route.handler(context)
        for field in admission?.fields ?? [] { response.headers.add(field.name, field.value) }
        return response
    }

    /// A path that exists, asked in another way.
    private func answerOther(_ request: HTTPRequest, _ methods: [HTTPMethod], _ requestID: String) -> HTTPResponse {
        var names = methods.map(\.rawValue)
        if methods.contains(.get) { names.append("HEAD") }
        names.append("OPTIONS")
        let allowed = names.joined(separator: ", ")
        guard request.method == .options else {
            return Problem(
                status: 405, code: "method_not_allowed", detail: "This path answers \(allowed).",
                headers: ["Allow": allowed]
            ).response(requestID: requestID)
        }
        var response = HTTPResponse(status: 204, headers: ["Allow": allowed])
        for (name, value) in cors.preflight(request, methods: allowed) { response.headers.add(name, value) }
        return response
    }

    private func problem(
        for error: any Error, _ request: HTTPRequest, _ template: String, _ requestID: String
    ) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as any ProblemConvertible: return error.problem
        case is CancellationError: return .unavailable(code: "cancelled", "The server stopped before it was done.")
        default:
            logger.error(
                "http.failure",
                [
                    "requestId": .string(requestID), "method": .string(request.method.rawValue),
                    "route": .string(template), "error": .error(error),
                ])
            return .internalError
        }
    }

    private func withoutBody(_ response: HTTPResponse, _ requestID: String) -> HTTPResponse {
        var response = response
        switch response.body {
        case .bytes(let bytes):
            if response.headers["Content-Length"] == nil { response.headers["Content-Length"] = "\(bytes.count)" }
        case .stream: break
        case .upgrade:
            response = Problem(
                status: 405, code: "method_not_allowed", detail: "A connection is upgraded by GET.",
                headers: ["Allow": "GET, OPTIONS"]
            ).response(requestID: requestID)
        }
        response.body = .bytes([])
        return response
    }
}
