import Foundation
import MIME
import Testing

/// What came back, to whom it did not come, and whether trying again helps.
@Suite(.timeLimit(.minutes(1)))
struct MailBounceTests {
    private func parse(_ text: String) throws -> MailMessage {
        try MailParser.parse(Array(text.replacing("\n", with: "\r\n").utf8))
    }

    private func report(_ fields: String, returned: String = "Message-ID: <m.1@chat.test>\nTo: jo@example.org") throws
        -> MailMessage
    {
        try parse(
            """
            From: MAILER-DAEMON@relay.test
            To: help@chat.test
            Subject: Undelivered
            Content-Type: multipart/report; report-type=delivery-status; boundary=B

            --B

            Sorry.
            --B
            Content-Type: message/delivery-status

            Reporting-MTA: dns; relay.test

            \(fields)
            --B
            Content-Type: text/rfc822-headers

            \(returned)
            --B--
            """)
    }

    @Test(arguments: [
        ("Final-Recipient: rfc822; jo@example.org\nAction: failed\nStatus: 5.1.1", ["jo@example.org permanent 5.1.1"]),
        (
            "Final-Recipient: rfc822;<jo@example.org>\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 452 4.2.2 full",
            ["jo@example.org temporary 4.2.2"]
        ),
        ("Final-Recipient: rfc822; jo@example.org\nAction: delayed\nStatus: 4.4.1", ["jo@example.org temporary 4.4.1"]),
        ("Final-Recipient: rfc822; jo@example.org\nAction: delivered\nStatus: 2.0.0", []),
        ("Original-Recipient: rfc822;jo@example.org\nAction: failed", ["jo@example.org permanent "]),
        (
            "Final-Recipient: rfc822; a@x.org\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; b@x.org\nStatus: 4.2.2\nFinal-Recipient: rfc822; c@x.org\nStatus: 5.7.1",
            ["a@x.org permanent 5.1.1", "b@x.org temporary 4.2.2", "c@x.org permanent 5.7.1"]
        ),
    ])
    func `a report for programs says it by itself`(fields: String, expected: [String]) throws {
        let mail = try report(fields)
        #expect(
            mail.bounces.map { "\($0.recipient) \($0.isPermanent ? "permanent" : "temporary") \($0.status)" }
                == expected)
        #expect(mail.returnedIdentifiers.contains("m.1@chat.test"))
        #expect(mail.isAutomatic)
    }

    @Test(arguments: [
        // Exim, Postfix, qmail, sendmail and one that says no more than a sentence.
        (
            "X-Failed-Recipients: jo@example.org\n",
            "This is a permanent error. The following address(es) failed:\n\n  jo@example.org\n    550 5.1.1 no such user",
            "jo@example.org permanent"
        ),
        (
            "",
            "could not be delivered to one or more recipients.\n\n<jo@example.org>: host mx[192.0.2.1] said: 450 later",
            "jo@example.org temporary"
        ),
        (
            "",
            "Hi. This is the qmail-send program.\n\n<jo@example.org>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 unknown",
            "jo@example.org permanent"
        ),
        (
            "",
            "   ----- Transcript of session follows -----\n>>> RCPT To:<jo@example.org>\n<<< 550 unknown\n550 <jo@example.org>... User unknown",
            "jo@example.org permanent"
        ),
        (
            "", "Your message to jo@example.org could not be delivered: mailbox full, try again later.",
            "jo@example.org temporary"
        ),
        (
            "",
            "Message undeliverable.\n\n--- Below this line is a copy of the message.\n\nTo: jo@example.org\nSubject: x",
            "jo@example.org permanent"
        ),
    ])
    func `what a server writes for people is understood`(head: String, text: String, expected: String) throws {
        let mail = try parse(
            "From: Mail Delivery System <MAILER-DAEMON@relay.test>\nTo: help@chat.test\nSubject: Undelivered Mail Returned to Sender\n\(head)\n\(text)\n"
        )
        #expect(mail.bounces.map { "\($0.recipient) \($0.isPermanent ? "permanent" : "temporary")" } == [expected])
    }

    @Test(arguments: [
        "From: jo@example.org\nSubject: Re: failed delivery\n\nThe parcel to kim@example.org could not be delivered, 550 5.1.1",
        "From: jo@example.org\nAuto-Submitted: auto-replied\nSubject: Absent\n\nWrite to kim@example.org.",
        "From: news@example.org\nPrecedence: bulk\nSubject: Offers\n\nGet it",
    ])
    func `what is no report brings nothing back`(text: String) throws {
        #expect(try parse(text).bounces.isEmpty)
    }

    @Test func `a complaint names who complained`() throws {
        let mail = try parse(
            """
            From: feedback@provider.test
            Content-Type: multipart/report; report-type=feedback-report; boundary=B

            --B

            This is a complaint.
            --B
            Content-Type: message/feedback-report

            Feedback-Type: abuse
            Original-Rcpt-To: <jo@example.org>
            Original-Rcpt-To: <kim@example.org>
            --B
            Content-Type: message/rfc822

            Message-ID: <m.1@chat.test>

            x
            --B--
            """)
        #expect(mail.bounces.map(\.recipient) == ["jo@example.org", "kim@example.org"])
        #expect(mail.returnedIdentifiers == ["m.1@chat.test"])
    }

    @Test(arguments: ["5.1.1", "5.1.2", "5.2.1", ""])
    func `an address that does not exist is marked`(status: String) {
        #expect(MailBounce(recipient: "a@x", isPermanent: true, status: status, reason: "").isOfAddress)
    }

    @Test(arguments: ["5.2.2", "5.7.1", "5.3.4", "5.6.0"])
    func `an address is not marked for what the mail was`(status: String) {
        #expect(!MailBounce(recipient: "a@x", isPermanent: true, status: status, reason: "").isOfAddress)
    }

    @Test(arguments: ["<a@b>:\n", "550 5.1.1 <a@b>\n", "@", "To: a@b\n", "5.1.1.", "Final-Recipient: a@b\n", "\n"])
    func `a long report of one kind of line takes no longer than others`(piece: String) throws {
        let text = String(repeating: piece, count: 60_000 / piece.utf8.count)
        let mail = try report(text, returned: text)
        #expect(mail.bounces.count <= 50)
        #expect(try parse("From: postmaster@x\nSubject: failure\n\n\(text)").bounces.count <= 50)
    }
}
