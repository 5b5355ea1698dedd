import EventLoop
import Testing

@testable import MailServer

@Suite(.timeLimit(.minutes(1)))
struct SMTPSessionTests {
    private func session(
        _ transferProtocol: MailServerConfiguration.TransferProtocol = .smtp,
        _ change: (inout MailServerConfiguration) -> Void = { _ in }
    ) -> SMTPSession {
        var configuration = MailServerConfiguration(
            address: .tcp(host: "127.0.0.1", port: 0), protocol: transferProtocol, hostName: "chat.example.org")
        change(&configuration)
        return SMTPSession(configuration, remoteAddress: "192.0.2.1")
    }

    private let yes = MailReply(250, "2.1.5", "fine")

    /// The answers to `lines`; every recipient is accepted.
    private func talk(_ session: inout SMTPSession, _ lines: String...) -> [String] {
        lines.map { line in
            var actions = session.command(line)
            if case .checkRecipient = actions.first { actions = session.recipientChecked(yes) }
            return text(actions)
        }
    }

    private func text(_ actions: [SMTPSession.Action]) -> String {
        actions.map { if case .write(let text) = $0 { text } else { "" } }.joined()
    }

    @Test func `a mail goes through its steps`() {
        var session = session()
        #expect(text(session.greeting()) == "220 chat.example.org ESMTP ready\r\n")
        let answers = talk(
            &session, "EHLO relay.example.net", "MAIL FROM:<a@x> SIZE=100 BODY=8BITMIME", "rcpt to:<b@y>")
        #expect(answers[0].hasPrefix("250-chat.example.org\r\n250-PIPELINING\r\n250-SIZE 26214400\r\n"))
        #expect(answers[0].hasSuffix("250 ENHANCEDSTATUSCODES\r\n"))
        #expect(answers[1].hasPrefix("250 2.1.0 "))
        #expect(answers[2].hasPrefix("250 2.1.5 "))
        let envelope = MailEnvelope(
            sender: "a@x", recipients: ["b@y"], remoteAddress: "192.0.2.1", helloName: "relay.example.net")
        #expect(session.command("DATA").last == .readMessage(envelope))
        #expect(session.message(isTooLarge: false) == [.deliver])
        #expect(text(session.delivered([MailReply(250, "2.0.0", "queued")])) == "250 2.0.0 queued\r\n")
        #expect(talk(&session, "DATA")[0].hasPrefix("503 5.5.1"))
        #expect(session.command("QUIT").last == .close)
    }

    @Test func `LMTP answers for each recipient, SMTP for the worst`() {
        for (kind, hello) in [(MailServerConfiguration.TransferProtocol.lmtp, "LHLO"), (.smtp, "EHLO")] {
            var session = session(kind)
            _ = talk(&session, "\(hello) x", "MAIL FROM:<>", "RCPT TO:<a@y>", "RCPT TO:<b@y>", "RCPT TO:<c@y>", "DATA")
            let answers = [MailReply(250, "2.0.0", "ok"), MailReply(550, "5.7.1", "no")]
            let answer = text(session.delivered(answers))
            if kind == .lmtp {
                #expect(answer == "250 2.0.0 ok\r\n550 5.7.1 no\r\n451 4.3.0 the mail could not be dealt with\r\n")
            } else {
                #expect(answer == "550 5.7.1 no\r\n")
            }
        }
    }

    @Test func `a refused recipient gets no mail`() {
        var session = session()
        _ = talk(&session, "EHLO x", "MAIL FROM:<a@x>")
        #expect(session.command("RCPT TO:<b@y>") == [.checkRecipient("b@y", sender: "a@x")])
        #expect(text(session.recipientChecked(MailReply(550, "5.1.1", "nobody"))) == "550 5.1.1 nobody\r\n")
        #expect(talk(&session, "DATA")[0].hasPrefix("503 5.5.1"))
    }

    @Test func `commands out of order are refused`() {
        var session = session()
        let answers = talk(
            &session, "MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA", "LHLO x", "EHLO", "EHLO x", "RCPT TO:<b@y>",
            "MAIL FROM:<a@x>",
            "MAIL FROM:<a@x>", "DATA now", "RSET", "RCPT TO:<b@y>", "NOOP x", "VRFY b", "EXPN l", "STARTTLS", "")
        #expect(
            answers.map { String($0.prefix(3)) } == [
                "503", "503", "503", "500", "501", "250", "503", "250", "503", "501", "250", "503", "250", "252", "500",
                "500", "500",
            ])
        var lmtp = self.session(.lmtp)
        #expect(talk(&lmtp, "EHLO x", "HELO x", "LHLO x").map { String($0.prefix(3)) } == ["500", "500", "250"])
    }

    @Test(arguments: [
        ("FROM:<a@x>", "250"), ("FROM: <a@x>", "250"), ("from:<a@x>", "250"), ("FROM:<>", "250"),
        ("FROM:<\"a > b\"@x>", "250"), ("FROM:<@r,@s:a@x>", "250"), ("FROM:<a@x> SIZE=26214400", "250"),
        ("FROM:<ü@x> SMTPUTF8", "250"), ("FROM:<ü@x>", "553"), ("FROM:<a@x> SIZE=26214401", "552"),
        ("FROM:<a@x> SIZE=-1", "501"), ("FROM:<a@x> SIZE=99999999999999999999", "501"), ("FROM:<a@x> SIZE", "501"),
        ("FROM:<a@x> BODY=BINARYMIME", "501"), ("FROM:<a@x> RET=FULL", "555"), ("FROM:a@x", "501"),
        ("FROM:<a@x", "501"),
        ("FROM:<a@x>x", "501"), ("FROM:<<a@x>>", "501"), ("FROM:<a b@x>", "501"), ("TO:<a@x>", "501"), ("", "501"),
        ("FROM:<\"a@x>", "501"), ("FROM:<a@x\u{1}>", "501"),
    ])
    func `a sender is read strictly`(argument: String, code: String) {
        var session = session()
        #expect(talk(&session, "EHLO x", "MAIL \(argument)")[1].hasPrefix(code))
    }

    @Test func `a long address is refused`() {
        var session = session()
        let long = String(repeating: "a", count: 330)
        #expect(talk(&session, "EHLO x", "MAIL FROM:<\(long)@x>")[1].hasPrefix("501"))
    }

    @Test func `too many recipients may come later, a message that is too big may not`() {
        var session = session(.lmtp) { $0.maximumRecipients = 1 }
        let answers = talk(&session, "LHLO x", "MAIL FROM:<a@x>", "RCPT TO:<b@y>", "RCPT TO:<c@y>", "RCPT TO:<>")
        #expect(answers[3].hasPrefix("452 4.5.3"))
        #expect(answers[4].hasPrefix("501 5.1.3"))
        #expect(text(session.message(isTooLarge: true)).hasPrefix("552 5.3.4"))
    }

    @Test func `after twenty errors the connection is closed`() {
        var session = session()
        for _ in 0..<19 { #expect(session.command("X").count == 1) }
        let last = session.command("X")
        #expect(last.last == .close)
        #expect(text(last).contains("421 4.7.0"))
    }

    @Test func `a browser is sent away at once`() {
        var session = session()
        #expect(session.command("POST / HTTP/1.1").last == .close)
    }

    @Test func `an answer stays on its line`() {
        #expect(MailReply(250, "2.0.0", "a\r\nb\u{0}c").line == "250 2.0.0 a b c\r\n")
    }
}
