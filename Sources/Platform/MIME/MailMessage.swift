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
    /// The plain text parts that are meant to be read, one after another.
    package var text: String?
    package var html: String?
    package var attachments: [MailAttachment] = []
    /// Whether a limit cut something off.
    package var isTruncated = false

    package init() {}

    /// The value of the first header called `name`.
    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// Whether a program wrote the mail, so that no program should answer it (RFC 3834, section 2).
    package var isAutomatic: Bool {
        for (name, value) in headers {
            let value = value.lowercased().filter { !$0.isWhitespace }
            switch name.lowercased() {
            case "auto-submitted": if value.prefix(while: { $0 != ";" }) != "no" { return true }
            case "precedence": if ["bulk", "junk", "list", "auto_reply"].contains(value) { return true }
            case "x-auto-response-suppress": if value != "none" { return true }
            case "return-path": if value == "<>" { return true }
            case let name where name.hasPrefix("list-"): return true
            default: break
            }
        }
        let robots: Set<Substring> = ["mailer-daemon", "postmaster"]
        return from.contains { robots.contains($0.address.lowercased().prefix { $0 != "@" }) }
    }
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
    package var bytes: [UInt8]
    package var size: Int { bytes.count }

    package init(name: String?, type: String, bytes: [UInt8]) {
        self.name = name
        self.type = type
        self.bytes = bytes
    }
}
