import MIME
import Testing

/// What is read of a mail, chosen over the whole of its parts.
@Suite(.timeLimit(.minutes(1)))
struct MailBodyTests {
    /// A mail with a body of several parts; `(a b)` stands for nested ones.
    private func mail(_ type: String, _ parts: [(head: String, body: String)]) throws -> MailMessage {
        let body = parts.map { "--B\r\n\($0.head)\r\n\r\n\($0.body)\r\n" }.joined() + "--B--\r\n"
        return try MailParser.parse(Array("Content-Type: multipart/\(type); boundary=B\r\n\r\n\(body)".utf8))
    }

    private func outline(_ mail: MailMessage) -> [String] {
        mail.body.map { piece in
            switch piece {
            case .text(let plain, let html):
                [plain.map { "plain \($0)" }, html.map { "html \($0)" }].compactMap { $0 }.joined(separator: " + ")
            case .event(let event): "event \(event.summary)"
            case .mail(let mail): "mail \(mail.subject)"
            }
        }
    }

    private let plain = (head: "Content-Type: text/plain", body: "one")
    private let html = (head: "Content-Type: text/html", body: "<p>one")
    private let calendar = (
        head: "Content-Type: text/calendar; method=REQUEST",
        body:
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Meet\r\n ing\r\nDTSTART;TZID=Europe/Berlin:20260503T100000\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )

    @Test func `siblings are shown in their order`() throws {
        let footer = (head: "Content-Type: text/plain", body: "footer")
        #expect(outline(try mail("mixed", [html, footer])) == ["html <p>one", "plain footer"])
        #expect(outline(try mail("mixed", [plain, html, footer])) == ["plain one", "html <p>one", "plain footer"])
        #expect(outline(try mail("unheard-of", [plain, footer])) == ["plain one", "plain footer"])
    }

    @Test func `forms of one text are one piece`() throws {
        #expect(outline(try mail("alternative", [plain, html])) == ["plain one + html <p>one"])
        #expect(outline(try mail("alternative", [(head: plain.head, body: " "), html])) == ["html <p>one"])
        let amp = (head: "Content-Type: text/x-amp-html", body: "<amp>")
        #expect(
            outline(try mail("alternative", [plain, amp, html, calendar])) == [
                "plain one + html <p>one", "event Meeting",
            ])
        let enriched = (head: "Content-Type: text/enriched", body: "<bold>one</bold>")
        #expect(outline(try mail("alternative", [enriched, plain])) == ["plain <bold>one</bold>"])
    }

    @Test func `a page with its pictures beside a text is one of the forms`() throws {
        let related = (
            head: "Content-Type: multipart/related; boundary=R",
            body:
                "--R\r\nContent-Type: text/html\r\n\r\n<p>one\r\n--R\r\nContent-Type: image/png\r\nContent-ID: <i>\r\n\r\nx\r\n--R--"
        )
        let mail = try mail("alternative", [plain, related])
        #expect(outline(mail) == ["plain one + html <p>one"])
        #expect(mail.attachments.map(\.type) == ["image/png"])
    }

    @Test func `the only text counts though it has a name`() throws {
        let named = (head: "Content-Type: text/plain; name=a.txt", body: "one")
        let picture = (head: "Content-Type: image/png", body: "x")
        #expect(outline(try mail("mixed", [named, picture])) == ["plain one"])
        #expect(outline(try mail("mixed", [plain, named])) == ["plain one"])
        #expect(try mail("mixed", [plain, named]).attachments.map(\.name) == ["a.txt"])
        let attached = (
            head: "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt", body: "one"
        )
        #expect(outline(try mail("mixed", [attached])) == ["plain one"])
    }

    @Test func `text of an unknown kind is plain text`() throws {
        #expect(outline(try mail("mixed", [(head: "Content-Type: text/x-any", body: "one")])) == ["plain one"])
        #expect(outline(try mail("mixed", [(head: "Content-Type: text", body: "one")])) == ["plain one"])
        #expect(outline(try mail("mixed", [(head: "X-A: b", body: "one")])) == ["plain one"])
    }

    @Test func `a calendar is named with what and when`() throws {
        let mail = try mail("mixed", [calendar])
        guard case .event(let event)? = mail.body.first else {
            Issue.record("no event")
            return
        }
        #expect(event.summary == "Meeting")
        #expect(event.start == "2026-05-03 10:00 Europe/Berlin")
    }

    @Test func `of two types the one counts whose parts are there`() throws {
        let text =
            "Content-Type: multipart/alternative; boundary=A2\r\nContent-Type: multipart/alternative; boundary=A1\r\n\r\n"
            + "--A1\r\nContent-Type: text/plain\r\n\r\nHello world?\r\n--A1--\r\n"
        #expect(try MailParser.parse(Array(text.utf8)).text == "Hello world?")
    }

    @Test func `a mail whose parts never come is shown as text`() throws {
        let mail = try MailParser.parse(Array("Content-Type: multipart/mixed; boundary=A\r\n\r\nall of it".utf8))
        #expect(mail.text == "all of it")
    }

    @Test(arguments: [
        ("format=flowed", "a \r\nb\r\n\r\nc", "a b\n\nc"), ("format=flowed; delsp=yes", "a \r\nb", "ab"),
        ("format=flowed", "> a \r\n> b\r\n>> c", "> a b\n>> c"), ("format=flowed", "> a \r\nb", "> a \nb"),
        ("format=flowed", "a \r\n-- \r\nb", "a \n-- \nb"), ("format=flowed", " >a\r\n From b", ">a\nFrom b"),
        ("format=fixed", "a \r\nb", "a \r\nb"),
    ])
    func `soft line breaks are taken out of flowed text`(parameters: String, body: String, expected: String) throws {
        let mail = try MailParser.parse(Array("Content-Type: text/plain; \(parameters)\r\n\r\n\(body)".utf8))
        #expect(mail.text == expected)
    }

    @Test func `a report's parts for programs are kept apart`() throws {
        let mail = try mail(
            "report; report-type=delivery-status",
            [
                plain,
                (head: "Content-Type: message/delivery-status", body: "Reporting-MTA: dns; x\r\n\r\nAction: failed"),
                (head: "Content-Type: message/rfc822", body: "Message-ID: <1@x>\r\n\r\nsecret"),
            ])
        #expect(outline(mail) == ["plain one"])
        #expect(mail.report?.kind == "delivery-status")
        #expect(mail.report?.statuses.first?.contains("Action: failed") == true)
        #expect(mail.report?.returnedHead?.contains("<1@x>") == true)
    }
}
