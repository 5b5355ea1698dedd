package import HTTPTypes
package import Telemetry

/// A request that found its route: what it names, who sent it, and what it is called in the log.
package struct RequestContext<Principal: Sendable>: Sendable {
    package let request: HTTPRequest
    /// Who asks; nil on open routes and where identity is optional.
    package let identity: Principal?
    /// Sent by the client or made up here; in the answer, in problems and in the log.
    package let requestID: String
    /// The same for each try of one write (`Idempotency-Key`), at most 128 characters.
    package let idempotencyKey: String?
    private let parameters: [String: String]
    private let values: [String: [String]]
    /// The names that the route documents; nil for a context made by hand.
    private let declared: Set<String>?
    private let baseLogger: Logger

    /// Makes a context by hand, as tests do.
    ///
    /// - Throws: ``Problem`` when the query cannot be read.
    package init(
        request: HTTPRequest, parameters: [String: String] = [:], identity: Principal? = nil,
        requestID: String = "none", logger: Logger = .silent
    ) throws(Problem) {
        try self.init(
            request: request, parameters: parameters, identity: identity, requestID: requestID, declared: nil,
            logger: logger)
    }

    init(
        request: HTTPRequest, parameters: [String: String], identity: Principal?, requestID: String,
        declared: Set<String>?, logger: Logger
    ) throws(Problem) {
        self.request = request
        self.parameters = parameters
        self.identity = identity
        self.requestID = requestID
        self.declared = declared
        baseLogger = logger
        values = try Self.parse(request.query)
        idempotencyKey = try Self.idempotencyKey(request.headers["Idempotency-Key"])
    }

    /// Who asks.
    ///
    /// - Throws: ``Problem`` 401 when nobody was identified; never on a route whose access is required.
    package var principal: Principal {
        get throws(Problem) {
            guard let identity else { throw .unauthorized() }
            return identity
        }
    }

    /// A logger that names this request.
    package var logger: Logger { baseLogger.with(["requestId": .string(requestID)]) }

    // MARK: Path

    /// The decoded text of a path parameter.
    package func string(_ name: String) -> String {
        guard let value = parameters[name] else { preconditionFailure("the route has no path parameter {\(name)}") }
        return value
    }

    /// A path parameter that is an id: a whole number from 1.
    ///
    /// - Throws: ``Problem`` 400 `invalid_parameter`.
    package func id(_ name: String) throws(Problem) -> Int64 {
        let text = string(name)
        // `Int64` would also read a sign and leading zeros: one thing has one address.
        guard let value = Int64(text), value > 0, "\(value)" == text else {
            throw .badRequest(code: "invalid_parameter", "`\(name)` in the path must be a number from 1.")
        }
        return value
    }

    // MARK: Query

    /// A query parameter; nil when it is not given, the first when it is given twice.
    ///
    /// - Throws: ``Problem`` 400 `invalid_parameter`.
    package func query<Value: QueryValue>(_ name: String, _ type: Value.Type) throws(Problem) -> Value? {
        guard let text = queryAll(name).first else { return nil }
        return try read(name, text)
    }

    package func query<Value: QueryValue>(
        _ name: String, _ type: Value.Type, default fallback: Value
    ) throws(Problem) -> Value {
        try query(name, type) ?? fallback
    }

    /// A query parameter with bounds.
    ///
    /// - Throws: ``Problem`` 400 `invalid_parameter` when it is no such value or lies outside `range`.
    package func query<Value: QueryValue & Comparable>(
        _ name: String, _ type: Value.Type, default fallback: Value, in range: ClosedRange<Value>
    ) throws(Problem) -> Value {
        guard let value = try query(name, type) else { return fallback }
        guard range.contains(value) else {
            throw .badRequest(
                code: "invalid_parameter",
                "`\(name)` in the query must lie between \(range.lowerBound) and \(range.upperBound).")
        }
        return value
    }

    /// Every value of a parameter that may be given more than once.
    package func queryAll(_ name: String) -> [String] {
        assert(declared?.contains(name) ?? true, "the route reads ?\(name)= but does not declare it")
        return values[name] ?? []
    }

    private func read<Value: QueryValue>(_ name: String, _ text: String) throws(Problem) -> Value {
        guard let value = Value(queryText: text) else {
            throw .badRequest(
                code: "invalid_parameter", "`\(name)` in the query must be \(Value.queryExpectation).")
        }
        return value
    }

    private static func parse(_ query: String) throws(Problem) -> [String: [String]] {
        guard !query.isEmpty else { return [:] }
        let pairs = query.split(separator: "&")
        guard pairs.count <= 100 else {
            throw .badRequest(code: "invalid_query", "A query has at most 100 parameters.")
        }
        var values: [String: [String]] = [:]
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], isQuery: true),
                let value = PercentEncoding.decode(parts.count == 2 ? parts[1] : "", isQuery: true)
            else { throw .badRequest(code: "invalid_query", "The query is not percent-encoded UTF-8.") }
            values[name, default: []].append(value)
        }
        return values
    }

    private static func idempotencyKey(_ text: String?) throws(Problem) -> String? {
        guard let text else { return nil }
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .badRequest(
                code: "invalid_idempotency_key",
                "`Idempotency-Key` must be 1 to 128 printable ASCII characters without spaces.")
        }
        return text
    }
}
