import EventLoop
import Foundation
import Lifecycle
import MailServer
import Synchronization
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MailServerConversationTests {
    /// Takes everything but mail to `no@`, and to `later@` for the moment; keeps what it got.
    final class Mailbox: WholeMailHandler {
        let mails = Mutex<[ReceivedMail]>([])
        let gate: Latch?
        let asked = Latch()

        init(gate: Latch? = nil) { self.gate = gate }

        func recipient(_ address: String, sender: String) async -> MailReply {
            if address.hasPrefix("later@") { return MailReply(451, "4.3.0", "come back later") }
            return address.hasPrefix("no@")
                ? MailReply(550, "5.1.1", "nobody here") : MailReply(250, "2.1.5", "welcome")
        }

        func receive(_ mail: ReceivedMail) async -> [MailReply] {
            asked.open()
            await gate?.wait()
            mails.withLock { $0.append(mail) }
            return mail.recipients.map { _ in MailReply(250, "2.0.0", "kept") }
        }
    }

    let group = EventLoopGroup(count: 2)

    private func withServer(
        _ kind: MailServerConfiguration.TransferProtocol = .smtp, handler: any MailHandler,
        _ change: (inout MailServerConfiguration) -> Void = { _ in },
        _ body: (SocketAddress, MailServer) async throws -> Void
    ) async throws {
        var configuration = MailServerConfiguration(
            address: .tcp(host: "127.0.0.1", port: 0), protocol: kind, hostName: "chat.example.org")
        change(&configuration)
        let server = MailServer(configuration, group: group, logger: .silent, handler: handler)
        async let run: Void = server.run()
        do {
            try await body(try #require(await server.listeningAddress()), server)
        } catch {
            server.shutdown()
            throw error
        }
        server.shutdown()
        try await run
    }

    /// Sends `pieces`, each when the server has written as many lines as it names, and reads until the server closes.
    /// - Parameter greeted: Opened when the server has said something.
    private func talk(
        _ address: SocketAddress, _ pieces: [(afterLines: Int, text: String)], greeted: Latch? = nil
    ) async throws -> [String] {
        let loop = group.next()
        let connection = try await StreamConnection.connect(to: address, on: loop)
        let received: String = await withCheckedContinuation { done in
            loop.execute {
                var text = ""
                var rest = pieces[...]
                connection.start(
                    onRead: { bytes in
                        text += String(decoding: bytes, as: UTF8.self)
                        greeted?.open()
                        let lines = text.utf8.count { $0 == 0x0A }
                        while let next = rest.first, lines >= next.afterLines {
                            connection.write(next.text)
                            rest.removeFirst()
                        }
                        return bytes.count
                    }, onClose: { _ in done.resume(returning: text) })
            }
        }
        return received.split(separator: "\r\n").map(String.init)
    }

    @Test func `a whole mail in one piece, for those of its recipients who are taken`() async throws {
        let mailbox = Mailbox()
        try await withServer(handler: mailbox) { address, _ in
            let lines = try await talk(
                address,
                [
                    (
                        1,
                        "EHLO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<no@y>\r\nRCPT TO:<later@y>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n"
                    )
                ])
            #expect(lines.suffix(7).map { String($0.prefix(3)) } == ["250", "250", "550", "451", "354", "250", "221"])
        }
        let mail = ReceivedMail(
            envelope: MailEnvelope(
                sender: "a@x", recipients: ["b@y"], remoteAddress: "127.0.0.1", helloName: "me"),
            bytes: Array("Subject: x\r\n\r\n.dot\r\n".utf8))
        #expect(mailbox.mails.withLock { $0 } == [mail])
    }

    @Test func `two mails on one LMTP connection, over a Unix socket`() async throws {
        let mailbox = Mailbox()
        let path = NSTemporaryDirectory() + "martlet-\(UUID().uuidString.prefix(8)).sock"
        try await withServer(.lmtp, handler: mailbox, { $0.address = .unix(path: path) }) { address, _ in
            let mail = "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\nhello\r\n.\r\n"
            let lines = try await talk(address, [(1, "LHLO me\r\n"), (7, mail), (13, mail), (19, "QUIT\r\n")])
            #expect(lines.count { $0 == "250 2.0.0 kept" } == 4)
        }
        #expect(mailbox.mails.withLock { $0.count } == 2)
    }

    @Test func `a lone line feed ends neither a message nor a command`() async throws {
        let mailbox = Mailbox()
        try await withServer(handler: mailbox) { address, _ in
            let lines = try await talk(
                address,
                [
                    (
                        1,
                        "HELO me\r\nNOOP\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\na\n.\nMAIL FROM:<evil@x>\n.\r\n\r\n.\r\nQUIT\r\n"
                    )
                ])
            #expect(lines.map { String($0.prefix(3)) } == ["220", "250", "500", "250", "250", "354", "250", "221"])
        }
        #expect(mailbox.mails.withLock { $0.map(\.bytes) } == [Array("a\n.\nMAIL FROM:<evil@x>\n.\r\n\r\n".utf8)])
    }

    @Test func `a line without end fills no memory and is answered once`() async throws {
        try await withServer(handler: Mailbox()) { address, _ in
            let line = String(repeating: "x", count: 300_000)
            let lines = try await talk(address, [(1, line + "\r\nNOOP \u{0}\r\nNOOP\r\nQUIT\r\n")])
            #expect(
                lines.map { String($0.prefix(9)) } == ["220 chat.", "500 5.5.2", "500 5.5.2", "250 2.0.0", "221 2.0.0"])
        }
    }

    @Test func `a message that is too big is refused at its end`() async throws {
        let mailbox = Mailbox()
        try await withServer(handler: mailbox, { $0.maximumMessageBytes = 1000 }) { address, _ in
            let text = String(repeating: "x", count: 100_000)
            let lines = try await talk(
                address,
                [(1, "HELO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n\(text)\r\n.\r\nQUIT\r\n")])
            #expect(lines.suffix(2).first?.hasPrefix("552 5.3.4") == true)
        }
        #expect(mailbox.mails.withLock { $0.isEmpty })
    }

    /// Keeps pieces until there are too many bytes.
    private final class SmallDisk: MailHandler {
        final class Intake: MailIntake {
            let disk: SmallDisk
            let count = Mutex(0)

            init(_ disk: SmallDisk) { self.disk = disk }

            func take(_ bytes: [UInt8]) async -> MailReply? {
                disk.pieces.withLock { $0.append(bytes.count) }
                return count.withLock { count in
                    count += bytes.count
                    return count > 1000 ? MailReply(452, "4.3.1", "the disk is full") : nil
                }
            }

            func finish() async -> [MailReply] { [MailReply(250, "2.0.0", "kept")] }
            func cancel() { disk.cancelled.withLock { $0 += 1 } }
        }

        let pieces = Mutex<[Int]>([])
        let cancelled = Mutex(0)

        func recipient(_ address: String, sender: String) async -> MailReply { MailReply(250, "2.1.5", "welcome") }
        func begin(_ envelope: MailEnvelope) -> any MailIntake { Intake(self) }
    }

    @Test func `a mail is handed on in pieces, and what cannot be kept is to come again`() async throws {
        let disk = SmallDisk()
        try await withServer(handler: disk, { $0.pieceBytes = 400 }) { address, _ in
            func mail(_ count: Int) -> String {
                let lines = String(repeating: "\(String(repeating: "x", count: 98))\r\n", count: count / 100)
                return "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n\(lines).\r\n"
            }
            let lines = try await talk(
                address, [(1, "HELO me\r\n" + mail(200_000) + mail(900) + mail(1100) + mail(900) + "QUIT\r\n")])
            let answers = lines.map { String($0.prefix(9)) }.filter { $0.hasPrefix("452") || $0 == "250 2.0.0" }
            #expect(answers == ["452 4.3.1", "250 2.0.0", "452 4.3.1", "250 2.0.0"])
        }
        // Nothing of the first mail was handed on after the refusal.
        #expect(disk.pieces.withLock { $0.reduce(0, +) } < 80_000)
        #expect(disk.cancelled.withLock { $0 } >= 2)
    }

    @Test func `one connection too many is told to come back`() async throws {
        try await withServer(handler: Mailbox(), { $0.maximumConnections = 0 }) { address, _ in
            let lines = try await talk(address, [])
            #expect(lines.map { String($0.prefix(9)) } == ["421 4.3.2"])
        }
    }

    @Test func `one address does not hold all connections`() async throws {
        try await withServer(handler: Mailbox(), { $0.maximumConnectionsPerAddress = 0 }) { address, _ in
            let lines = try await talk(address, [])
            #expect(lines.map { String($0.prefix(9)) } == ["421 4.3.2"])
        }
    }

    @Test(arguments: ["", "EHLO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nunfinished"])
    func `a silent client is let go`(text: String) async throws {
        try await withServer(
            handler: Mailbox(),
            {
                $0.commandTimeout = .milliseconds(50)
                $0.dataTimeout = .milliseconds(50)
            }
        ) { address, _ in
            let lines = try await talk(address, [(1, text)])
            #expect(lines.last?.hasPrefix("421 4.4.2") == true)
        }
    }

    @Test func `shutting down lets a mail that has arrived be answered`() async throws {
        let mailbox = Mailbox(gate: Latch())
        try await withServer(handler: mailbox) { address, server in
            async let mail = talk(
                address, [(1, "HELO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nx\r\n.\r\n")])
            let greeted = Latch()
            async let idle = talk(address, [], greeted: greeted)
            await mailbox.asked.wait()
            await greeted.wait()
            server.shutdown()
            let idleLines = try await idle
            #expect(idleLines.last?.hasPrefix("421 4.3.2") == true)
            mailbox.gate?.open()
            let mailLines = try await mail
            #expect(mailLines.suffix(2).map { String($0.prefix(9)) } == ["250 2.0.0", "421 4.3.2"])
        }
    }

    private static let swaks = "/usr/bin/swaks"

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: swaks), "swaks is not installed"),
        arguments: [MailServerConfiguration.TransferProtocol.smtp, .lmtp])
    func `a client that is not ours gets its mail through`(kind: MailServerConfiguration.TransferProtocol) async throws
    {
        let mailbox = Mailbox()
        try await withServer(kind, handler: mailbox) { address, _ in
            guard case .tcp(let host, let port) = address else { return }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Self.swaks)
            process.arguments = [
                "--server", host, "--port", "\(port)", "--protocol", kind == .lmtp ? "LMTP" : "ESMTP", "--from",
                "a@example.org",
                "--to", "b@example.net", "--pipeline", "--body", ".dots\n..and more", "--timeout", "20",
            ]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            let status: Int32 = try await withCheckedThrowingContinuation { done in
                process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
                do { try process.run() } catch { done.resume(throwing: error) }
            }
            #expect(status == 0)
        }
        let mail = try #require(mailbox.mails.withLock { $0.first })
        #expect(mail.recipients == ["b@example.net"])
        #expect(String(decoding: mail.bytes, as: UTF8.self).contains("\r\n\r\n.dots\r\n..and more\r\n"))
    }
}
