/// Follows an SMTP session from outside, to know which answer belongs to which command (RFC 5321, section 4.2).
///
/// libcurl says only whether a delivery failed; the relay's words for each recipient are needed as well. It sends one
/// command at a time, so the next answer belongs to the last command.
struct SMTPTranscript {
    private enum Step {
        case other, recipient(Int), data, message, quit
    }

    private let recipients: [String]
    private var step = Step.other
    private var recipientCount = 0
    private var textLines: [String] = []
    private(set) var refusals: [SMTPReceipt.Refusal] = []
    /// The answer to the last command; nil while none has come.
    private(set) var lastReply: (code: Int, text: String)?
    /// Whether the server has taken responsibility for the message.
    private(set) var isAccepted = false

    init(recipients: [String]) { self.recipients = recipients }

    mutating func sent(_ line: String) {
        let verb = line.prefix(8).uppercased()
        if verb == "RCPT TO:" {
            step = .recipient(recipientCount)
            recipientCount += 1
        } else if verb.hasPrefix("DATA") {
            step = .data
        } else if verb.hasPrefix("QUIT") {
            // Not part of the delivery: the answer before it stays the last.
            step = .quit
            return
        } else {
            step = .other
        }
        textLines = []
        lastReply = nil
    }

    mutating func received(_ line: String) {
        let line = line.prefix(512)
        guard line.utf8.count >= 3, let code = Int(line.prefix(3)), (200..<600).contains(code) else { return }
        if textLines.count < 20 {
            textLines.append(line.dropFirst(4).filter { !$0.isNewline })
        }
        if line.dropFirst(3).first == "-" { return }
        let text = textLines.joined(separator: " ")
        textLines = []
        switch step {
        case .quit: return
        case .recipient(let index):
            if code >= 400, index < recipients.count {
                refusals.append(.init(recipient: recipients[index], replyCode: code, replyText: text))
            }
        case .data: if code == 354 { step = .message }
        case .message: if code / 100 == 2 { isAccepted = true }
        case .other: break
        }
        lastReply = (code, text)
    }
}
