/// Reads a mail by RFC 5322 and MIME, however badly it is written.
///
/// Takes time in proportion to the mail, up to a second or so for the largest: not on an event loop.
package enum MailParser {
    /// - Throws: ``MailError`` when the mail is empty or too large.
    package static func parse(_ bytes: [UInt8], limits: MailLimits = .init()) throws(MailError) -> MailMessage {
        guard !bytes.isEmpty else { throw MailError(.empty, "the mail is empty") }
        guard bytes.count <= limits.maximumBytes else {
            throw MailError(.tooLarge, "the mail is longer than \(limits.maximumBytes) bytes")
        }
        var budget = MailBudget(limits)
        return try MailReader.read(bytes, 0..<bytes.count, &budget, depth: 0)
    }
}

/// What is left of the limits, for a mail and those that are enclosed in it.
struct MailBudget {
    private(set) var limits: MailLimits
    var parts: Int
    var textBytes: Int
    var isExceeded = false

    init(_ limits: MailLimits) {
        self.limits = limits
        parts = limits.maximumParts
        textBytes = limits.maximumTextBytes
    }

    var keepsAttachments: Bool {
        get { limits.keepsAttachments }
        set { limits.keepsAttachments = newValue }
    }

    /// - Returns: False when there are as many parts as are read.
    mutating func takePart(depth: Int) -> Bool {
        guard parts > 0, depth <= limits.maximumDepth else {
            isExceeded = true
            return false
        }
        parts -= 1
        return true
    }

    /// What may be kept of a text.
    mutating func take(_ text: String) -> String {
        let count = text.utf8.count
        if count <= textBytes {
            textBytes -= count
            return text
        }
        isExceeded = true
        let cut = text.cutToBytes(textBytes)
        textBytes = 0
        return cut
    }
}
