import HTMLReading
import MIME
import Markdown

/// What a mail says, as the text of a message, and what of it lies behind the fold.
struct MailText {
    private static let longestText = 15_000
    private static let longestSubject = 300
    /// Bytes; the content of a message has its own limit.
    private static let longestElided = 24_000
    private static let mostNamed = 10

    /// Markdown; never empty.
    private(set) var text = ""
    /// The quotations and signatures that were cut off, as they came; empty when none were.
    private(set) var elided = ""

    /// - Parameter isAnswer: Whether the message stands in a thread, which has a subject already.
    init(_ mail: MailMessage, isAnswer: Bool) {
        var parts: [String] = []
        let subject = MailPoster.oneLine(mail.subject, Self.longestSubject)
        if !isAnswer, !subject.isEmpty { parts.append(Self.bold("", subject)) }
        parts += pieces(mail.body, of: mail.replyKind)
        // A mail that is enclosed is shown with what it says.
        let attachments = mail.attachments.filter { !$0.type.hasPrefix("message/") || $0.name != nil }
        if !attachments.isEmpty {
            let names = attachments.prefix(Self.mostNamed)
                .map { MailAttachment.shortened(MailPoster.oneLine($0.name ?? $0.type, 300), 80) }
            let more = attachments.count > Self.mostNamed ? " and \(attachments.count - Self.mostNamed) more" : ""
            let said = MarkdownSpan("Attachments left out: \(names.joined(separator: ", "))\(more)", style: .italic)
            parts.append(MarkdownWriter.write([.paragraph([said])]))
        }
        text = parts.isEmpty ? "_An empty mail_" : Self.cut(parts.joined(separator: "\n"), Self.longestText)
        if elided.utf8.count > Self.longestElided { elided = elided.cutToBytes(Self.longestElided) + "…" }
    }

    private mutating func pieces(_ pieces: [MailPiece], of kind: ReplyTrimmer.Kind) -> [String] {
        pieces.compactMap { piece in
            let text: String
            switch piece {
            case .text(let plain, let html): text = readable(plain, html, kind)
            case .event(let event): text = Self.text(of: event)
            case .mail(let mail): text = self.text(of: mail)
            }
            let clean = PlainLines.printable(text)
            return clean.isEmpty ? nil : clean
        }
    }

    /// Markdown of one text; what was cut off goes behind the fold.
    private mutating func readable(_ plain: String?, _ html: String?, _ kind: ReplyTrimmer.Kind) -> String {
        let (visible, cut) = plain.map { ReplyTrimmer.trim(PlainLines.printable($0), kind) } ?? ("", "")
        // A program's own mark of a quotation in the page needs no language; and some send no more than a word as text.
        if let html, visible.isEmpty || cut.isEmpty {
            let page = Self.page(html, kind)
            if visible.isEmpty || !page.cut.isEmpty || Self.isStub(visible, of: page.visible) {
                fold(page.cut)
                return page.visible
            }
        }
        fold(cut)
        return MarkdownWriter.write(
            Self.blocks(PlainLines.split(visible), depth: 0),
            limit: Self.longestText)
    }

    private mutating func fold(_ cut: String) {
        let clean = PlainLines.printable(cut)
        if !clean.isEmpty { elided += elided.isEmpty ? clean : "\n\n" + clean }
    }

    private static func page(_ html: String, _ kind: ReplyTrimmer.Kind) -> (visible: String, cut: String) {
        let parts = HTMLReading.split(html, limit: longestText)
        // Outlook marks what is forwarded as it marks what is answered: the mail's head says which it is.
        let isShown = kind == .forward || kind == .fresh && parts.quotation?.client == .outlook
        guard let quoted = parts.quoted, !isShown, !PlainLines.printable(parts.written).isEmpty else {
            let whole = parts.whole
            return parts.quotation == nil ? ReplyTrimmer.trim(whole, kind) : (whole, "")
        }
        let (visible, cut) = ReplyTrimmer.trim(parts.written, kind == .fresh ? .unknown : kind)
        return (visible, cut.isEmpty ? quoted : cut + "\n\n" + quoted)
    }

    /// Whether a text only says that there is a page.
    private static func isStub(_ text: String, of page: String) -> Bool {
        text.utf8.count < 300 && page.utf8.count > text.utf8.count * 3 + 300
    }

    /// Lines as they stand, and those with quote marks as quotations.
    private static func blocks(_ lines: [Substring], depth: Int) -> [MarkdownBlock] {
        var blocks: [MarkdownBlock] = []
        var index = 0
        while index < lines.count {
            let isQuote = lines[index].first == ">"
            var end = index
            while end < lines.count, (lines[end].first == ">") == isQuote { end += 1 }
            let group = lines[index..<end]
            if isQuote, depth < mostQuotes {
                let inner = group.map { line in
                    let rest = line.dropFirst()
                    return rest.first == " " ? rest.dropFirst() : rest
                }
                blocks.append(.quote(Self.blocks(inner, depth: depth + 1)))
            } else {
                blocks.append(.literal(group.joined(separator: "\n")))
            }
            index = end
        }
        return blocks
    }

    private static let mostQuotes = 8

    private static func bold(_ before: String, _ text: String) -> String {
        MarkdownWriter.write([.paragraph([MarkdownSpan(before), MarkdownSpan(text, style: .bold)])])
    }

    private static func text(of event: MailEvent) -> String {
        let names = ["CANCEL": "Cancelled", "REPLY": "Answer to an invitation", "REQUEST": "Invitation"]
        let summary = MailPoster.oneLine(event.summary, longestSubject)
        var lines = [bold("", "\(names[event.method] ?? "Event"): \(summary.isEmpty ? "(no title)" : summary)")]
        for (name, value) in [
            ("When", event.start.isEmpty || event.end.isEmpty ? event.start : "\(event.start) – \(event.end)"),
            ("Where", event.location), ("By", event.organizer),
        ] where !value.isEmpty {
            lines.append(MarkdownWriter.literal("\(name): \(MailPoster.oneLine(value, longestSubject))"))
        }
        return lines.joined(separator: "\n")
    }

    private mutating func text(of mail: MailMessage) -> String {
        let subject = MailPoster.oneLine(mail.subject, Self.longestSubject)
        var lines = [Self.bold("Enclosed mail: ", subject.isEmpty ? "(no subject)" : subject)]
        if let from = mail.from.first {
            let sender = from.name.isEmpty ? from.address : "\(from.name) <\(from.address)>"
            lines.append(MarkdownWriter.literal("From: \(MailPoster.oneLine(sender, 200))"))
        }
        // What is enclosed was enclosed to be read.
        lines += pieces(mail.body, of: .forward)
        return lines.joined(separator: "\n")
    }

    // MARK: Characters

    private static func cut(_ text: String, _ limit: Int) -> String {
        guard text.unicodeScalars.count > limit else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) + "…"
    }
}
