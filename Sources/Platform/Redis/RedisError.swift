/// What went wrong with a command or a connection, in words that are safe to show.
package struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The server refused the command; `message` is its reply, ``RedisError/kind`` the first word.
        case reply
        /// The server could not be reached in time; the command was not sent.
        case unavailable
        /// The connection broke after the command was sent: nobody knows whether it was carried out.
        case connectionLost
        /// The answer did not come in time; the command may have been carried out.
        case timeout
        /// Too many commands wait; the command was not sent.
        case overloaded
        /// The client was closed.
        case closed
        /// What came is not the protocol, or larger than allowed.
        case malformed
        /// The address cannot be understood.
        case configuration
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The first word of the server's reply, such as `NOSCRIPT` or `WRONGTYPE`; empty for other errors.
    package var kind: Substring { code == .reply ? message.prefix { $0 != " " } : "" }

    package var description: String { code == .reply ? "Redis says: \(message)" : message }
}
