/// A request as a handler sees it: whole, within the server's limits.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// The path with its percent-encoding, without the query: `/v1/users/7`.
    package var path: String
    /// What follows the `?`, still encoded; empty when there is none.
    package var query: String
    package var headers: HTTPHeaders
    package var body: [UInt8]
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
