/// How parts become what is read and what is attached (RFC 2046).
extension MailReader {
    /// Reads a part and what is in it.
    ///
    /// - Parameters:
    ///   - range: The part's body.
    ///   - isInDigest: Whether a part without a type is a mail.
    /// - Returns: What is meant to be read, in order.
    mutating func part(
        _ head: MailHead, _ range: Range<Int>, _ budget: inout MailBudget, depth: Int, isInDigest: Bool
    ) -> [MailPiece] {
        guard budget.takePart(depth: depth) else { return [] }
        let type = contentType(head)
        let name = type.value.isEmpty ? (isInDigest ? "message/rfc822" : "text/plain") : type.value
        if name == "multipart/report", mail.report == nil {
            mail.report = MailReport()
            mail.report?.kind = type.parameters["report-type"]?.lowercased() ?? ""
        }
        if name.hasPrefix("multipart/"), let boundary = type.parameters["boundary"], !boundary.isEmpty {
            let parts = self.parts(in: range, boundary: Array(boundary.utf8))
            // What has no parts is shown as what it is: text.
            guard !parts.isEmpty else { return leaf(head, type, "text/plain", range, &budget) }
            return multipart(name, type, parts, &budget, depth: depth)
        }
        if name == "message/rfc822" || name == "message/global" || name == "message/news" {
            return enclosed(head, name, range, &budget, depth: depth)
        }
        return leaf(
            head, type, name.contains("/") && !name.hasPrefix("multipart/") ? name : "text/plain", range, &budget)
    }

    // MARK: Multiparts

    private func parts(in range: Range<Int>, boundary: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start: Int?
        var place = firstDashedLine(from: range.lowerBound)
        while place < dashedLines.count, dashedLines[place] < range.upperBound {
            let line = dashedLines[place]
            place += 1
            let lineEnd = MailBytes.lineEnd(bytes, from: line, before: range.upperBound)
            guard let isClosing = isDelimiter(line..<lineEnd, boundary) else { continue }
            if let start { found.append(start..<max(start, MailBytes.withoutLineEnd(bytes, start..<line).upperBound)) }
            start = isClosing ? nil : lineEnd
            if isClosing { return found }
        }
        // The end was lost on the way.
        if let start { found.append(start..<range.upperBound) }
        return found
    }

