internal import CGMime

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
        MIMELibrary.prepare
        guard let message = GObjectReference(g_mime_message_new(1)) else {
            throw MailError(.malformed, "out of memory")
        }
        return message.withPointer { message in
            writeHead(message)
            writeBody(message)
            let bytes = MIMELibrary.bytes { stream in
                _ = g_mime_object_write_to_stream(martlet_mime_message_object(message), nil, stream)
            }
            return Self.withNetworkLineEnds(bytes)
        }
    }

    // MARK: Writing

    private func writeHead(_ message: UnsafeMutablePointer<GMimeMessage>) {
        let object = martlet_mime_message_object(message)
        add(from, GMIME_ADDRESS_TYPE_FROM, message)
        for address in to { add(address, GMIME_ADDRESS_TYPE_TO, message) }
        for address in replyTo { add(address, GMIME_ADDRESS_TYPE_REPLY_TO, message) }
        g_mime_message_set_subject(message, Self.oneLine(subject), "utf-8")
        if let time = g_date_time_new_from_unix_utc(gint64(date / 1000)) {
            g_mime_message_set_date(message, time)
            g_date_time_unref(time)
        }
        g_mime_message_set_message_id(message, messageID)
        if let inReplyTo { g_mime_object_set_header(object, "In-Reply-To", "<\(inReplyTo)>", nil) }
        if !references.isEmpty {
            let list = references.map { "<\($0)>" }.joined(separator: " ")
            g_mime_object_set_header(object, "References", list, nil)
        }
        g_mime_object_set_header(object, "MIME-Version", "1.0", nil)
        for (name, value) in headers { g_mime_object_append_header(object, name, value, "utf-8") }
    }

    private func add(_ address: MailAddress, _ type: GMimeAddressType, _ message: UnsafeMutablePointer<GMimeMessage>) {
        let name = Self.oneLine(address.name)
        g_mime_message_add_mailbox(message, type, name.isEmpty ? nil : name, address.address)
    }

    private func writeBody(_ message: UnsafeMutablePointer<GMimeMessage>) {
        guard let html else {
            withPart("plain", text) { g_mime_message_set_mime_part(message, $0) }
            return
        }
        GObjectReference(g_mime_multipart_new_with_subtype("alternative"))?.withPointer { multipart in
            // RFC 2046, section 5.1.4: the plainest first.
            withPart("plain", text) { g_mime_multipart_add(multipart, $0) }
            withPart("html", html) { g_mime_multipart_add(multipart, $0) }
            g_mime_message_set_mime_part(message, martlet_mime_multipart_object(multipart))
        }
    }

    private func withPart(_ subtype: String, _ text: String, _ body: (UnsafeMutablePointer<GMimeObject>?) -> Void) {
        GObjectReference(g_mime_text_part_new_with_subtype(subtype))?.withPointer { part in
            var clean = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\0", with: "")
            if !clean.hasSuffix("\n") { clean += "\n" }
            g_mime_text_part_set_charset(part, "utf-8")
            g_mime_text_part_set_text(part, clean)
            let encoding = GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
            g_mime_part_set_content_encoding(martlet_mime_text_as_part(part), encoding)
            body(martlet_mime_text_object(part))
        }
    }

    // MARK: Checks

    private func check() throws(MailError) {
        for address in [from] + to + replyTo {
            guard !address.address.isEmpty, address.address.utf8.count <= 320,
                address.address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !"<>,;:()\\\"[]".utf8.contains($0) })
            else { throw MailError(.invalidHeader, "an address is empty, too long or holds forbidden characters") }
        }
        for identifier in [messageID] + references + (inReplyTo.map { [$0] } ?? []) {
            guard !identifier.isEmpty, identifier.utf8.count <= 900,
                identifier.utf8.allSatisfy({ (0x21..<0x7F).contains($0) && $0 != 0x3C && $0 != 0x3E })
            else { throw MailError(.invalidHeader, "a message identifier holds forbidden characters") }
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

    private static func oneLine(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? " " : scalar)
        }
        return String(scalars)
    }

    private static func withNetworkLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 40)
        for byte in bytes where byte != 0x0D {
            if byte == 0x0A { result.append(0x0D) }
            result.append(byte)
        }
        return result
    }
}
