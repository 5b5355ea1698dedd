/// Reads one mail out of its bytes: the head here, the parts in `MailReader+Parts`.
///
/// Bytes are looked at where they lie; only what is decoded is copied.
struct MailReader {
    let bytes: [UInt8]
    let limits: MailLimits
    /// The lines that begin with two hyphens, of which some part the parts.
    let dashedLines: [Int]
    /// What header bytes are read as that are no UTF-8.
    var charset: String?
    var mail = MailMessage()
    /// Texts that have a name and are not shown in their place, unless nothing else is.
    var namedTexts: [NamedText] = []

    /// Those that were found; programs send the same one in place and as a file.
    var events: [MailEvent] = []

    struct NamedText {
        let attachment: Int
        let piece: MailPiece
        let isInline: Bool
    }

    static func read(
        _ bytes: [UInt8], _ range: Range<Int>, _ budget: inout MailBudget, depth: Int
    ) throws(MailError) -> MailMessage {
        var reader = MailReader(bytes: bytes, range: range, limits: budget.limits)
        let head = MailHead(bytes, in: range, maximumFields: 4 * budget.limits.maximumHeaders)
        guard head.end - range.lowerBound <= budget.limits.maximumHeadBytes else {
            throw MailError(.tooLarge, "the mail's head is longer than \(budget.limits.maximumHeadBytes) bytes")
        }
        let wasExceeded = budget.isExceeded
        budget.isExceeded = false
        reader.charset = reader.contentType(head).parameters["charset"]
        reader.readHead(head)
        reader.mail.body = reader.part(head, head.end..<range.upperBound, &budget, depth: depth, isInDigest: false)
        reader.showOnlyText(isSingle: head.first("content-type") == nil || reader.mail.attachments.count == 1)
        if budget.isExceeded { reader.mail.isTruncated = true }
        budget.isExceeded = budget.isExceeded || wasExceeded
        return reader.mail
    }

    private init(bytes: [UInt8], range: Range<Int>, limits: MailLimits) {
        self.bytes = bytes
        self.limits = limits
        dashedLines = Self.dashedLines(bytes, range)
    }

    private static func dashedLines(_ bytes: [UInt8], _ range: Range<Int>) -> [Int] {
        var lines: [Int] = []
        bytes.withUnsafeBufferPointer { buffer in
            var previous: UInt8 = 0x0A
            var index = range.lowerBound
            while index + 1 < range.upperBound {
                let byte = buffer[index]
                if byte == 0x2D, previous == 0x0A, buffer[index + 1] == 0x2D { lines.append(index) }
                previous = byte
                index += 1
            }
        }
        return lines
    }

    // MARK: Head

    private mutating func readHead(_ head: MailHead) {
        mail.subject = text(head.first("subject"))
        mail.from = addresses(head, "from")
        if mail.from.isEmpty { mail.from = addresses(head, "sender") }
        mail.to = addresses(head, "to")
        mail.cc = addresses(head, "cc")
        mail.replyTo = addresses(head, "reply-to")
        mail.date = head.first("date").flatMap { MailDate.milliseconds(MailHead.unfolded(bytes, $0.value)) }
        mail.messageID = identifiers(head, "message-id").first
        mail.inReplyTo = identifiers(head, "in-reply-to")
        mail.references = identifiers(head, "references")
        let shown = head.fields.filter { !Self.bodyHeaders.contains($0.name) }
        if shown.count > limits.maximumHeaders { mail.isTruncated = true }
        for field in shown.prefix(limits.maximumHeaders) {
            var value = text(field)
            if value.utf8.count > limits.maximumHeaderBytes {
                mail.isTruncated = true
                value = value.cutToBytes(limits.maximumHeaderBytes)
            }
            mail.headers.append((name: String(decoding: bytes[field.nameRange], as: UTF8.self), value: value))
        }
    }

    private static let bodyHeaders: Set<String> = [
        "content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-description",
    ]

    private func text(_ field: MailHead.Field?) -> String {
        guard let field else { return "" }
        let limit = limits.maximumHeaderBytes * 4
        return MailBytes.oneLine(
            EncodedWords.decode(MailHead.unfolded(bytes, field.value, limit: limit), charset: charset))
    }

    private mutating func addresses(_ head: MailHead, _ name: String) -> [MailAddress] {
        var found: [MailAddress] = []
        for field in head.all(name).prefix(10) {
            let list = AddressList(
                MailHead.unfolded(bytes, field.value), charset: charset, limit: limits.maximumAddresses - found.count)
            if list.isCut { mail.isTruncated = true }
            found += list.addresses
        }
        return found
    }

    private func identifiers(_ head: MailHead, _ name: String) -> [String] {
        guard let field = head.first(name) else { return [] }
        return MessageIdentifiers.all(MailHead.unfolded(bytes, field.value), limit: limits.maximumReferences)
    }

    // MARK: Fields of the body

    private static let maximumLinesTried = 1000

    /// The type of a part: of several, the first whose boundary is used.
    func contentType(_ head: MailHead) -> ParameterizedValue {
        let all = head.all("content-type").prefix(5).map {
            ParameterizedValue(MailHead.unfolded(bytes, $0.value, limit: 8192), charset: charset)
        }
        guard all.count > 1 else { return all.first ?? ParameterizedValue([]) }
        return all.first { type in
            guard let boundary = type.parameters["boundary"].map({ Array($0.utf8) }), !boundary.isEmpty else {
                return false
            }
            let lines = dashedLines[firstDashedLine(from: head.end)...].prefix(Self.maximumLinesTried)
            return lines.contains { bytes[($0 + 2)...].starts(with: boundary) }
        } ?? all[0]
    }

    /// Shows the only text that there is, though it has a name.
    private mutating func showOnlyText(isSingle: Bool) {
        guard mail.body.isEmpty, let named = namedTexts.first(where: \.isInline) ?? (isSingle ? namedTexts.first : nil)
        else { return }
        mail.body = [named.piece.cutToBytes(limits.maximumTextBytes)]
        mail.attachments.remove(at: named.attachment)
    }
}

extension MailPiece {
    fileprivate func cutToBytes(_ limit: Int) -> MailPiece {
        guard case .text(let plain, let html) = self else { return self }
        return .text(plain: plain?.cutToBytes(limit), html: html?.cutToBytes(limit))
    }
}
