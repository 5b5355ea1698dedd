/// What becomes of a request's body, decided by its head before any of the body is read.
package enum HTTPBodyPlan: Sendable {
    /// The handler gets the request when the body is there; beyond `limit` bytes the request is refused.
    case collect(limit: Int)
    /// The handler gets the request at once and reads ``HTTPRequest/stream``, in a body of at most `limit` bytes.
    case stream(limit: Int)
    /// The answer without the body; the client is not told to send it.
    case refuse(HTTPResponse)
}
