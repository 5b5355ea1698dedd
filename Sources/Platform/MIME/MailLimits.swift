/// How much of a mail is read.
package struct MailLimits: Sendable {
    /// A longer mail is refused.
    package var maximumBytes = 25 << 20
    /// A longer block of header lines at the top is refused.
    package var maximumHeadBytes = 256 << 10
    /// Parts past this number are left out.
    package var maximumParts = 200
    /// Parts that lie deeper are left out.
    package var maximumDepth = 20
    /// What is read of all texts together, in bytes of UTF-8; the rest is cut off.
    package var maximumTextBytes = 1 << 20
    package var maximumHeaders = 500
    package var maximumHeaderBytes = 16 << 10
    package var maximumAddresses = 100
    package var maximumReferences = 100
    /// Whether the bytes of attachments are kept, and not their names and sizes alone.
    package var keepsAttachments = true

    package init() {}
}

/// Why a mail could not be read or written.
package struct MailError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case empty, tooLarge, malformed
        /// An address, an identifier or a header of an outgoing mail would break its form.
        case invalidHeader
    }

    package let code: Code
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
