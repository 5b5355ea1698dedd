package import HTTPClient

/// A kind whose target answers more than that all is well, so that trying the bridge without the target needs to know
/// what it would have said.
package protocol UsualTarget: Bridge {
    /// What a target answers that takes everything.
    static func usualAnswer(to request: HTTPClientRequest) -> HTTPClientResponse
}

/// A kind that makes something of mail.
package protocol MailTaker: Bridge {
    /// Does with a mail to one address what is done with mail that comes in.
    ///
    /// - Parameter mail: A message by RFC 5322.
    /// - Throws: ``BridgeError``: `giveUp` when nothing can ever be made of it.
    func take(_ mail: [UInt8], for recipient: String) async throws
}
