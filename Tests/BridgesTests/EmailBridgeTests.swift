import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatService
import ChatTestSupport
import Crypto
import EventLoop
import Foundation
import MIME
import MailServer
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EmailBridgeTests {
    /// A tenant whose channel `support` has an address on a Unix socket.
    private struct Office {
        let tenant: BridgeTenant
        let support: Channel
        let mailbox: TestMailbox
        let node: BridgeNode
        let clock = TestClock()
        var socket: SocketAddress { .unix(path: "\(tenant.folder)/mail") }

        init(_ more: String = "", protocol transferProtocol: String = "smtp", delivering mails: Int = 0) async throws {
            tenant = try await BridgeTenant()
            support = try await tenant.chat.channel("support", kind: .private)
            mailbox = try await TestMailbox(group: tenant.fixture.group)
            try tenant.write(
                """
                bridge: email
                name: \(tenant.name)
                app: \(tenant.chat.app.name)
                retry: { attempts: 3, first: 1ms, max: 5ms }
                settings:
                  domain: chat.test
                  addresses: { help: support }
                  listen: unix:\(tenant.folder)/mail
                  protocol: \(transferProtocol)
                  smtp: { host: 127.0.0.1, port: \(mailbox.port), security: none }
                  to: [team@example.org]
                \(more)
                """)
            node = tenant.node(registry: .standard, clock: clock)
            try await node.wait(for: .running, of: tenant.name)
        }

        func deliver(
            _ mail: String, from sender: String = "carol@customer.test", to recipients: [String] = ["help@chat.test"]
        ) async throws -> [String] {
            let conversation = try await SMTPConversation(socket, on: tenant.fixture.group.next())
            let replies = try await conversation.deliver(mail, from: sender, to: recipients)
            conversation.close()
            return replies
        }

        /// The last mail that only `recipient` got.
        func mail(to recipient: String) throws -> MailMessage {
            try MailParser.parse(try #require(mailbox.mails.last { $0.recipients == [recipient] }).bytes)
        }

        func messages(count: Int) async throws -> [Message] {
            try await eventually("\(count) messages are in the channel") {
                try await tenant.chat.messages(in: support).count >= count
            }
            return try await tenant.chat.messages(in: support)
        }

        /// Until it is kept which mail became which message: only then does a mail leave the spool.
        func waitUntilNoted() async throws {
            let spool = "\(tenant.folder)/bridges/\(tenant.name)/spool"
            try await eventually("nothing lies in the spool") {
                try FileManager.default.contentsOfDirectory(atPath: spool).allSatisfy {
                    try FileManager.default.attributesOfItem(atPath: "\(spool)/\($0)")[.size] as? Int == 0
                }
            }
        }

        func stop() async {
            await node.stop()
            await mailbox.stop()
        }
    }

    private let question = """
        From: Carol Customer <carol@customer.test>
        To: help@chat.test
        Subject: =?utf-8?q?Where_is_my_order=3F?=
        Message-ID: <q1@customer.test>
        Date: Fri, 20 Nov 2026 10:00:00 +0000
        Content-Type: text/plain; charset=utf-8

        I ordered last week.
        .
        -- 
        Carol
        """

    @Test func `a mail becomes a message once`() async throws {
        let office = try await Office()
        #expect(try await office.deliver(question).allSatisfy { $0.hasPrefix("250 2.") })
        let message = try #require(try await office.messages(count: 1).first)
        #expect(message.text == "**Where is my order?**\nI ordered last week.\n.")
        #expect(message.author.name == "Carol Customer <carol@customer.test> (unproven)")
        #expect(message.content?["mail"]?["elided"]?.string == "-- \nCarol")
        #expect(message.author.handle == "bridge-\(office.tenant.name)")
        #expect(message.author.kind == .bot)
        #expect(try await office.deliver(question).allSatisfy { $0.hasPrefix("250 2.") })
        _ = try await office.deliver(question.replacing("<q1@", with: "<q2@").replacing("last week", with: "today"))
        let texts = try await office.messages(count: 2).map(\.text)
        #expect(texts.count == 2)
        #expect(texts.last?.contains("today") == true)
        try await office.waitUntilNoted()
        #expect(office.mailbox.mails.isEmpty)
        await office.stop()
    }

    @Test func `unknown recipients and what is no mail are refused while the sender listens`() async throws {
        let office = try await Office(protocol: "smtp")
        #expect(try await office.deliver(question, to: ["nobody@chat.test"]) == ["550 5.1.1 no such address here"])
        #expect(try await office.deliver(question, to: ["help@elsewhere.test"]).first?.hasPrefix("550 5.1.1") == true)
        #expect(try await office.deliver(question, to: ["support@chat.test"]).first?.hasPrefix("550 5.1.1") == true)
        let replies = try await office.deliver(question, to: ["HELP@Chat.Test", "nobody@chat.test"])
        #expect(replies.map { $0.prefix(9) } == ["250 2.1.5", "550 5.1.1", "250 2.0.0"])
        _ = try await office.messages(count: 1)
        await office.stop()
    }

    @Test func `answers find their thread in both directions`() async throws {
        let office = try await Office("  answer_senders: true")
        _ = try await office.deliver(question)
        let root = try #require(try await office.messages(count: 1).first)
        _ = try await office.tenant.say("We are looking into it.", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 2 }
        let answer = try office.mail(to: "carol@customer.test")
        #expect(answer.subject == "Re: Where is my order?")
        #expect(answer.to == [MailAddress(name: "Carol Customer", address: "carol@customer.test")])
        #expect(answer.inReplyTo == ["q1@customer.test"])
        #expect(answer.references == ["q1@customer.test"])
        // A person wrote it: nothing marks it as a program's (RFC 3834, section 5.1).
        #expect(!answer.isAutomatic)
        #expect(answer.header("Auto-Submitted") == nil)
        #expect(answer.header("Precedence") == nil)
        let copy = try office.mail(to: "team@example.org")
        #expect(copy.header("List-Id") == "<support.chat.test>")
        #expect(copy.to.first?.address == "help@chat.test")
        #expect(copy.messageID == answer.messageID)
        let identifier = try #require(answer.messageID)
        #expect(identifier.hasSuffix(".\(office.tenant.name)@chat.test"))

        _ = try await office.deliver(
            """
            From: carol@customer.test
            To: help@chat.test
            Subject: Re: Where is my order?
            Message-ID: <q3@customer.test>
            In-Reply-To: <\(identifier)>
            References: <q1@customer.test> <\(identifier)>

            Thank you!

            On Fri, 20 Nov 2026 at 10:05, Admin <help@chat.test> wrote:
            > We are looking into it.
            """)
        // Some programs drop what names the thread; the address leads there as well.
        let address = try #require(answer.replyTo.first?.address)
        #expect(address.hasPrefix("help+r-\(root.id)-"))
        _ = try await office.deliver(
            "From: carol@customer.test\nMessage-ID: <q4@customer.test>\n\nAnd another thing", to: [address])
        let messages = try await office.messages(count: 4)
        #expect(Set(messages[2...].map(\.text)) == ["Thank you!", "And another thing"])
        #expect(messages[2...].allSatisfy { $0.threadRootID == root.id })
        #expect(messages[2].author.name == "carol@customer.test (unproven)")

        // A message can be read a moment before it is noted which mail it was.
        try await office.waitUntilNoted()
        _ = try await office.tenant.say("You are welcome.", in: office.support, thread: root.id)
        try await eventually("the second answer has left") { office.mailbox.mails.count == 4 }
        let last = try office.mail(to: "carol@customer.test")
        #expect(last.references.first == "q1@customer.test")
        #expect(Set(last.references.dropFirst()) == [identifier, "q3@customer.test", "q4@customer.test"])
        await office.stop()
    }

    @Test func `a mail with another's identifier takes over nothing`() async throws {
        let office = try await Office("  answer_senders: true")
        _ = try await office.deliver(question)
        let root = try #require(try await office.messages(count: 1).first)
        let stranger = question.replacing("Carol Customer <carol@customer.test>", with: "mallory@evil.test")
        _ = try await office.deliver(stranger.replacing("Where_is", with: "Gift_cards:_where_is"))
        let messages = try await office.messages(count: 2)
        #expect(messages[1].author.name == "mallory@evil.test (unproven)")
        #expect(messages[1].threadRootID == nil)
        _ = try await office.tenant.say("for Carol", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 2 }
        #expect(office.mailbox.mails.flatMap(\.recipients).sorted() == ["carol@customer.test", "team@example.org"])
        #expect(try office.mail(to: "carol@customer.test").subject == "Re: Where is my order?")
        await office.stop()
    }

    @Test func `what a mailing list makes of a mail is that mail`() async throws {
        let office = try await Office()
        _ = try await office.deliver(question)
        _ = try await office.messages(count: 1)
        let copy = question.replacing("=?utf-8?q?Where_is_my_order=3F?=", with: "[All] Where is my order?")
            .replacing("Date:", with: "List-Id: <all.list.test>\nPrecedence: list\nDate:")
        let footer =
            "\n\(String(repeating: "_", count: 47))\nAll mailing list -- all@list.test\nTo unsubscribe write a mail"
        _ = try await office.deliver(copy.replacing("\n-- \nCarol", with: footer))
        // Whoever says more has said something else.
        _ = try await office.deliver(copy.replacing("last week.", with: "last week.\nAnd it was dear.") + footer)
        // The list may be the faster one.
        _ = try await office.deliver(copy.replacing("q1@", with: "q2@").replacing("\n-- \nCarol", with: footer))
        _ = try await office.messages(count: 3)
        _ = try await office.deliver(question.replacing("q1@", with: "q2@"))
        _ = try await office.deliver(question.replacing("q1@", with: "q3@"))
        let messages = try await office.messages(count: 4)
        let identifiers = messages.compactMap { $0.content?["mail"]?["message_id"]?.string?.prefix(2) }
        // Mails that do not name one another are posted side by side.
        #expect(identifiers.sorted() == ["q1", "q1", "q2", "q3"])
        await office.stop()
    }

    @Test func `nobody gets into a thread by counting`() async throws {
        let office = try await Office()
        _ = try await office.deliver(question)
        let root = try #require(try await office.messages(count: 1).first)
        let name = office.tenant.name
        for (number, guess) in [
            "m.\(root.id).\(name)@chat.test", "m.\(root.id).0000000000000000.\(name)@chat.test",
            "m.\(root.id)..\(name)@chat.test",
        ].enumerated() {
            _ = try await office.deliver(
                "From: eve@evil.test\nMessage-ID: <g\(number)@evil.test>\nIn-Reply-To: <\(guess)>\n\nguessed",
                to: ["help+r-\(root.id)-0000000000000000@chat.test"])
        }
        let messages = try await office.messages(count: 4)
        #expect(messages.allSatisfy { $0.threadRootID == nil })
        await office.stop()
    }

    @Test(arguments: ["a b c@customer.test", "ü@customer.test", String(repeating: "x", count: 950) + "@customer.test"])
    func `an odd identifier stops no answer`(identifier: String) async throws {
        let office = try await Office("  answer_senders: true")
        _ = try await office.deliver("From: carol@customer.test\nMessage-ID: <\(identifier)>\nSubject: odd\n\nx")
        let root = try #require(try await office.messages(count: 1).first)
        _ = try await office.tenant.say("an answer", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 2 }
        let answer = try office.mail(to: "carol@customer.test")
        #expect(answer.subject == "Re: odd")
        #expect(answer.inReplyTo.isEmpty)
        await office.stop()
    }

    @Test func `the server in front proves who wrote, and nobody else`() async throws {
        let office = try await Office("  authserv_id: mx.chat.test")
        let results = [
            "mx.chat.test; dmarc=pass header.from=customer.test", "mx.evil.test; dmarc=pass",
            "mx.chat.test; dmarc=fail",
            "mx.chat.test (x); spf=pass smtp.mailfrom=evil.test; dkim=pass header.d=customer.test",
            "mx.chat.test; dkim=pass header.d=evil.test",
        ]
        for (number, result) in results.enumerated() {
            _ = try await office.deliver(
                "Authentication-Results: \(result)\nFrom: carol@customer.test\nMessage-ID: <p\(number)@x>\n\n\(number)")
        }
        let messages = try await office.messages(count: 5)
        let proofs = Dictionary(
            uniqueKeysWithValues: messages.map { ($0.text, $0.content?["mail"]?["from"]?["proof"]?.string ?? "") })
        #expect(proofs == ["0": "proven", "1": "unproven", "2": "failed", "3": "proven", "4": "unproven"])
        await office.stop()
    }

    @Test func `automatic mail is posted and never answered and our own is dropped`() async throws {
        let office = try await Office("  answer_senders: true")
        _ = try await office.deliver(
            question.replacing("Date:", with: "Auto-Submitted: auto-replied\nDate:"))
        let root = try #require(try await office.messages(count: 1).first)
        #expect(root.hops == 8)
        _ = try await office.tenant.say("noted", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 1 }
        #expect(office.mailbox.mails[0].recipients == ["team@example.org"])
        let own = String(decoding: office.mailbox.mails[0].bytes, as: UTF8.self).replacing("\r\n", with: "\n")
        #expect(try await office.deliver(own).allSatisfy { $0.hasPrefix("250") })
        // The null reverse path says it too.
        _ = try await office.deliver(question.replacing("<q1@", with: "<q9@"), from: "")
        let messages = try await office.messages(count: 3)
        #expect(messages.count == 3)
        #expect(messages[2].text.contains("last week"))
        #expect(messages[2].hops == 8)
        #expect(messages[2].content?["mail"]?["reply_to"] == nil)
        await office.stop()
    }

    @Test func `a returned mail is shown at the message that it was`() async throws {
        let office = try await Office("  answer_senders: true")
        _ = try await office.deliver(question)
        let root = try #require(try await office.messages(count: 1).first)
        let answer = try await office.tenant.say("We are looking into it.", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 2 }
        let identifier = try #require(try office.mail(to: "carol@customer.test").messageID)
        let sender = try #require(office.mailbox.mails.first).sender
        #expect(sender.hasPrefix("help+b-\(answer.id)-"))
        func report(_ identifier: String) -> String {
            """
            From: MAILER-DAEMON@relay.test
            Subject: Undelivered Mail Returned to Sender
            Message-ID: <r-\(identifier.count)@relay.test>
            Content-Type: multipart/report; report-type=delivery-status; boundary=B

            --B
            Content-Type: text/plain

            I could not deliver your mail.
            --B
            Content-Type: message/delivery-status

            Reporting-MTA: dns; relay.test

            Final-Recipient: rfc822; carol@customer.test
            Action: failed
            Status: 5.1.1
            Diagnostic-Code: smtp; 550 5.1.1 user `unknown`
            --B
            Content-Type: text/rfc822-headers

            Message-ID: <\(identifier)>
            --B--
            """
        }
        // Whoever cannot name one of ours has nothing told in our name.
        _ = try await office.deliver(report("m.\(answer.id).0000000000000000.x@chat.test"), from: "")
        _ = try await office.deliver(report(identifier), from: "")
        let messages = try await office.messages(count: 4)
        let note = try #require(messages.first { $0.content?["undelivered"] != nil })
        #expect(note.threadRootID == root.id)
        #expect(note.text.contains("carol@customer.test"))
        #expect(note.text.contains("550 5.1.1 user 'unknown'"))
        #expect(note.text.hasPrefix("@\(answer.author.handle) "))
        #expect(note.content?["undelivered"]?["permanent"] == true)
        try await eventually("the message is marked") {
            try await office.tenant.chat.service.message(answer.id, of: office.tenant.chat.app.id)?.reactions.isEmpty
                == false
        }
        // Nothing more is mailed there, and the next one who writes is told.
        _ = try await office.tenant.say("Are you there?", in: office.support, thread: root.id)
        _ = try await office.messages(count: 6)
        #expect(office.mailbox.mails.filter { $0.recipients == ["carol@customer.test"] }.count == 1)
        // Whoever writes can be written to.
        _ = try await office.deliver(question.replacing("<q1@", with: "<q7@"))
        _ = try await office.messages(count: 7)
        _ = try await office.tenant.say("Good.", in: office.support, thread: root.id)
        try await eventually("the mail leaves again") {
            office.mailbox.mails.filter { $0.recipients == ["carol@customer.test"] }.count == 2
        }
        await office.stop()
    }

    @Test func `HTML is read where there is no text and names cannot break a header`() async throws {
        let office = try await Office()
        _ = try await office.deliver(
            """
            From: "Eve\u{1B}[31m" <eve@customer.test>
            Subject: =?utf-8?q?Hi=0D=0ABcc:_victim@example.org?=
            Message-ID: <h1@customer.test>
            Content-Type: text/html; charset=utf-8

            <p>Hello <b>there</b><script>alert(1)</script></p>
            """)
        let root = try #require(try await office.messages(count: 1).first)
        #expect(root.text.hasSuffix("Hello **there**"))
        #expect(!root.text.contains("\r"))
        _ = try await office.tenant.say("an answer", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 1 }
        let mail = try MailParser.parse(office.mailbox.mails[0].bytes)
        #expect(mail.header("Bcc") == nil)
        #expect(office.mailbox.mails[0].recipients == ["team@example.org"])
        await office.stop()
    }

    @Test func `recipients that are refused for the moment alone get the mail again`() async throws {
        let office = try await Office("  members: true")
        let ann = try await office.tenant.chat.service.createUser(
            handle: "ann", name: nil, email: "ann@example.org", password: nil, role: .member,
            by: office.tenant.chat.admin
        )
        _ = try await office.tenant.chat.service.addMembers(
            [ann.id], role: .member, to: office.support.id, by: office.tenant.chat.admin)
        office.mailbox.refuse("ann@example.org", MailReply(451, "4.2.1", "later"))
        _ = try await office.tenant.say("news", in: office.support)
        try await eventually("the other has it") { office.mailbox.mails.count == 1 }
        #expect(office.mailbox.mails.map(\.recipients) == [["team@example.org"]])
        // What follows does not wait for it.
        _ = try await office.tenant.say("more news", in: office.support)
        try await eventually("both have the next") { office.mailbox.mails.count == 2 }
        #expect(office.mailbox.mails.last?.recipients.count == 2)
        office.clock.advance(by: .seconds(60))
        try await eventually("both have it") { office.mailbox.mails.count == 3 }
        #expect(office.mailbox.mails.last?.recipients == ["ann@example.org"])
        let identifiers = try office.mailbox.mails.map { try MailParser.parse($0.bytes).messageID }
        #expect(identifiers[0] == identifiers[2])
        await office.stop()
    }

    @Test func `a mail that was acknowledged is posted after a crash`() async throws {
        let tenant = try await BridgeTenant()
        let channel = try await tenant.chat.channel("support")
        let spool = "\(tenant.folder)/bridges/\(tenant.name)/spool"
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        let file = "{\"recipients\":[\"support@chat.test\"]}\n" + question.replacing("\n", with: "\r\n")
        try file.write(toFile: "\(spool)/1.mail", atomically: true, encoding: .utf8)
        // Several in one file; the last of them was torn, so that nobody was told that it is kept.
        var shared: [UInt8] = []
        for number in 1...3 {
            let mail = Array(question.replacing("q1@", with: "s\(number)@").replacing("\n", with: "\r\n").utf8)
            let sum = Hex.encode(Digest.sha256(mail)).prefix(16)
            shared += "{\"recipients\":[\"support@chat.test\"],\"bytes\":\(mail.count),\"sum\":\"\(sum)\"}\n".utf8
            shared += number < 3 ? mail : mail.map { $0 == 0x72 ? 0 : $0 }
        }
        try Data(shared).write(to: URL(fileURLWithPath: "\(spool)/3.mails"))
        try "no envelope".write(toFile: "\(spool)/2.mail", atomically: true, encoding: .utf8)
        try tenant.write(
            """
            bridge: email
            name: \(tenant.name)
            app: \(tenant.chat.app.name)
            settings: { domain: chat.test, any_channel: true, listen: "unix:\(tenant.folder)/mail", protocol: lmtp }
            """)
        let node = tenant.node(registry: .standard)
        try await eventually("they are posted") { try await tenant.chat.messages(in: channel).count == 3 }
        try await eventually("the spool is empty") {
            try FileManager.default.contentsOfDirectory(atPath: spool) == ["failed"]
        }
        await node.stop()
    }
}
