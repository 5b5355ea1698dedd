package import EventLoop

/// Where an ``HTTPServer`` listens and what it puts up with.
package struct HTTPServerConfiguration: Sendable {
    package var address: SocketAddress
    /// Request line and header fields together; more is answered with 431.
    package var maximumHeadBytes = 32 * 1024
    /// The body as it is sent; more is answered with 413.
    package var maximumBodyBytes = 8 * 1024 * 1024
    /// How long a connection may stay silent, between two requests or within one.
    package var idleTimeout: Duration = .seconds(75)
    /// What a request may take to arrive, besides one second for each kibibyte that has come.
    package var arrivalGrace: Duration = .seconds(20)
    /// What a handler may take until it is cancelled and 503 is sent in its place; nil for no limit.
    package var requestTimeout: Duration? = .seconds(60)
    /// Connections over all loops, upgraded ones included; one more is closed as soon as it is accepted.
    package var maximumConnections = 50_000
    /// How long requests in flight may take after ``HTTPServer/shutdown()``.
    package var drainTimeout: Duration = .seconds(5)
    /// Makes a server's OpenSSL session for a new connection, which owns it; nil for plain text.
    package var makeTLSSession: (@Sendable () -> OpaquePointer?)?

    package init(address: SocketAddress) { self.address = address }
}
