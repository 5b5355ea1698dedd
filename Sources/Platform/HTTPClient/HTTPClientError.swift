/// Why a request or a mail did not get through.
package struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The URL, a header, an address or a host name cannot be sent as it is.
        case invalidURL, invalidHeader, invalidAddress
        /// The name leads to addresses that the policy forbids, and to no others.
        case blockedAddress
        /// The name has no address, nobody listens, or the connection broke.
        case connection
        case timeout
        /// The answer is longer than the request allows.
        case tooLarge
        /// The certificate is not trusted, or the two sides have no cipher in common.
        case tls
        /// The answer is no HTTP, its encoding is broken, or it redirects too often.
        case malformedResponse
        /// The mail server refused; ``HTTPClientError/replyCode`` says how.
        case smtp
        case cancelled
        /// More is in progress than the client is set up for.
        case busy
        case closed
        case other
    }

    package let code: Code
    package let message: String
    /// What the mail server answered last, when `code` is `smtp`.
    package let replyCode: Int?
    /// Those whom the mail server refused one by one, when it refused all of them.
    package let refusals: [SMTPReceipt.Refusal]
    /// Whether the same request may succeed later.
    package let isRetriable: Bool

    package init(
        _ code: Code, _ message: String, replyCode: Int? = nil, refusals: [SMTPReceipt.Refusal] = []
    ) {
        self.refusals = refusals
        self.code = code
        self.message = message
        self.replyCode = replyCode
        self.isRetriable =
            switch code {
            case .connection, .timeout, .busy: true
            // RFC 5321, section 4.2.1: 4yz is a transient failure, 5yz a permanent one.
            case .smtp: replyCode.map { (400..<500).contains($0) } ?? true
            default: false
            }
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
