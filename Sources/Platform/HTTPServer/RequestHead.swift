internal import HTTPTypes

/// A request whose head has come, and what the head says about the rest.
struct RequestHead {
    var request: HTTPRequest
    /// Nil for a chunked body; zero when there is none.
    var contentLength: Int?
    /// Whether the client waits for a word before it sends the body (RFC 9110, section 10.1.1).
    var expectsContinue = false
    /// Whether the client means to go on with the connection.
    var keepsAlive: Bool
    /// HTTP/1.0: no chunks, and an end of the connection after each answer unless the client asks.
    var isOld: Bool

    var hasBody: Bool { contentLength != 0 }
}
