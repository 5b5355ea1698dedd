import EventLoop
import MIME

@testable import HTTPClient
@testable import MailServer

extension FuzzTarget {
    /// What strangers' mail programs send.
    static let mailTargets: [FuzzTarget] = [
        FuzzTarget("mail", maximumBytes: 16 << 10) { bytes in
            var limits = MailLimits()
            limits.maximumParts = 20
            limits.maximumDepth = 5
            limits.maximumTextBytes = 4096
            guard let mail = try? MailParser.parse(bytes, limits: limits) else { return }
            if let text = mail.text { precondition(text.utf8.count <= limits.maximumTextBytes, "a text is too long") }
            if let text = mail.text { _ = ReplyTrimmer.trim(text) }
            precondition(mail.bounces.count <= 50, "more came back than can be told")
            _ = (mail.returnedIdentifiers, mail.isAutomatic, mail.replyKind)
        },
        FuzzTarget("mail-head", maximumBytes: 8 << 10) { bytes in
            let head = Array("From: ".utf8) + bytes + Array("\n\n".utf8)
            guard let mail = try? MailParser.parse(head) else { return }
            precondition(mail.from.count <= MailLimits().maximumAddresses)
            for name in mail.from.map(\.name) + [mail.subject] {
                precondition(
                    name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "a control character")
            }
        },
        FuzzTarget("reply") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let (visible, elided) = ReplyTrimmer.trim(text)
            precondition(visible.utf8.count + elided.utf8.count <= text.utf8.count + 1, "there is more than came")
            precondition(!visible.isEmpty || text.allSatisfy(\.isWhitespace), "nothing is left of a text")
        },
        FuzzTarget("smtp") { bytes in
            for kind in [MailServerConfiguration.TransferProtocol.smtp, .lmtp] { converse(bytes, kind) }
        },
        FuzzTarget("smtp-replies") { bytes in
            var transcript = SMTPTranscript(recipients: ["a@example.org", "b@example.org"])
            let commands = [
                "EHLO x", "MAIL FROM:<>", "RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "DATA", "QUIT",
            ]
            var next = 0
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                transcript.received(String(line))
                if next < commands.count, line.dropFirst(3).first != "-" {
                    transcript.sent(commands[next])
                    next += 1
                }
            }
            precondition(transcript.refusals.count <= 2, "more are refused than were asked for")
        },
    ]

    /// Plays a whole connection as `MailConnection` would.
    private static func converse(_ bytes: [UInt8], _ kind: MailServerConfiguration.TransferProtocol) {
        var configuration = MailServerConfiguration(
            address: .tcp(host: "127.0.0.1", port: 0), protocol: kind, hostName: "mx.example.org")
        configuration.maximumMessageBytes = 512
        configuration.maximumRecipients = 3
        var session = SMTPSession(configuration, remoteAddress: "192.0.2.1")
        var reader: MessageReader?
        var recipients: [String] = []
        var rest = bytes[...]
        var actions = session.greeting()
        while true {
            while !actions.isEmpty {
                switch actions.removeFirst() {
                case .write(let text):
                    precondition(text.hasSuffix("\r\n"))
                    precondition(
                        text.utf8.filter { $0 < 0x20 }.allSatisfy { $0 == 0x0D || $0 == 0x0A }, "a control character")
                case .checkRecipient(let address, _):
                    let isKnown = address.contains("a")
                    actions += session.recipientChecked(
                        isKnown ? MailReply(250, "2.1.5", "yes") : MailReply(550, "5.1.1", "no"))
                case .readMessage(let envelope):
                    precondition(!envelope.recipients.isEmpty && envelope.recipients.count <= 3)
                    recipients = envelope.recipients
                    reader = MessageReader(limit: 512)
                case .deliver:
                    actions += session.delivered(recipients.map { _ in MailReply(250, "2.0.0", "taken") })
                case .close: return
                }
            }
            guard !rest.isEmpty else { return }
            if var current = reader {
                let (count, isEnd) = rest.withUnsafeBytes { current.read($0) }
                precondition(count > 0 || isEnd, "no progress")
                rest = rest.dropFirst(count)
                reader = isEnd ? nil : current
                precondition(current.bytes.count <= 512)
                if isEnd { actions = session.message(isTooLarge: current.isTooLarge) }
            } else {
                let line = rest.prefix { $0 != 0x0A }
                rest = rest.dropFirst(line.count + 1)
                let text = String(validating: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
                actions = text.map { session.command($0) } ?? session.malformedCommand()
            }
        }
    }
}
