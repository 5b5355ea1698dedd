import EventLoop
import HTTPClient
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SMTPDeliveryTests {
    let group = EventLoopGroup(count: 1)

    private func server(
        _ replies: [String: String] = [:], silentAfter verb: String? = nil
    ) throws -> ScriptedServer {
        try ScriptedServer(group, kind: .lines(greeting: "220 relay ready\r\n")) { line in
            if let verb, line.hasPrefix(verb) { return .silence }
            for (prefix, reply) in replies where line.hasPrefix(prefix) { return .text(reply) }
            if line.hasSuffix("\r\n.\r\n") { return .text(replies["."] ?? "250 2.0.0 queued as 7\r\n") }
            if line.hasPrefix("EHLO") { return .text("250-relay\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n") }
            if line.hasPrefix("DATA") { return .text("354 go on\r\n") }
            if line.hasPrefix("QUIT") { return .last("221 bye\r\n") }
            return .text("250 2.1.0 fine\r\n")
        }
    }

    private func mail(
        _ server: ScriptedServer, sender: String = "a@example.org", to recipients: [String] = ["b@example.net"],
        message: String = "Subject: x\r\n\r\nhello\r\n", timeout: Duration = .seconds(20)
    ) -> SMTPDelivery {
        SMTPDelivery(
            server: .init(host: "127.0.0.1", port: server.port, security: .none, helloName: "chat.example.org"),
            sender: sender, recipients: recipients, message: Array(message.utf8), timeout: timeout)
    }

    private var client: HTTPClient { HTTPClient(loop: group.next(), logger: .silent) }

    @Test func `a mail is handed over as it is`() async throws {
        let server = try server()
        let receipt = try await client.sendMail(mail(server, to: ["b@example.net", "hidden@example.net"]))
        #expect(receipt == SMTPReceipt(replyCode: 250, replyText: "2.0.0 queued as 7", refused: []))
        let lines = server.requests
        #expect(lines.first == "EHLO chat.example.org\r\n")
        #expect(lines.contains { $0.hasPrefix("MAIL FROM:<a@example.org>") && $0.contains("SIZE=") })
        #expect(lines.contains("RCPT TO:<b@example.net>\r\n"))
        #expect(lines.contains("RCPT TO:<hidden@example.net>\r\n"))
        #expect(lines.contains("Subject: x\r\n\r\nhello\r\n.\r\n"))
    }

    @Test func `a mail that must not be answered has the null sender`() async throws {
        let server = try server()
        _ = try await client.sendMail(mail(server, sender: ""))
        #expect(server.requests.contains { $0.hasPrefix("MAIL FROM:<>") })
    }

    @Test func `dots and lone line ends cannot end the message early`() async throws {
        let server = try server()
        _ = try await client.sendMail(mail(server, message: ".a\n.\nMAIL FROM:<x>\r.\r\n.\r\nend"))
        #expect(server.requests.contains("..a\r\n..\r\nMAIL FROM:<x>\r\n..\r\n..\r\nend\r\n.\r\n"))
    }

    @Test func `a refused recipient is reported beside the accepted ones`() async throws {
        let server = try server([
            "RCPT TO:<bad@": "550-5.1.1 no\r\n550 5.1.1 such user\r\n", "RCPT TO:<later@": "450 4.2.1 wait\r\n",
        ])
        let receipt = try await client.sendMail(
            mail(server, to: ["bad@example.net", "b@example.net", "later@example.net"]))
        #expect(receipt.replyCode == 250)
        #expect(receipt.refused.map(\.recipient) == ["bad@example.net", "later@example.net"])
        #expect(receipt.refused.map(\.replyCode) == [550, 450])
        #expect(receipt.refused.map(\.isRetriable) == [false, true])
        #expect(receipt.refused.first?.replyText == "5.1.1 no 5.1.1 such user")
    }

    @Test(arguments: [
        ("RCPT", "550 5.1.1 no\r\n", 550, false), ("RCPT", "451 4.7.1 greylisted\r\n", 451, true),
        ("MAIL", "530 5.7.0 who are you\r\n", 530, false), ("DATA", "554 5.6.0 no\r\n", 554, false),
        (".", "452 4.3.1 full\r\n", 452, true), (".", "554 5.7.1 spam\r\n", 554, false),
    ])
    func `a refusal says what the server said`(
        step: String, reply: String, code: Int, isRetriable: Bool
    ) async throws {
        let server = try server([step: reply])
        let error = await #expect(throws: HTTPClientError.self) { try await client.sendMail(mail(server)) }
        #expect(error?.code == .smtp)
        #expect(error?.replyCode == code)
        #expect(error?.isRetriable == isRetriable)
        #expect(error?.message.contains(reply.dropLast(2)) == true)
    }

    @Test func `among refused recipients one that may be tried again decides`() async throws {
        let server = try server(["RCPT TO:<bad@": "550 5.1.1 no\r\n", "RCPT TO:<later@": "450 4.2.1 wait\r\n"])
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.sendMail(mail(server, to: ["later@example.net", "bad@example.net"]))
        }
        #expect(error?.replyCode == 450)
    }

    @Test(arguments: ["EHLO", "MAIL", "RCPT", "DATA"])
    func `a silent server runs into the timeout`(verb: String) async throws {
        let server = try server(silentAfter: verb)
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.sendMail(mail(server, timeout: .milliseconds(200)))
        }
        #expect(error?.code == .timeout)
        #expect(error?.isRetriable == true)
    }

    @Test func `a server that does not say goodbye has taken the mail all the same`() async throws {
        let server = try server(silentAfter: "QUIT")
        let receipt = try await client.sendMail(mail(server))
        #expect(receipt.replyCode == 250)
    }

    @Test func `a cancelled task gives up its mail`() async throws {
        let arrived = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer(group, kind: .lines(greeting: "220 relay\r\n")) { _ in
            arrived.continuation.yield()
            return .silence
        }
        let client = client
        let mail = mail(server)
        let task = Task { try await client.sendMail(mail) }
        for await _ in arrived.stream { break }
        task.cancel()
        let error = await #expect(throws: HTTPClientError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test(arguments: [
        "", "a b@x", "a@x>\r\nRCPT TO:<c@x", "<a@x>", "a@x\n", "a\0@x", String(repeating: "a", count: 400),
    ])
    func `an address that would break the session is refused`(address: String) async throws {
        let server = try server()
        var errors: [HTTPClientError?] = []
        errors.append(
            await #expect(throws: HTTPClientError.self) { try await client.sendMail(mail(server, to: [address])) })
        if !address.isEmpty {
            errors.append(
                await #expect(throws: HTTPClientError.self) {
                    try await client.sendMail(mail(server, sender: address))
                })
        }
        #expect(errors.allSatisfy { $0?.code == .invalidAddress })
        #expect(server.connectionCount == 0)
    }

    @Test func `required TLS is not given up`() async throws {
        let server = try server()
        var mail = mail(server)
        mail.server.security = .startTLSRequired
        let error = await #expect(throws: HTTPClientError.self) { try await client.sendMail(mail) }
        #expect(error?.code == .tls)
        #expect(!server.requests.contains { $0.hasPrefix("MAIL") })
    }

    @Test(arguments: ["", "a/b", "a@b", "a b", "a\r\nb"])
    func `a host or a greeting that is no name is refused`(name: String) async throws {
        let server = try server()
        var first = mail(server)
        first.server.host = name
        var second = mail(server)
        second.server.helloName = name
        for mail in [first, second] {
            let error = await #expect(throws: HTTPClientError.self) { try await client.sendMail(mail) }
            #expect(error?.code == .invalidURL)
        }
    }
}
