internal import CGMime

/// Copies what matters out of GMime's tree, within the limits.
struct MailReader {
    private let limits: MailLimits
    private let options: OpaquePointer
    private var mail = MailMessage()
    private var partCount = 0

    init(limits: MailLimits, options: OpaquePointer) {
        self.limits = limits
        self.options = options
    }

    func finish() -> MailMessage { mail }

    // MARK: Head

    mutating func readHead(_ message: UnsafeMutablePointer<GMimeMessage>) {
        mail.subject = Self.oneLine(MIMELibrary.text(g_mime_message_get_subject(message)) ?? "")
        mail.from = addresses(g_mime_message_get_from(message))
        mail.to = addresses(g_mime_message_get_to(message))
        mail.cc = addresses(g_mime_message_get_cc(message))
        mail.replyTo = addresses(g_mime_message_get_reply_to(message))
        if let date = g_mime_message_get_date(message) {
            // What lies outside of years that people write would overflow in somebody's hands.
            let seconds = Int64(g_date_time_to_unix(date))
            if abs(seconds) < 100_000_000_000 { mail.date = seconds * 1000 }
        }
        mail.messageID = MIMELibrary.text(g_mime_message_get_message_id(message)).map(Self.oneLine)
        if mail.messageID?.isEmpty == true { mail.messageID = nil }
        readHeaders(g_mime_object_get_header_list(martlet_mime_message_object(message)))
        mail.inReplyTo = identifiers(mail.header("In-Reply-To"))
        mail.references = identifiers(mail.header("References"))
    }

    private mutating func readHeaders(_ list: UnsafeMutablePointer<GMimeHeaderList>?) {
        guard let list else { return }
        let count = Int(g_mime_header_list_get_count(list))
        if count > limits.maximumHeaders { mail.isTruncated = true }
        for index in 0..<min(count, limits.maximumHeaders) {
            guard let header = g_mime_header_list_get_header_at(list, Int32(index)),
                let name = MIMELibrary.text(g_mime_header_get_name(header))
            else { continue }
            let value = Self.oneLine(MIMELibrary.text(g_mime_header_get_value(header)) ?? "")
            mail.headers.append((name: name, value: cut(value, limits.maximumHeaderBytes)))
        }
    }

    private func identifiers(_ value: String?) -> [String] {
        guard let value, let list = g_mime_references_parse(options, value) else { return [] }
        defer { g_mime_references_free(list) }
        let count = min(Int(g_mime_references_length(list)), limits.maximumReferences)
        return (0..<count).compactMap { index in
            MIMELibrary.text(g_mime_references_get_message_id(list, Int32(index))).map(Self.oneLine)
        }
    }

    private mutating func addresses(_ list: UnsafeMutablePointer<InternetAddressList>?) -> [MailAddress] {
        var found: [MailAddress] = []
        collect(list, depth: 0, into: &found)
        return found
    }

    private mutating func collect(
        _ list: UnsafeMutablePointer<InternetAddressList>?, depth: Int, into found: inout [MailAddress]
    ) {
        guard let list, depth < 3 else { return }
        for index in 0..<internet_address_list_length(list) {
            guard found.count < limits.maximumAddresses else {
                mail.isTruncated = true
                return
            }
            guard let address = internet_address_list_get_address(list, index) else { continue }
            if let group = martlet_mime_group(address) {
                collect(internet_address_group_get_members(group), depth: depth + 1, into: &found)
            } else if let mailbox = martlet_mime_mailbox(address),
                let text = MIMELibrary.text(internet_address_mailbox_get_addr(mailbox)), !text.isEmpty
            {
                let name = MIMELibrary.text(internet_address_get_name(address)) ?? ""
                found.append(MailAddress(name: Self.oneLine(name), address: Self.oneLine(text)))
            }
        }
    }

    // MARK: Parts

    mutating func readPart(_ object: UnsafeMutablePointer<GMimeObject>, depth: Int) {
        partCount += 1
        guard partCount <= limits.maximumParts, depth <= limits.maximumDepth else {
            mail.isTruncated = true
            return
        }
        if let multipart = martlet_mime_multipart(object) {
            for index in 0..<g_mime_multipart_get_count(multipart) {
                guard partCount <= limits.maximumParts else { return }
                if let child = g_mime_multipart_get_part(multipart, index) { readPart(child, depth: depth + 1) }
            }
        } else if let embedded = martlet_mime_message_part(object) {
            readEmbedded(embedded, object)
        } else if let part = martlet_mime_part(object) {
            readLeaf(part, object)
        }
    }

    /// Keeps a forwarded or returned mail whole, as an attachment.
    private mutating func readEmbedded(
        _ part: UnsafeMutablePointer<GMimeMessagePart>, _ object: UnsafeMutablePointer<GMimeObject>
    ) {
        guard let message = g_mime_message_part_get_message(part) else { return }
        let bytes = MIMELibrary.bytes { stream in
            _ = g_mime_object_write_to_stream(martlet_mime_message_object(message), nil, stream)
        }
        mail.attachments.append(MailAttachment(name: nil, type: Self.type(object), bytes: bytes))
    }

    private mutating func readLeaf(
        _ part: UnsafeMutablePointer<GMimePart>, _ object: UnsafeMutablePointer<GMimeObject>
    ) {
        let type = Self.type(object)
        let name = MIMELibrary.text(g_mime_part_get_filename(part)).flatMap(Self.fileName)
        let bytes = MIMELibrary.bytes { stream in
            if let content = g_mime_part_get_content(part) {
                _ = g_mime_data_wrapper_write_to_stream(content, stream)
            }
        }
        let isAttachment = g_mime_part_is_attachment(part) != 0 || name != nil
        guard !isAttachment, type == "text/plain" || type == "text/html" else {
            mail.attachments.append(MailAttachment(name: name, type: type, bytes: bytes))
            return
        }
        let label = MIMELibrary.text(g_mime_object_get_content_type_parameter(object, "charset"))
        let isCut = bytes.count > limits.maximumTextBytes
        if isCut { mail.isTruncated = true }
        let decoded = Charset.decode(bytes.prefix(limits.maximumTextBytes), label: label, isCut: isCut)
        if type == "text/plain" {
            mail.text = joined(mail.text, decoded)
        } else {
            mail.html = joined(mail.html, decoded)
        }
    }

    private mutating func joined(_ text: String?, _ piece: String) -> String {
        guard var text else { return cut(piece, limits.maximumTextBytes) }
        if !text.hasSuffix("\n"), !text.hasSuffix("\r\n") { text += "\n" }
        return cut(text + piece, limits.maximumTextBytes)
    }

    // MARK: Text

    private mutating func cut(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        mail.isTruncated = true
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end > text.startIndex, String.Index(end, within: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text.unicodeScalars[..<end])
    }

    private static func type(_ object: UnsafeMutablePointer<GMimeObject>) -> String {
        guard let type = g_mime_object_get_content_type(object) else { return "application/octet-stream" }
        let text = MIMELibrary.take(g_mime_content_type_get_mime_type(type)) ?? "application/octet-stream"
        return oneLine(String(text.prefix(200))).lowercased()
    }

    /// The last component, whichever system the path comes from.
    private static func fileName(_ name: String) -> String? {
        let last = name.split { $0 == "/" || $0 == "\\" }.last.map { oneLine(String($0)) } ?? ""
        return last.isEmpty || last == "." || last == ".." ? nil : String(last.prefix(255))
    }

    /// A header's value must not bring line breaks or other controls to where it is shown.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }) else {
            return text
        }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? " " : scalar)
        }
        return String(result)
    }
}
