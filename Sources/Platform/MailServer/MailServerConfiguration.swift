package import EventLoop

/// Where a ``MailServer`` listens, what it speaks and how much it takes.
package struct MailServerConfiguration: Sendable {
    package enum TransferProtocol: String, Sendable {
        /// From other hosts, or from a mail server in front (RFC 5321).
        case smtp
        /// From the mail server of the same organisation, with an answer for each recipient (RFC 2033).
        case lmtp
    }

    package var address: SocketAddress
    package var transferProtocol: TransferProtocol
    /// What the server calls itself.
    package var hostName: String
    package var maximumMessageBytes = 25 << 20
    /// A message is handed on in pieces of about so many bytes; no more of it is held.
    package var pieceBytes = 64 << 10
    package var maximumRecipients = 100
    package var maximumConnections = 200
    /// From one address; one more is told to come back later.
    package var maximumConnectionsPerAddress = 100
    /// For each command to arrive whole.
    package var commandTimeout: Duration = .seconds(300)
    /// For a message to arrive whole.
    package var dataTimeout: Duration = .seconds(600)
    /// After so many answers that refuse, the connection is closed.
    package var maximumErrors = 20

    package init(address: SocketAddress, protocol transferProtocol: TransferProtocol, hostName: String) {
        self.address = address
        self.transferProtocol = transferProtocol
        self.hostName = hostName
    }
}
