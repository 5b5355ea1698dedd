import Synchronization

/// A handler that wants each mail whole, in memory: for small servers and tests.
package protocol WholeMailHandler: MailHandler {
    /// Takes responsibility for a mail, or refuses it.
    ///
    /// - Returns: One answer for each of the mail's recipients, in their order.
    func receive(_ mail: ReceivedMail) async -> [MailReply]
}

extension WholeMailHandler {
    package func begin(_ envelope: MailEnvelope) -> any MailIntake { WholeMail(envelope, handler: self) }
}

/// A mail with its envelope.
package struct ReceivedMail: Sendable, Equatable {
    package let envelope: MailEnvelope
    /// The message as it was sent, with its line ends, without the dots of the transfer.
    package let bytes: [UInt8]

    package init(envelope: MailEnvelope, bytes: [UInt8]) {
        self.envelope = envelope
        self.bytes = bytes
    }

    package var sender: String { envelope.sender }
    package var recipients: [String] { envelope.recipients }
}

/// Collects the pieces of one mail.
private final class WholeMail: MailIntake {
    private let envelope: MailEnvelope
    private let handler: any WholeMailHandler
    private let bytes = Mutex<[UInt8]>([])

    init(_ envelope: MailEnvelope, handler: any WholeMailHandler) {
        self.envelope = envelope
        self.handler = handler
    }

    func take(_ bytes: [UInt8]) async -> MailReply? {
        self.bytes.withLock { $0 += bytes }
        return nil
    }

    func finish() async -> [MailReply] {
        await handler.receive(ReceivedMail(envelope: envelope, bytes: bytes.withLock { $0 }))
    }

    func cancel() { bytes.withLock { $0 = [] } }
}
