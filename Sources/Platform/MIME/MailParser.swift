internal import CGMime

/// Reads a mail by RFC 5322 and MIME, however badly it is written.
///
/// Takes time in proportion to the mail, up to a second or so for the largest: not on an event loop.
package enum MailParser {
    /// - Throws: ``MailError`` when the mail is empty, too large or so nested that reading it would be an attack.
    package static func parse(_ bytes: [UInt8], limits: MailLimits = .init()) throws -> MailMessage {
        var inspector = MailInspector(limits: limits)
        try inspector.inspect(bytes)
        MIMELibrary.prepare
        guard let options = g_mime_parser_options_new() else { throw MailError(.malformed, "out of memory") }
        defer { g_mime_parser_options_free(options) }
        martlet_mime_set_fallback(options)
        let message = MIMELibrary.stream(bytes).withPointer { stream in
            GObjectReference(g_mime_parser_new_with_stream(stream))?.withPointer { parser in
                GObjectReference(g_mime_parser_construct_message(parser, options))
            }
        }
        guard let message = message ?? nil else { throw MailError(.malformed, "this is no mail") }
        return message.withPointer { message in
            var reader = MailReader(limits: limits, options: options)
            reader.readHead(message)
            if let body = g_mime_message_get_mime_part(message) { reader.readPart(body, depth: 0) }
            return reader.finish()
        }
    }
}
