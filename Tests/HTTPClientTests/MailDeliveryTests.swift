import EventLoop
import HTTPClient
import MailServer
import Synchronization
import Telemetry
import Testing

/// The mail client against the mail server.
@Suite(.timeLimit(.minutes(1)))
struct MailDeliveryTests {
    private final class Mailbox: WholeMailHandler {
        let mails = Mutex<[ReceivedMail]>([])
        func recipient(_ address: String, sender: String) async -> MailReply {
            address.hasPrefix("no@") ? MailReply(550, "5.1.1", "nobody here") : MailReply(250, "2.1.5", "welcome")
        }
        func receive(_ mail: ReceivedMail) async -> [MailReply] {
            mails.withLock { $0.append(mail) }
            return mail.recipients.map { _ in MailReply(250, "2.0.0", "kept") }
        }
    }

    @Test func `a mail comes through, dots and all`() async throws {
        let group = EventLoopGroup(count: 2)
        let mailbox = Mailbox()
        let server = MailServer(
            MailServerConfiguration(
                address: .tcp(host: "127.0.0.1", port: 0), protocol: .smtp, hostName: "chat.example.org"),
            group: group, logger: .silent, handler: mailbox)
        async let run: Void = server.run()
        guard case .tcp(let host, let port) = await server.listeningAddress() else {
            Issue.record("the server does not listen")
            return
        }
        let client = HTTPClient(loop: group.next(), logger: .silent)
        let message = "Subject: x\r\n\r\n.\r\n..\r\n" + String(repeating: ".line ü\r\n", count: 20_000)
        let receipt = try await client.sendMail(
            SMTPDelivery(
                server: .init(host: host, port: port, helloName: "me.example.org"), sender: "a@example.org",
                recipients: ["b@example.net", "no@example.net"], message: Array(message.utf8)))
        #expect(receipt.replyText == "2.0.0 kept")
        #expect(receipt.refused.map(\.recipient) == ["no@example.net"])
        let mail = try #require(mailbox.mails.withLock { $0.first })
        #expect(mail.bytes == Array(message.utf8))
        #expect(mail.recipients == ["b@example.net"])
        #expect(mail.envelope.helloName == "me.example.org")
        server.shutdown()
        try await run
    }
}
