import BridgeKit
import ChatModel
import Crypto
import MIME

/// Tells at a message that its mail did not reach somebody, and whoever wrote it.
struct UndeliveredMail: Sendable {
    private static let hops = 7
    private static let longestReason = 300

    let context: BridgeContext
    let marks: MailMarks

    /// - Parameter elided: What the program wrote that brought the mail back.
    /// - Throws: ``BridgeError``.
    func tell(_ bounce: MailBounce, at message: Message, elided: String = "") async throws {
        let reason = MailPoster.oneLine(bounce.reason, Self.longestReason)
        let isMarked = bounce.isOfAddress && EmailBridge.isAddress(bounce.recipient)
        if isMarked {
            try await marks.mark(bounce.recipient, reason: reason.isEmpty ? bounce.status : reason)
        }
        let recipient = MailPoster.oneLine(bounce.recipient, 320)
        let why = [bounce.status, reason].filter { !$0.isEmpty }.joined(separator: " ")
        let end =
            isMarked
            ? "Nothing more is mailed there until somebody writes from it."
            : bounce.isPermanent ? "Trying again would not help." : "It may work later."
        let mention =
            message.author.kind == .person && !message.author.handle.isEmpty ? "@\(message.author.handle) " : ""
        let text =
            "\(mention)⚠️ The mail to \(Self.code(recipient)) could not be delivered"
            + (why.isEmpty ? ". \(end)" : ": \(Self.code(why)) \(end)")
        var record: [String: JSONValue] = [
            "message": .string("\(message.id)"), "recipient": .string(recipient), "status": .string(bounce.status),
            "permanent": .bool(bounce.isPermanent), "reason": .string(reason),
        ]
        if !elided.isEmpty { record["elided"] = .string(elided) }
        let mark = Hex.encode(Digest.sha256(Array(bounce.recipient.lowercased().utf8))).prefix(32)
        var post = BridgePost(
            channel: message.channelID, text: text, threadRoot: message.threadRootID ?? message.id,
            nonce: "undelivered-\(message.id)-\(mark)", hops: Self.hops)
        post.content = ["undelivered": .object(record)]
        _ = try await context.chat.post(post, in: context.app)
        try await context.chat.react("⚠️", to: message.id, isOn: true, hops: Self.hops, in: context.app)
    }

    /// As code: nothing in it is read as mark-up.
    private static func code(_ text: String) -> String { "`\(text.replacing("`", with: "'"))`" }
}
