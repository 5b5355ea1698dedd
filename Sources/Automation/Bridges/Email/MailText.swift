import MIME

/// What a mail says, as the text of a message, and what of it lies behind the fold.
struct MailText {
    private static let longestText = 15_000
    private static let longestSubject = 300
    private static let longestElided = 15_000
    private static let mostNamed = 10

    /// Markdown; never empty.
    private(set) var text = ""
    /// The quotations and signatures that were cut off, as they came; empty when none were.
    private(set) var elided = ""

    /// - Parameter isAnswer: Whether the message stands in a thread, which has a subject already.
    init(_ mail: MailMessage, isAnswer: Bool) {
        var parts: [String] = []
        let subject = MailPoster.oneLine(mail.subject, Self.longestSubject)
        if !isAnswer, !subject.isEmpty { parts.append("**\(subject.replacing("*", with: "\\*"))**") }
        parts += pieces(mail.body, of: mail.replyKind)
        // A mail that is enclosed is shown with what it says.
        let attachments = mail.attachments.filter { !$0.type.hasPrefix("message/") || $0.name != nil }
        if !attachments.isEmpty {
            let names = attachments.prefix(Self.mostNamed)
                .map { MailAttachment.shortened(MailPoster.oneLine($0.name ?? $0.type, 300), 80) }
            let more = attachments.count > Self.mostNamed ? " and \(attachments.count - Self.mostNamed) more" : ""
            parts.append("_Attachments left out: \(names.joined(separator: ", "))\(more)_")
        }
        text = parts.isEmpty ? "_An empty mail_" : Self.cut(parts.joined(separator: "\n"), Self.longestText)
        elided = Self.cut(elided, Self.longestElided)
    }

    private mutating func pieces(_ pieces: [MailPiece], of kind: ReplyTrimmer.Kind) -> [String] {
        pieces.compactMap { piece in
            let text: String
            switch piece {
            case .text(let plain, let html): text = readable(plain, html, kind)
            case .event(let event): text = Self.text(of: event)
            case .mail(let mail): text = self.text(of: mail)
            }
            let clean = Self.printable(text)
            return clean.isEmpty ? nil : clean
        }
    }

    private mutating func readable(_ plain: String?, _ html: String?, _ kind: ReplyTrimmer.Kind) -> String {
        var text = plain ?? ""
        if text.allSatisfy(\.isWhitespace), let html { text = HTMLText.plain(html) }
        let (visible, cut) = ReplyTrimmer.trim(text, kind)
        let clean = Self.printable(cut)
        if !clean.isEmpty { elided += elided.isEmpty ? clean : "\n\n" + clean }
        return visible
    }

    private static func text(of event: MailEvent) -> String {
        let names = ["CANCEL": "Cancelled", "REPLY": "Answer to an invitation", "REQUEST": "Invitation"]
        var lines = ["**\(names[event.method] ?? "Event"): \(MailPoster.oneLine(event.summary, longestSubject))**"]
        if !event.start.isEmpty {
            lines.append("When: \(event.start)" + (event.end.isEmpty ? "" : " – \(event.end)"))
        }
        if !event.location.isEmpty { lines.append("Where: \(MailPoster.oneLine(event.location, longestSubject))") }
        if !event.organizer.isEmpty { lines.append("By: \(MailPoster.oneLine(event.organizer, longestSubject))") }
        return lines.joined(separator: "\n")
    }

    private mutating func text(of mail: MailMessage) -> String {
        var lines: [String] = []
        let subject = MailPoster.oneLine(mail.subject, Self.longestSubject)
        lines.append("Enclosed mail: **\(subject.isEmpty ? "(no subject)" : subject)**")
        if let from = mail.from.first {
            lines.append(
                "From: \(MailPoster.oneLine(from.name.isEmpty ? from.address : "\(from.name) <\(from.address)>", 200))")
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

    private static func printable(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.replacing("\r\n", with: "\n").unicodeScalars
        where scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value) || scalar == "\n" || scalar == "\t" {
            scalars.append(scalar)
        }
        let view = Substring(String(scalars)).drop { $0.isWhitespace }
        var text = view
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
