package import HTTPTypes

/// A request to another server.
package struct HTTPClientRequest: Sendable {
    package var method: HTTPMethod
    /// An absolute `http` or `https` URL.
    package var url: String
    /// Sent as they are; `Content-Length`, `Transfer-Encoding` and values with line breaks are refused.
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// For the whole exchange, name look-up, waiting for a free connection and redirects included.
    package var timeout: Duration
    package var connectTimeout: Duration
    /// How long the body of the answer may be, after decoding.
    package var maximumResponseBytes: Int
    /// How many redirects are followed.
    ///
    /// To another host go all headers but `Authorization` and `Cookie`.
    package var followsRedirects: Int
    /// A Unix socket to connect to instead of the URL's host; the address policy does not apply to it.
    package var unixSocket: String?

    package init(
        method: HTTPMethod = .get, url: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
        timeout: Duration = .seconds(15), connectTimeout: Duration = .seconds(5), maximumResponseBytes: Int = 1 << 20,
        followsRedirects: Int = 0, unixSocket: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.maximumResponseBytes = maximumResponseBytes
        self.followsRedirects = followsRedirects
        self.unixSocket = unixSocket
    }
}

/// What the other server answered, whatever its status.
package struct HTTPClientResponse: Sendable {
    package var status: Int
    /// As they came: `Content-Encoding` and `Content-Length` speak of the body before it was decoded.
    package var headers: HTTPHeaders
    /// Decoded.
    package var body: [UInt8]
    /// `1.0`, `1.1` or `2`.
    package var httpVersion: String

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = [], httpVersion: String = "1.1") {
        self.status = status
        self.headers = headers
        self.body = body
        self.httpVersion = httpVersion
    }
}

/// The limits and rules of one ``HTTPClient``.
package struct HTTPClientConfiguration: Sendable {
    /// Which addresses requests may reach.
    package var addressPolicy = AddressPolicy.publicOnly
    /// Which addresses mail may be handed to: the relay is named by the operator and often stands beside it.
    package var mailAddressPolicy = AddressPolicy.any
    package var maximumConnectionsPerHost = 8
    package var maximumConnections = 64
    package var maximumIdleConnections = 32
    /// Requests in progress, those included that wait for a connection; one more is refused as busy.
    package var maximumRequests = 1024
    /// Mails in progress; each one occupies a thread.
    package var maximumMails = 8
    package var userAgent = "Martlet"
    /// A PEM file of certificates to trust instead of the system's.
    package var trustedCertificates: String?

    package init() {}
}