    func firstDashedLine(from index: Int) -> Int {
        var (low, high) = (0, dashedLines.count)
        while low < high {
            let middle = (low + high) / 2
            if dashedLines[middle] < index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether a line parts two parts, and whether it closes the last; nil for any other line.
    private func isDelimiter(_ line: Range<Int>, _ boundary: [UInt8]) -> Bool? {
        let content = line.lowerBound + 2
        guard bytes[content..<line.upperBound].starts(with: boundary) else { return nil }
        var rest = MailBytes.trimmed(bytes[(content + boundary.count)..<line.upperBound])
        let isClosing = rest.starts(with: [0x2D, 0x2D])
        if isClosing { rest = MailBytes.trimmed(rest.dropFirst(2)) }
        return rest.isEmpty ? isClosing : nil
    }

    private mutating func multipart(
        _ name: String, _ type: ParameterizedValue, _ parts: [Range<Int>], _ budget: inout MailBudget, depth: Int
    ) -> [MailPiece] {
        let isReport = name == "multipart/report"
        var pieces: [[MailPiece]] = []
        for (place, range) in parts.enumerated() {
            guard budget.parts > 0 else {
                budget.isExceeded = true
                break
            }
            let head = MailHead(bytes, in: range, maximumFields: limits.maximumHeaders)
            let body = head.end..<range.upperBound
            note(head, body, &budget)
            let child = part(head, body, &budget, depth: depth + 1, isInDigest: name == "multipart/digest")
            // What a page refers to is not to be read beside it, nor what a report says to programs.
            let isBeside = name == "multipart/related" && place > 0 && head.first("content-id") != nil
            let isForPrograms = isReport && place > 0
            pieces.append(isBeside || isForPrograms ? [] : child)
        }
        return name == "multipart/alternative" ? chosen(pieces) : pieces.flatMap { $0 }
    }

    /// Of several forms of one text the plain and the rich one, as one piece; the plainest other form without them.
    private func chosen(_ forms: [[MailPiece]]) -> [MailPiece] {
        let events = forms.flatMap { $0 }.filter { if case .event = $0 { true } else { false } }
        let texts = forms.map { form in form.filter { if case .event = $0 { false } else { true } } }
        var plainest: [MailPiece] = []
        var richest: [MailPiece] = []
        for form in texts where !form.isEmpty {
            let hasHTML = form.contains { if case .text(_, .some) = $0 { true } else { false } }
            if hasHTML { richest = form } else if plainest.isEmpty || Self.isBlank(plainest) { plainest = form }
        }
        if richest.isEmpty { return plainest + events }
        if plainest.isEmpty || Self.isBlank(plainest) { return richest + events }
        let plain = plainest.compactMap { if case .text(let text, _) = $0 { text } else { nil } }
        let html = richest.compactMap { if case .text(_, let text) = $0 { text } else { nil } }
        let others = richest.filter { if case .mail = $0 { true } else { false } }
        let piece = MailPiece.text(plain: plain.joined(separator: "\n"), html: html.joined(separator: "\n"))
        return [piece] + others + events
    }

    private static func isBlank(_ pieces: [MailPiece]) -> Bool {
        pieces.allSatisfy {
            guard case .text(let plain, nil) = $0 else { return false }
            return plain?.allSatisfy(\.isWhitespace) != false
        }
    }

    // MARK: Reports

    /// Keeps what a report says to programs.
    private mutating func note(_ head: MailHead, _ range: Range<Int>, _ budget: inout MailBudget) {
        let type = contentType(head).value
        let encoding = encoding(head)
        switch type {
        case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
            "message/global-disposition-notification", "message/feedback-report", "message/x-status":
            let decoded = TransferDecoder.decode(bytes[range], encoding: encoding, limit: Self.longestStatus)
            let text = Charset.decode(decoded[...], label: nil, isCut: true)
            // Some servers put it into another multipart than a report.
            if mail.report == nil { mail.report = MailReport() }
            mail.report?.statuses.append(budget.take(text))
        case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "message/partial":
            guard let report = mail.report, report.returnedHead == nil else { return }
            let text = TransferDecoder.decode(bytes[range], encoding: encoding, limit: Self.longestStatus)
            let returned = MailHead(text, in: 0..<text.count, maximumFields: limits.maximumHeaders)
            mail.report?.returnedHead = budget.take(EncodedWords.raw(text[..<returned.end], charset: nil))
        default: break
        }
    }

    private static var longestStatus: Int { 64 << 10 }

    /// Keeps a forwarded or returned mail whole as an attachment, and shows what it says.
    private mutating func enclosed(
        _ head: MailHead, _ type: String, _ range: Range<Int>, _ budget: inout MailBudget, depth: Int
    ) -> [MailPiece] {
        let encoding = encoding(head)
        let isPlain = !["base64", "quoted-printable"].contains(encoding)
        let content = isPlain ? [] : TransferDecoder.decode(bytes[range], encoding: encoding)
        let name = fileName(head, contentType(head))
        mail.attachments.append(
            MailAttachment(
                name: name, type: type,
                bytes: limits.keepsAttachments ? (isPlain ? Array(bytes[range]) : content) : [],
                size: isPlain ? range.count : content.count))
        guard depth < limits.maximumDepth else {
            budget.isExceeded = true
            return []
        }
        var inner = budget
        // An enclosed mail is kept as bytes already, with all that is attached to it.
        inner.keepsAttachments = false
        let mail =
            isPlain
            ? try? Self.read(bytes, range, &inner, depth: depth + 1)
            : try? Self.read(content, 0..<content.count, &inner, depth: depth + 1)
        inner.keepsAttachments = budget.keepsAttachments
        budget = inner
        return mail.map { [.mail($0)] } ?? []
    }

    // MARK: Leaves

    private mutating func leaf(
        _ head: MailHead, _ type: ParameterizedValue, _ typeName: String, _ range: Range<Int>,
        _ budget: inout MailBudget
    ) -> [MailPiece] {
        let encoding = encoding(head)
        let disposition = disposition(head)
        let name = fileName(head, type)
        let isCalendar = typeName == "text/calendar" || typeName == "application/ics"
        let isText = typeName.hasPrefix("text/") && !Self.unreadableTexts.contains(typeName)
        let isShown = disposition != "attachment" && name == nil
        guard isText || isCalendar else {
            attach(name, typeName, range, encoding)
            return []
        }
        let isPage = typeName == "text/html" || typeName == "application/xhtml+xml"
        // Wide enough for any charset; what is left of it is cut by the budget.
        let room = budget.textBytes * 4 + 4
        let decoded = TransferDecoder.decode(bytes[range], encoding: encoding, limit: room)
        let label = type.parameters["charset"] ?? (isPage ? HTMLCharset.label(decoded[...]) : nil)
        var text = Charset.decode(decoded[...], label: label, isCut: decoded.count == room)
        if isCalendar {
            let event = MailEvent(calendar: text)
            if let event {
                if name != nil { attach(name, typeName, range, encoding) }
                guard !events.contains(event) else { return [] }
                events.append(event)
                return [.event(event)]
            }
        }
        if typeName == "text/plain", type.parameters["format"]?.lowercased() == "flowed" {
            text = FlowedText.joined(text, deletesSpace: type.parameters["delsp"]?.lowercased() == "yes")
        }
        guard isShown else {
            if namedTexts.count < 2 {
                namedTexts.append(
                    NamedText(
                        attachment: mail.attachments.count,
                        piece: isPage ? .text(plain: nil, html: text) : .text(plain: text, html: nil),
                        isInline: disposition != "attachment"))
            }
            attach(name, typeName, range, encoding)
            return []
        }
        text = budget.take(text)
        return [isPage ? .text(plain: nil, html: text) : .text(plain: text, html: nil)]
    }

    private mutating func attach(_ name: String?, _ type: String, _ range: Range<Int>, _ encoding: String) {
        guard limits.keepsAttachments else {
            let size = TransferDecoder.decodedCount(bytes[range], encoding: encoding)
            mail.attachments.append(MailAttachment(name: name, type: type, bytes: [], size: size))
            return
        }
        let decoded = TransferDecoder.decode(bytes[range], encoding: encoding)
        mail.attachments.append(MailAttachment(name: name, type: type, bytes: decoded))
    }

    /// Texts for programs.
    private static let unreadableTexts: Set<String> = [
        "text/x-amp-html", "text/css", "text/javascript", "text/rfc822-headers", "text/x-vcard", "text/vcard",
        "text/directory", "text/x-pgp-signature",
    ]

    private func encoding(_ head: MailHead) -> String {
        guard let field = head.first("content-transfer-encoding") else { return "" }
        return ParameterizedValue(MailHead.unfolded(bytes, field.value, limit: 200)).value
    }

    private func disposition(_ head: MailHead) -> String {
        guard let field = head.first("content-disposition") else { return "" }
        return ParameterizedValue(MailHead.unfolded(bytes, field.value, limit: 200)).value
    }

    /// The last component of the name, whichever system the path comes from.
    private func fileName(_ head: MailHead, _ type: ParameterizedValue) -> String? {
        let field = head.first("content-disposition")
        let parameters = field.map {
            ParameterizedValue(MailHead.unfolded(bytes, $0.value, limit: 8192), charset: charset).parameters
        }
        guard let name = parameters?["filename"] ?? type.parameters["name"] else { return nil }
        let last = name.split { $0 == "/" || $0 == "\\" }.last.map { String($0).trimmingSpaces } ?? ""
        return last.isEmpty || last == "." || last == ".." ? nil : MailAttachment.shortened(last, 255)
    }
}

extension MailAttachment {
    /// A name of at most so many characters that keeps its extension, by which people know what a file is.
    package static func shortened(_ name: String, _ limit: Int) -> String {
        guard name.count > limit else { return name }
        guard let dot = name.lastIndex(of: "."), case let ending = name[dot...], (2...12).contains(ending.count),
            limit > ending.count + 1
        else { return String(name.prefix(limit)) }
        return name.prefix(limit - ending.count - 1) + "…" + ending
    }
}
