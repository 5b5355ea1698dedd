/// A mail and the server that is to take it.
package struct SMTPDelivery: Sendable {
    package enum Security: String, Sendable {
        /// Plain text.
        case none
        /// STARTTLS where offered, without checking the certificate: better than plain text against onlookers only
        /// (RFC 7435).
        case startTLSOpportunistic
        /// STARTTLS with a certificate that is trusted, or no delivery.
        case startTLSRequired
        /// TLS from the first byte (RFC 8314), usually port 465.
        case tls
    }

    package struct Server: Sendable {
        package var host: String
        package var port: UInt16
        package var security: Security
        package var user: String?
        package var password: String?
        /// The name we greet with.
        package var helloName: String

        package init(
            host: String, port: UInt16 = 25, security: Security = .startTLSOpportunistic, user: String? = nil,
            password: String? = nil, helloName: String = "localhost"
        ) {
            self.host = host
            self.port = port
            self.security = security
            self.user = user
            self.password = password
            self.helloName = helloName
        }
    }

    package var server: Server
    /// The envelope sender; empty for a mail that must not be answered (RFC 5321, section 4.5.5).
    package var sender: String
    /// The envelope recipients.
    ///
    /// The message is sent as it is: nobody learns of a recipient whom it does not name.
    package var recipients: [String]
    /// A message by RFC 5322; single carriage returns and line feeds are sent as line ends.
    package var message: [UInt8]
    package var timeout: Duration

    package init(
        server: Server, sender: String, recipients: [String], message: [UInt8], timeout: Duration = .seconds(60)
    ) {
        self.server = server
        self.sender = sender
        self.recipients = recipients
        self.message = message
        self.timeout = timeout
    }
}

/// The mail server's word that it has taken the mail, for some recipients at least.
package struct SMTPReceipt: Sendable, Equatable {
    package struct Refusal: Sendable, Equatable {
        package let recipient: String
        package let replyCode: Int
        package let replyText: String
        /// 4yz: worth another attempt.
        package var isRetriable: Bool { (400..<500).contains(replyCode) }

        package init(recipient: String, replyCode: Int, replyText: String) {
            self.recipient = recipient
            self.replyCode = replyCode
            self.replyText = replyText
        }
    }

    /// The answer to the message itself.
    package let replyCode: Int
    package let replyText: String
    /// Recipients that were refused while others were accepted.
    package let refused: [Refusal]

    package init(replyCode: Int, replyText: String, refused: [Refusal] = []) {
        self.replyCode = replyCode
        self.replyText = replyText
        self.refused = refused
    }
}
