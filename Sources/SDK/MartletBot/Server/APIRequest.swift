/// A request to the server's REST interface, before the server's address and the token are added.
package struct APIRequest: Sendable, Equatable {
    package var method: String
    /// The path with its percent-encoding and, after a `?`, the query.
    package var path: String
    /// JSON; empty for none.
    package var body: [UInt8]

    package init(_ method: String, _ path: String, body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.body = body
    }
}

/// What the server answered.
package struct APIResponse: Sendable {
    package var status: Int
    /// The value of `Retry-After`, when it is a number of seconds.
    package var retryAfter: Duration?
    package var body: [UInt8]

    package init(status: Int, retryAfter: Duration? = nil, body: [UInt8] = []) {
        self.status = status
        self.retryAfter = retryAfter
        self.body = body
    }

    /// Reads `Retry-After` (RFC 9110, section 10.2.3); a date is not understood, a fraction is.
    package static func retryAfter(_ field: String?) -> Duration? {
        guard let field, let seconds = Double(field), seconds >= 0, seconds < 1e6 else { return nil }
        return .seconds(seconds)
    }
}
