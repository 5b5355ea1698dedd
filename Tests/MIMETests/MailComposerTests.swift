import MIME
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MailComposerTests {
    private func composer(subject: String = "Hello", text: String = "hi\n", html: String? = nil) -> MailComposer {
        MailComposer(
            from: MailAddress(name: "Chat", address: "chat@example.org"), to: [MailAddress(address: "a@example.net")],
            subject: subject, text: text, html: html, date: 1_795_194_000_000, messageID: "1.2@example.org")
    }

    @Test func `a mail comes back as it was written`() throws {
        var composer = composer(
            subject: "Grüße aus 東京, und noch viel mehr als in eine Zeile passt, damit gefaltet werden muss 🎉",
            text: "Zeile eins\r\n.\nFrom here ü\n= \u{1F600} " + String(repeating: "lang ", count: 300) + "\nende",
            html: "<p>Grüße</p>")
        composer.from.name = "Jürgen \"J\" <x>, Chat"
        composer.replyTo = [MailAddress(address: "reply+abc@example.org")]
        composer.inReplyTo = "0@example.org"
        composer.references = (0..<30).map { "reference-number-\($0)@example.org" }
        composer.headers = [("Auto-Submitted", "auto-generated"), ("List-Id", "<general.example.org>")]
        let bytes = try composer.compose()
        let mail = try MailParser.parse(bytes)
        #expect(mail.subject == composer.subject)
        #expect(mail.from == [composer.from])
        #expect(mail.to == composer.to)
        #expect(mail.replyTo == composer.replyTo)
        #expect(mail.text == composer.text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n") + "\r\n")
        #expect(mail.html == "<p>Grüße</p>\r\n")
        #expect(mail.date == composer.date)
        #expect(mail.messageID == composer.messageID)
        #expect(mail.inReplyTo == ["0@example.org"])
        #expect(mail.references == composer.references)
        #expect(mail.header("Auto-Submitted") == "auto-generated")
        #expect(mail.header("List-Id") == "<general.example.org>")
        #expect(mail.header("MIME-Version") == "1.0")
        #expect(mail.isAutomatic)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.utf8.count <= 998 && !$0.utf8.contains(0x0A) && !$0.utf8.contains(0x0D) })
        #expect(bytes.allSatisfy { $0 < 0x80 })
        #expect(lines.filter { $0.lowercased().hasPrefix("mime-version:") }.count == 1)
    }

    @Test(arguments: [
        String(repeating: "Größe ", count: 40), String(repeating: "東京", count: 60), String(repeating: "👨‍👩‍👧‍👦", count: 12),
        String(repeating: "a", count: 1200), "=?utf-8?q?no?=", "Re: ü", "  two  blanks ü",
    ])
    func `encoded words are short and whole`(subject: String) throws {
        var composer = composer(subject: subject)
        composer.from.name = subject
        composer.to[0].name = subject
        let bytes = try composer.compose()
        let head = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n")[0]
        for word in head.split(whereSeparator: { $0.isWhitespace }) where word.hasPrefix("=?") {
            #expect(word.utf8.count <= 75)
            // Each can be read by itself: no character is cut in two.
            #expect(!(try MailParser.parse(Array("Subject: \(word)\r\n\r\n".utf8)).subject.contains("\u{FFFD}")))
        }
        #expect(head.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 })
        let mail = try MailParser.parse(bytes)
        #expect(mail.subject.filter { $0 != " " } == subject.filter { $0 != " " })
        #expect(mail.from.first?.name.filter { $0 != " " } == subject.filter { $0 != " " })
    }

    @Test func `a mail with text alone has one part`() throws {
        let mail = try MailParser.parse(try composer(text: "").compose())
        #expect(mail.text == "\r\n")
        #expect(mail.html == nil)
        #expect(mail.attachments.isEmpty)
    }

    @Test func `what people write cannot add headers`() throws {
        let attack = "x\r\nBcc: evil@x\r\n\r\n<script>\n\u{85}y\0z"
        var composer = composer(subject: attack, text: attack)
        composer.from.name = attack
        composer.to[0].name = attack
        let bytes = try composer.compose()
        let mail = try MailParser.parse(bytes)
        #expect(mail.header("Bcc") == nil)
        #expect(mail.to.count == 1)
        #expect(mail.subject.hasPrefix("x  Bcc: evil@x"))
        let head = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n").first ?? ""
        #expect(!head.split(separator: "\r\n").contains { $0.lowercased().hasPrefix("bcc") })
    }

    @Test(arguments: ["", "a@x\r\nBcc: b@x", "a@x>,<b@x", "a b@x", "a@x, b@x", "x:a@x;", "a(b)@x", "a\0@x"])
    func `an address that would break the mail is refused`(address: String) {
        var first = composer()
        first.to = [MailAddress(address: address)]
        var second = composer()
        second.from.address = address
        for composer in [first, second] { #expect(throws: MailError.self) { try composer.compose() } }
    }

    @Test(arguments: ["", "a\r\nb", "a b", "a>b", "ü"])
    func `an identifier that would break the mail is refused`(identifier: String) {
        var first = composer()
        first.messageID = identifier
        var second = composer()
        second.references = [identifier]
        var third = composer()
        third.inReplyTo = identifier
        for composer in [first, second, third] { #expect(throws: MailError.self) { try composer.compose() } }
    }

    @Test(arguments: [
        ("X-A", "1\r\nBcc: x"), ("X-A\r\nBcc", "x"), ("", "x"), ("X A", "x"), ("X:", "y"), ("Subject", "y"),
        ("bcc", "y"),
    ])
    func `a header that would break the mail is refused`(name: String, value: String) {
        var composer = composer()
        composer.headers = [(name, value)]
        #expect(throws: MailError.self) { try composer.compose() }
    }
}
