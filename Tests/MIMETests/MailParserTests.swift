import Foundation
import MIME
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MailParserTests {
    private func parse(_ text: String, _ change: (inout MailLimits) -> Void = { _ in }) throws -> MailMessage {
        var limits = MailLimits()
        change(&limits)
        return try MailParser.parse(text.utf8.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }, limits: limits)
    }

    @Test func `a mail with text, HTML and a file is taken apart`() throws {
        let mail = try parse(
            """
            From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>
            To: team: a@example.net, "B, C" <b@example.net>;, d@example.net
            Cc: e@example.net
            Reply-To: r@example.org
            Subject: =?iso-8859-1?q?Gr=FC=DFe?=
             und mehr
            Date: Fri, 20 Nov 2026 18:00:00 +0100
            Message-ID: <1@example.org>
            In-Reply-To: <0@example.org>
            References: <00@example.org>
             (comment) <0@example.org>
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=m

            prologue
            --m
            Content-Type: multipart/alternative; boundary="a"

            --a
            Content-Type: text/plain; charset=iso-8859-15
            Content-Transfer-Encoding: quoted-printable

            10 =A4 f=FCr=
             alle
            --a
            Content-Type: text/html; charset=utf-8

            <p>10 € für alle</p>
            --a--
            --m
            Content-Type: Image/PNG
            Content-Disposition: attachment; filename*=utf-8''..%2F..%2Fb%C3%A4r.png
            Content-Transfer-Encoding: base64

            AAEC/w==
            --m--
            epilogue

            """)
        #expect(mail.from == [MailAddress(name: "Jürgen", address: "j@example.org")])
        #expect(mail.to.map(\.address) == ["a@example.net", "b@example.net", "d@example.net"])
        #expect(mail.to[1].name == "B, C")
        #expect(mail.cc.map(\.address) == ["e@example.net"])
        #expect(mail.replyTo.map(\.address) == ["r@example.org"])
        #expect(mail.subject == "Grüße und mehr")
        #expect(mail.date == 1_795_194_000_000)
        #expect(mail.messageID == "1@example.org")
        #expect(mail.inReplyTo == ["0@example.org"])
        #expect(mail.references == ["00@example.org", "0@example.org"])
        #expect(mail.text?.trimmingCharacters(in: .newlines) == "10 € für alle")
        #expect(mail.html?.trimmingCharacters(in: .newlines) == "<p>10 € für alle</p>")
        #expect(mail.attachments == [MailAttachment(name: "bär.png", type: "image/png", bytes: [0, 1, 2, 255])])
        #expect(!mail.isTruncated)
        #expect(!mail.isAutomatic)
    }

    @Test func `a forwarded mail stays whole`() throws {
        let mail = try parse(
            """
            Subject: outer
            Content-Type: multipart/digest; boundary=m

            --m

            Subject: inner

            inner text
            --m--
            """)
        #expect(mail.subject == "outer")
        #expect(mail.text == nil)
        guard case .mail(let shown)? = mail.body.first else {
            Issue.record("what is enclosed is not shown")
            return
        }
        #expect(shown.subject == "inner")
        #expect(shown.text == "inner text")
        #expect(mail.attachments.map(\.type) == ["message/rfc822"])
        let inner = try MailParser.parse(try #require(mail.attachments.first?.bytes))
        #expect(inner.subject == "inner")
        #expect(inner.text?.hasPrefix("inner text") == true)
    }

    @Test(arguments: [
        ("utf-8", [UInt8]("ü".utf8), "ü"), ("iso-8859-1", [0xFC, 0x80], "ü€"), ("koi8-r", [0xC1], "а"),
        ("iso-2022-jp", [0x1B, 0x24, 0x42, 0x24, 0x22, 0x1B, 0x28, 0x42], "あ"),
        ("unicode-1-1-utf-7", Array("+AOk-".utf8), "é"), ("iso-8859-8-i", [0xF9, 0xEC, 0xE5, 0xED], "שלום"),
        ("visual", [0xF9], "ש"), ("logical", [0xF9], "ש"), ("dos-874", [0xA1], "ก"), ("x-mac-cyrillic", [0x80], "А"),
        ("ks_c_5601-1987", [0xB0, 0xA1], "가"), ("x-gbk", [0xC4, 0xE3], "你"), ("x-sjis", [0x82, 0xA0], "あ"),
        ("big5-hkscs", [0xA4, 0xA4], "中"), ("csisolatin2", [0xB3], "ł"), ("ecma-118", [0xE1], "α"),
        ("windows-1256", [0xC7], "ا"), ("utf-16le", [0x61, 0x00], "a"), ("ibm866", [0x80], "А"),
        ("uft-8", Array("ü".utf8), "ü"), ("us-ascii", Array("ü".utf8), "ü"),
        ("x-unknown-8bit", Array("ü".utf8), "ü"), ("x-unknown-8bit", [0x80, 0xE9], "€é"),
        ("../../../../etc/passwd", [0x41], "A"), ("utf-8//TRANSLIT", [0x41], "A"), ("", [0x41], "A"),
        ("utf-8", [0xEF, 0xBB, 0xBF, 0x41], "A"), ("windows-1251", [0xE0], "а"),
    ])
    func `text is read by its label, else by what it looks like`(label: String, bytes: [UInt8], expected: String) throws
    {
        let head = Array(
            "Content-Type: text/plain; charset=\"\(label)\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".utf8)
        #expect(try MailParser.parse(head + bytes).text == expected)
    }

    @Test(arguments: [
        ("utf-8", [0xFC, 0x61], "\u{FFFD}a"),
        ("utf-8", Array("grün ".utf8) + [0xE9] + Array(" да".utf8), "grün \u{FFFD} да"),
        ("big5", [0x61, 0xFF, 0xFF, 0x62], "a\u{FFFD}\u{FFFD}b"),
        ("shift_jis", [0x82, 0xA0, 0x80, 0x41], "あ\u{FFFD}A"),
        ("iso-8859-8", [0xFB, 0xF9], "\u{FFFD}ש"), ("x-unknown", Array("grün да ".utf8) + [0xE9], "grün да \u{FFFD}"),
        ("gb18030", [0xC4], "\u{FFFD}"),
    ])
    func `a wrong byte is one mark and not another charset`(label: String, bytes: [UInt8], expected: String) throws {
        let head = Array("Content-Type: text/plain; charset=\"\(label)\"\r\n\r\n".utf8)
        #expect(try MailParser.parse(head + bytes).text == expected)
    }

    @Test(arguments: [
        "<meta charset=koi8-r>", "<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=KOI8-R'>",
        "<meta name=x><meta charset = \"koi8-r\" />",
    ])
    func `a page says its own charset where the mail does not`(meta: String) throws {
        let mail = try MailParser.parse(Array("Content-Type: text/html\r\n\r\n\(meta)".utf8) + [0xC1])
        #expect(mail.html?.hasSuffix("а") == true)
        let labelled = Array("Content-Type: text/html; charset=windows-1251\r\n\r\n\(meta)".utf8) + [0xE0]
        #expect(try MailParser.parse(labelled).html?.hasSuffix("а") == true)
    }

    @Test(arguments: [
        // As Python's library writes them: each word padded by itself.
        ("=?utf-8?b?0LTQsA==?= =?utf-8?b?0L3QtdGC?=", "данет"), ("=?utf-8?b?0LQ=?=\n =?utf-8?b?0LA=?= x", "да x"),
        // A character that was cut in two between words.
        ("=?utf-8?b?0A==?= =?utf-8?b?tA==?=", "д"), ("=?utf-8?q?=D0?= =?UTF-8?Q?=B4?=", "д"),
        ("=?iso-8859-1?q?=FC?= =?utf-8?q?=C3=BC?=", "üü"), ("=?utf-8?q?a_b?=c", "a bc"), ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8*de?q?=C3=BC?=", "ü"), ("=?iso-2022-jp?b?GyRCJCIbKEI=?=", "あ"), ("=?utf-8?q?a b?=", "a b"),
        ("=?utf-8?x?a?= =?utf-8?q?a", "=?utf-8?x?a?= =?utf-8?q?a"), ("=?iso-8859-1?B?SvxyZ2Vu==?=", "Jürgen"),
        ("=?utf-8?q??=a=?utf-8?q?b?=", "ab"), ("a  b", "a  b"), ("=?nothing?q?=C3=BC?=", "ü"),
    ])
    func `each encoded word is decoded by itself and then joined`(value: String, expected: String) throws {
        #expect(try parse("Subject: \(value)\n\nx").subject == expected)
        #expect(try parse("From: \(value) <a@x>\n\nx").from.first?.name == expected)
    }

    @Test func `a sender who was encoded with the address is read`() throws {
        // As Python's older interface writes any header that is not ASCII.
        let mail = try parse("From: =?utf-8?b?0JDQtNCwIDxhZGFA?=\n =?utf-8?b?ZXhhbXBsZS5vcmc+?=\n\nx")
        #expect(mail.from == [MailAddress(name: "Ада", address: "ada@example.org")])
    }

    @Test(arguments: [
        ("filename=\"=?utf-8?b?0LTQsA==?= =?utf-8?b?LnBkZg==?=\"", "да.pdf"), ("filename*=utf-8''%D0%B4.pdf", "д.pdf"),
        ("filename*0*=utf-8''%D0; filename*1*=%B4; filename*2=.pdf", "д.pdf"),
        ("filename*0=\"long \"; filename*1=\"name.pdf\"", "long name.pdf"), ("filename=a;b=c", "a"),
        ("filename=\"\(String(repeating: "x", count: 400)).pdf\"", "\(String(repeating: "x", count: 250))….pdf"),
    ])
    func `names of attachments are decoded and keep their extension`(parameter: String, expected: String) throws {
        let mail = try parse("Content-Type: application/pdf\nContent-Disposition: attachment; \(parameter)\n\nx")
        #expect(mail.attachments.map(\.name) == [expected])
    }

    @Test(arguments: [
        ("Auto-Submitted: auto-replied", true), ("Auto-Submitted: no", false), ("auto-submitted: No ; x", false),
        ("Precedence: bulk", true), ("Precedence: first-class", false), ("List-Id: <x.example.org>", true),
        ("X-Auto-Response-Suppress: All", true), ("From: MAILER-DAEMON@example.org", true),
        ("From: Postmaster <postmaster@x>", true), ("From: postmasters@x", false), ("Return-Path: <>", true),
        ("X-Autoreply: yes", true), ("X-Autorespond: x", true), ("X-Auto-Response-Suppress: None", false),
        ("X-Failed-Recipients: a@x", true), ("From: no-reply@x", true), ("From: noreply+1@x", true),
        ("From: Noreen@x", false),
        ("From: donotreply@x", true), ("List-Unsubscribe: <mailto:u@x>", true),
        ("From: Kim <kim@x>\nIn-Reply-To: <1@x>", false),
        ("Content-Type: multipart/report; boundary=B; report-type=disposition-notification", true),
    ])
    func `a mail that a program wrote is known as such`(header: String, expected: Bool) throws {
        #expect(try parse(header + "\n\nx").isAutomatic == expected)
    }

    // MARK: Hostile mails

    @Test func `an empty mail and one without a head are no reason to fall`() throws {
        #expect(throws: MailError.self) { try MailParser.parse([]) }
        for text in [
            "\n", "x", "\n\nx", ":", "a:b", "From \n\n", "\0", "\0:\0\n\n\0", "Content-Type: multipart/mixed\n\nx",
        ] {
            _ = try? parse(text)
        }
        #expect(try parse("\n\nbody").text?.contains("body") == true)
    }

    @Test func `what is too large is refused`() throws {
        #expect(throws: MailError.self) { try parse("a: b\n\nccc") { $0.maximumBytes = 8 } }
        let head = "X: " + String(repeating: "x", count: 300_000)
        #expect(throws: MailError.self) { try parse(head + "\n\nbody") }
        #expect(throws: MailError.self) { try parse(head) }
        #expect(throws: MailError.self) { try parse(String(repeating: "X: y\n", count: 60_000)) }
    }

    @Test func `what is nested too deeply is left out`() throws {
        func nested(_ depth: Int) -> String {
            (0..<depth).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined()
                + "Content-Type: text/plain\n\ndeep\n"
        }
        for depth in [50, 1000] {
            let cut = try parse(nested(depth))
            #expect(cut.isTruncated)
            #expect(cut.text == nil)
        }
        #expect(try parse(nested(10)).text == "deep\r\n")
    }

    @Test func `nested messages and address groups do not exhaust the stack`() throws {
        let messages = String(repeating: "Content-Type: message/rfc822\n\n", count: 50_000)
        #expect(try parse(messages).isTruncated)
        for piece in ["(", "<", "\"", "[", "=?utf-8?q?", ";", "@", "a;", "a:", "a:b,", "a:\n ", "a,", "a b,"] {
            let value = String(repeating: piece, count: 120_000 / piece.utf8.count)
            let mail = try parse("To: \(value)\nSubject: x\nReferences: \(value.prefix(100))\n\nbody")
            #expect(mail.to.count <= 100)
        }
        let groups = String(repeating: "a:b@x;,", count: 400)
        #expect(try parse("To: \(groups)\n\nbody").to.count == 100)
    }

    @Test func `parts without end are left out`() throws {
        let head = "Content-Type: multipart/mixed; boundary=a\n\n"
        let mail = try parse(head + String(repeating: "--a\n\n", count: 100_000))
        #expect(mail.isTruncated)
        #expect(mail.body.count < 200)
    }

    @Test func `more parts than allowed are left out`() throws {
        let parts = (0..<500).map { "--m\nContent-Type: application/x-\($0)\n\nx\n" }.joined()
        let mail = try parse("Content-Type: multipart/mixed; boundary=m\n\n" + parts + "--m--\n")
        #expect(mail.attachments.count == 199)
        #expect(mail.isTruncated)
    }

    @Test func `more text, headers and addresses than allowed are cut`() throws {
        let text = String(repeating: "ü", count: 100)
        let addresses = (0..<300).map { "a\($0)@x" }.joined(separator: ", ")
        let extra = (0..<700).map { "X-\($0): \($0)\n" }.joined()
        let mail = try parse(
            "To: \(addresses)\nX-Long: \(String(repeating: "y", count: 20_000))\n\(extra)"
                + "Content-Type: text/plain; charset=utf-8\n\n\(text)"
        ) { $0.maximumTextBytes = 101 }
        #expect(mail.text?.utf8.count ?? 0 <= 101)
        #expect(mail.text?.hasPrefix("üüü") == true)
        #expect(mail.to.count == 100)
        #expect(mail.headers.count == 500)
        #expect(mail.header("x-long")?.utf8.count == 16 << 10)
        #expect(mail.isTruncated)
    }

    @Test func `control characters do not come out of headers`() throws {
        let mail = try parse(
            """
            Subject: =?utf-8?q?a=0D=0ABcc:=20evil@x=00?=
            From: =?utf-8?q?x=0Ay?= <a@x>
            X-A: b =?utf-8?b?DQpYOiB5?=

            x
            """)
        #expect(mail.subject.hasPrefix("a  Bcc: evil@x"))
        #expect(mail.from.first?.name == "x y")
        for (_, value) in mail.headers { #expect(!value.utf8.contains { $0 < 0x20 }) }
    }

    @Test(arguments: ["/etc/passwd", "..\\..\\a.exe", "..", "/", "a/b/c.txt"])
    func `a file name carries no path`(name: String) throws {
        let mail = try parse("Content-Type: application/x\nContent-Disposition: attachment; filename=\"\(name)\"\n\nx")
        let found = try #require(mail.attachments.first).name
        #expect(found.map { !$0.contains("/") && !$0.contains("\\") && $0 != ".." } ?? true)
    }

    @Test func `every truncation of a mail can be read`() throws {
        let whole = Array(
            """
            From: "a" <a@x>\r\nSubject: =?utf-8?b?w7w=?=\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r
            Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nw7zDvA==\r\n--b\r
            Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n
            """.utf8)
        let head = try #require(whole.firstRange(of: Array("\r\n\r\n".utf8))).upperBound
        for length in 1..<whole.count {
            // A head that ends inside a line may be no head.
            guard let mail = try? MailParser.parse(Array(whole[..<length])) else {
                #expect(length < head)
                continue
            }
            #expect(mail.attachments.count <= 1)
        }
    }
}
