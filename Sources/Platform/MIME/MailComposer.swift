/// Writes a mail: text, and HTML beside it if there is any.
///
/// What people have written (subject, display names, bodies) is encoded as it needs to be; what programs write
/// (addresses, identifiers, further headers) has to be right, or nothing is composed.
package struct MailComposer: Sendable {
    package var from: MailAddress
    package var to: [MailAddress]
    package var replyTo: [MailAddress] = []
    package var subject: String
    package var text: String
    package var html: String?
    /// Milliseconds since 1970.
    package var date: Int64
    /// Identifiers are given without angle brackets.
    package var messageID: String
    package var inReplyTo: String?
    package var references: [String] = []
    /// Further headers: `Auto-Submitted`, `List-Id`.
    package var headers: [(name: String, value: String)] = []

    package init(
        from: MailAddress, to: [MailAddress], subject: String, text: String, html: String? = nil, date: Int64,
        messageID: String
    ) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
        self.html = html
        self.date = date
        self.messageID = messageID
    }

    /// The mail's bytes, every line ended by CRLF.
    ///
    /// - Throws: ``MailError`` when an address, an identifier or a further header would break the mail's form.
    package func compose() throws(MailError) -> [UInt8] {
        try check()
        var text = ""
        text += HeaderWriter.addresses("From", [from])
        text += HeaderWriter.addresses("To", to)
        text += HeaderWriter.addresses("Reply-To", replyTo)
        text += HeaderWriter.text("Subject", subject)
        text += "Date: \(MailDate.text(date))\r\n"
        text += "Message-ID: <\(messageID)>\r\n"
        if let inReplyTo { text += "In-Reply-To: <\(inReplyTo)>\r\n" }
        text += HeaderWriter.list("References", references.map { "<\($0)>" })
        text += "MIME-Version: 1.0\r\n"
        for (name, value) in headers { text += HeaderWriter.text(name, value) }
        text += body()
        return Array(text.utf8)
    }

    // MARK: Writing

    private func body() -> String {
        guard let html else { return Self.part("plain", text) }
        // No line of quoted-printable text can look like it.
        let boundary = "=_martlet"
        // RFC 2046, section 5.1.4: the plainest first.
        return "Content-Type: multipart/alternative; boundary=\"\(boundary)\"\r\n\r\n--\(boundary)\r\n"
            + Self.part("plain", text) + "\r\n--\(boundary)\r\n" + Self.part("html", html) + "\r\n--\(boundary)--\r\n"
    }

    private static func part(_ subtype: String, _ text: String) -> String {
        "Content-Type: text/\(subtype); charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + QuotedPrintable.encoded(text)
    }

    // MARK: Checks

    /// Whether an identifier can be named in a head: programs make odd ones.
    package static func isIdentifier(_ identifier: String) -> Bool {
        (1...900).contains(identifier.utf8.count)
            && identifier.utf8.allSatisfy { (0x21..<0x7F).contains($0) && $0 != 0x3C && $0 != 0x3E }
    }

    private func check() throws(MailError) {
        for address in [from] + to + replyTo {
            guard !address.address.isEmpty, address.address.utf8.count <= 320,
                address.address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !"<>,;:()\\\"[]".utf8.contains($0) })
            else { throw MailError(.invalidHeader, "an address is empty, too long or holds forbidden characters") }
        }
        for identifier in [messageID] + references + (inReplyTo.map { [$0] } ?? []) {
            guard Self.isIdentifier(identifier) else {
                throw MailError(.invalidHeader, "a message identifier holds forbidden characters")
            }
        }
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != 0x3A }),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw MailError(.invalidHeader, "a header holds forbidden characters") }
            guard !Self.ownHeaders.contains(name.lowercased()) else {
                throw MailError(.invalidHeader, "the header \(name) is written by the composer")
            }
        }
    }

    private static let ownHeaders: Set<String> = [
        "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type",
        "content-transfer-encoding", "reply-to", "bcc",
    ]
}
