/// A request as a handler sees it: whole, within the server's limits, or with its body still to come.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// The path with its percent-encoding, without the query: `/v1/users/7`.
    package var path: String
    /// What follows the `?`, still encoded; empty when there is none.
    package var query: String
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// The body, where the server was told to hand it on as it comes; ``body`` is empty then.
    package var stream: HTTPRequestBody?
    /// Fields that came behind the body (RFC 9110, section 6.5), without those that mean something before it.
    package var trailers: HTTPHeaders = [:]
    /// The peer's address without its port, or `unix`.
    package var remoteAddress: String

    package init(
        method: HTTPMethod, path: String, query: String = "", headers: HTTPHeaders = [:], body: [UInt8] = [],
        remoteAddress: String = "127.0.0.1"
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }
}

/// The request methods that Martlet serves.
package enum HTTPMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
}
