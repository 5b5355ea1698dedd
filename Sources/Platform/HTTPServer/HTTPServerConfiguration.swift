package import EventLoop

/// Where an ``HTTPServer`` listens and what it puts up with.
package struct HTTPServerConfiguration: Sendable {
    package var address: SocketAddress
    /// Request line and header fields together; more is answered with 431.
    package var maximumHeadBytes = 32 * 1024
    /// The request line; more is answered with 414.
    package var maximumRequestLineBytes = 8 * 1024
    /// The body, without what surrounds its chunks; more is answered with 413.
    ///
    /// A plan may set another limit for a request.
    package var maximumBodyBytes = 8 * 1024 * 1024
    /// How long a connection may stay silent, between two requests or within one, or take nothing of its answer.
    package var idleTimeout: Duration = .seconds(75)
    /// What a request may take to arrive, besides one second for each kibibyte that has come.
    package var arrivalGrace: Duration = .seconds(20)
    /// What a handler may take, from the whole request on, until it is cancelled and 503 is sent in its place; nil for
    /// no limit.
    package var requestTimeout: Duration? = .seconds(60)
    /// How long a client that was refused may go on sending what it had begun, so that it comes to read the answer.
    package var lingerTimeout: Duration = .seconds(5)
    /// How much of that is read, and thrown away.
    package var lingerBytes = 64 * 1024 * 1024
    /// Connections over all loops, upgraded ones included; one more is closed as soon as it is accepted.
    package var maximumConnections = 50_000
    /// Connections from one address, see `ConnectionLimit`; those of trusted proxies do not count.
    package var maximumConnectionsPerAddress = 25_000
    /// Which proxies are believed when they name their clients.
    package var forwarded = ForwardedFor()
    /// Whether every connection comes from a trusted proxy and begins with the PROXY protocol.
    package var usesProxyProtocol = false
    /// How long requests in flight may take after ``HTTPServer/shutdown()``.
    package var drainTimeout: Duration = .seconds(5)
    /// Makes a server's OpenSSL session for a new connection, which owns it; nil for plain text.
    package var makeTLSSession: (@Sendable () -> OpaquePointer?)?

    package init(address: SocketAddress) { self.address = address }
}
