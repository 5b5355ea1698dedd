import BridgeRuntime
import BridgeTestSupport
import Bridges
import ChatModel
import ChatService
import ChatTestSupport
import EventLoop
import Foundation
import MIME
import MailServer
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EmailBridgeTests {
    /// A town whose channel `support` has an address on a Unix socket.
    private struct Office {
        let town: BridgeTown
        let support: Channel
        let mailbox: TestMailbox
        let node: BridgeNode
        var socket: SocketAddress { .unix(path: "\(town.folder)/mail") }

        init(_ more: String = "", protocol transferProtocol: String = "smtp", delivering mails: Int = 0) async throws {
            town = try await BridgeTown()
            support = try await town.chat.channel("support", kind: .private)
            mailbox = try await TestMailbox(group: town.fixture.group)
            try town.write(
                """
                bridge: email
                name: \(town.name)
                app: \(town.chat.app.name)
                retry: { attempts: 3, first: 1ms, max: 5ms }
                settings:
                  domain: chat.test
                  addresses: { help: support }
                  listen: unix:\(town.folder)/mail
                  protocol: \(transferProtocol)
                  smtp: { host: 127.0.0.1, port: \(mailbox.port), security: none }
                  to: [team@example.org]
                \(more)
                """)
            node = town.node(registry: .standard)
            try await node.wait(for: .running, of: town.name)
        }

        func deliver(_ mail: String, to recipients: [String] = ["help@chat.test"]) async throws -> [String] {
            let conversation = try await SMTPConversation(socket, on: town.fixture.group.next())
            let replies = try await conversation.deliver(mail, from: "carol@customer.test", to: recipients)
            conversation.close()
            return replies
        }

        func messages(count: Int) async throws -> [Message] {
            try await eventually("\(count) messages are in the channel") {
                try await town.chat.messages(in: support).count >= count
            }
            return try await town.chat.messages(in: support)
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
        #expect(message.author.name == "Carol Customer")
        #expect(message.author.handle == "bridge-\(office.town.name)")
        #expect(message.author.kind == .bot)
        #expect(try await office.deliver(question).allSatisfy { $0.hasPrefix("250 2.") })
        _ = try await office.deliver(question.replacing("<q1@", with: "<q2@").replacing("last week", with: "today"))
        let texts = try await office.messages(count: 2).map(\.text)
        #expect(texts.count == 2)
        #expect(texts.last?.contains("today") == true)
        try await eventually("the spool is empty") {
            let spool = "\(office.town.folder)/bridges/\(office.town.name)/spool"
            return try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty
        }
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
        _ = try await office.town.say("We are looking into it.", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 1 }
        let sent = office.mailbox.mails[0]
        #expect(Set(sent.recipients) == ["team@example.org", "carol@customer.test"])
        let answer = try MailParser.parse(sent.bytes)
        #expect(answer.subject == "Re: Where is my order?")
        #expect(answer.inReplyTo == ["q1@customer.test"])
        #expect(answer.references == ["q1@customer.test"])
        #expect(answer.isAutomatic)
        #expect(answer.header("Auto-Submitted") == "auto-generated")
        #expect(answer.header("List-Id") == "<support.chat.test>")
        #expect(answer.replyTo.first?.address == "help@chat.test")
        let identifier = try #require(answer.messageID)
        #expect(identifier.hasSuffix(".\(office.town.name)@chat.test"))

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
        let messages = try await office.messages(count: 3)
        #expect(messages[2].text == "Thank you!")
        #expect(messages[2].threadRootID == root.id)
        #expect(messages[2].author.name == "carol@customer.test")
        #expect(office.mailbox.mails.count == 1)
        await office.stop()
    }

    @Test func `automatic mail is posted and never answered and our own is dropped`() async throws {
        let office = try await Office("  answer_senders: true")
        _ = try await office.deliver(
            question.replacing("Date:", with: "Auto-Submitted: auto-replied\nDate:"))
        let root = try #require(try await office.messages(count: 1).first)
        #expect(root.hops == 8)
        _ = try await office.town.say("noted", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 1 }
        #expect(office.mailbox.mails[0].recipients == ["team@example.org"])
        let own = String(decoding: office.mailbox.mails[0].bytes, as: UTF8.self).replacing("\r\n", with: "\n")
        #expect(try await office.deliver(own).allSatisfy { $0.hasPrefix("250") })
        _ = try await office.deliver(question.replacing("<q1@", with: "<q9@"))
        let messages = try await office.messages(count: 3)
        #expect(messages.count == 3)
        #expect(messages[2].text.contains("last week"))
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
        #expect(root.text.hasSuffix("Hello there"))
        #expect(!root.text.contains("\r"))
        _ = try await office.town.say("an answer", in: office.support, thread: root.id)
        try await eventually("the answer has left") { office.mailbox.mails.count == 1 }
        let mail = try MailParser.parse(office.mailbox.mails[0].bytes)
        #expect(mail.header("Bcc") == nil)
        #expect(office.mailbox.mails[0].recipients == ["team@example.org"])
        await office.stop()
    }

    @Test func `recipients that are refused for the moment alone get the mail again`() async throws {
        let office = try await Office("  members: true")
        let ann = try await office.town.chat.service.createUser(
            handle: "ann", name: nil, email: "ann@example.org", password: nil, role: .member, by: office.town.chat.admin
        )
        _ = try await office.town.chat.service.addMembers(
            [ann.id], role: .member, to: office.support.id, by: office.town.chat.admin)
        office.mailbox.refuse("ann@example.org", MailReply(451, "4.2.1", "later"))
        _ = try await office.town.say("news", in: office.support)
        try await eventually("both have it") { office.mailbox.mails.count == 2 }
        #expect(office.mailbox.mails.map(\.recipients) == [["team@example.org"], ["ann@example.org"]])
        let identifiers = try office.mailbox.mails.map { try MailParser.parse($0.bytes).messageID }
        #expect(Set(identifiers).count == 1)
        await office.stop()
    }

    @Test func `a mail that was acknowledged is posted after a crash`() async throws {
        let town = try await BridgeTown()
        let channel = try await town.chat.channel("support")
        let spool = "\(town.folder)/bridges/\(town.name)/spool"
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
        let file = "{\"recipients\":[\"support@chat.test\"]}\n" + question.replacing("\n", with: "\r\n")
        try file.write(toFile: "\(spool)/1.mail", atomically: true, encoding: .utf8)
        try "no envelope".write(toFile: "\(spool)/2.mail", atomically: true, encoding: .utf8)
        try town.write(
            """
            bridge: email
            name: \(town.name)
            app: \(town.chat.app.name)
            settings: { domain: chat.test, any_channel: true, listen: "unix:\(town.folder)/mail", protocol: lmtp }
            """)
        let node = town.node(registry: .standard)
        try await eventually("it is posted") { try await town.chat.messages(in: channel).count == 1 }
        await node.stop()
    }
}
