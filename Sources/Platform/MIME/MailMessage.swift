/// A mail as a program wants it: decoded, flattened and within limits.
package struct MailMessage: Sendable {
    package var subject = ""
    package var from: [MailAddress] = []
    package var to: [MailAddress] = []
    package var cc: [MailAddress] = []
    package var replyTo: [MailAddress] = []
    /// Milliseconds since 1970; nil when the mail has no readable date.
    package var date: Int64?
    /// Without the angle brackets, as are the other identifiers.
    package var messageID: String?
    package var inReplyTo: [String] = []
    package var references: [String] = []
    /// Decoded and unfolded, in the mail's order, without those of the body (`Content-Type`).
    package var headers: [(name: String, value: String)] = []
    /// What is meant to be read, in the mail's order.
    package var body: [MailPiece] = []
    package var attachments: [MailAttachment] = []
    /// What programs say about another mail; nil for any other mail than a report.
    package var report: MailReport?
    /// Whether a limit cut something off.
    package var isTruncated = false

    package init() {}

    /// The value of the first header called `name`.
    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// The plain text of the body's pieces, one after another.
    package var text: String? { joined { if case .text(let plain, _) = $0 { plain } else { nil } } }

    /// The HTML of the body's pieces, one after another.
    package var html: String? { joined { if case .text(_, let html) = $0 { html } else { nil } } }

    private func joined(_ text: (MailPiece) -> String?) -> String? {
        let texts = body.compactMap(text)
        guard var all = texts.first else { return nil }
        for text in texts.dropFirst() {
            if !all.utf8.isEmpty, all.utf8.last != 0x0A { all += "\n" }
            all += text
        }
        return all
    }
}

/// One part of a body that is meant to be read in its place.
package enum MailPiece: Sendable {
    /// At least one of the two; where there are both they say the same.
    case text(plain: String?, html: String?)
    case event(MailEvent)
    /// A mail that is enclosed, without the bytes of its attachments.
    indirect case mail(MailMessage)
}

/// A mailbox and the name beside it.
package struct MailAddress: Sendable, Hashable {
    /// Empty when the mail gives none.
    package var name: String
    package var address: String

    package init(name: String = "", address: String) {
        self.name = name
        self.address = address
    }
}

/// A part that is not there to be read in place.
package struct MailAttachment: Sendable, Hashable {
    /// As the sender wrote it, without any path: no safe name for a file.
    package var name: String?
    /// In lower case: `image/png`.
    package var type: String
    /// Decoded; empty when the reader was told not to keep them.
    package var bytes: [UInt8]
    /// Decoded bytes.
    package var size: Int

    package init(name: String?, type: String, bytes: [UInt8], size: Int? = nil) {
        self.name = name
        self.type = type
        self.bytes = bytes
        self.size = size ?? bytes.count
    }
}

/// The parts of a `multipart/report` (RFC 6522) that are for programs.
package struct MailReport: Sendable {
    /// In lower case: `delivery-status`, `disposition-notification`, `feedback-report`; empty when the mail names none.
    package var kind = ""
    /// The text of the status parts, as they came.
    package var statuses: [String] = []
    /// The headers of the mail that the report is about, as they came.
    package var returnedHead: String?

    package init() {}
}
